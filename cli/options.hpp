// Options that several commands share, and how their values are read.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include "cli11.hpp"

#include "ringmain/algorithm/start.hpp"
#include "ringmain/transport/pacer.hpp"

namespace ringmain::cli {

// A command of the tool: its parser, and what to do when it was chosen. Returns the exit status.
struct Command {
  CLI::App* parser;
  std::function<int()> run;
};

// How messages are told apart in a stream of bytes.
enum class Framing {
  kRaw,        // they are not
  kLines,      // a newline after each
  kFrames,     // its length before each: 32 bits, little-endian
  kJsonLines,  // each is a JSON text, on a line
};

// Each reads a value, and returns what is wrong with it, or nothing.
std::string read_duration(const std::string& text, std::chrono::nanoseconds& duration);  // 500ms, 2s, 1.5h, forever
std::string read_size(const std::string& text, std::size_t& bytes);                      // 65536, 64K, 8M, 1GiB
std::string read_number(const std::string& text, std::uint64_t& number);
std::string read_count(const std::string& text, std::uint64_t& count);               // at least 1
std::string read_period(const std::string& text, std::chrono::nanoseconds& period);  // longer than 0, and not for ever
std::string read_start(const std::string& text, Start& start);  // oldest, last, latest or a position

struct Value {
  std::string option;
  std::string type;                                     // as --help names it
  std::function<std::string(const std::string&)> read;  // as above
};

CLI::Option* add_value(CLI::App& parser, const Value& value, const std::string& description);

void add_name(CLI::App& parser, std::string& name);
void add_directory(CLI::App& parser, std::filesystem::path& directory);
void add_framing(CLI::App& parser, Framing& framing);
void add_spin(CLI::App& parser, std::chrono::nanoseconds& spin);

void add_colour(CLI::App& root);  // --color, of the whole tool

// Where a pipeline's end stops by itself; 0: it doesn't.
struct Limits {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;  // of payload

  bool reached(std::uint64_t messages_so_far, std::uint64_t bytes_so_far) const noexcept {
    return (messages != 0 && messages_so_far >= messages) || (bytes != 0 && bytes_so_far >= bytes);
  }
};

// --count, --bytes. `exactly`: of a stream of bytes not one more is moved.
void add_limits(CLI::App& parser, Limits& limits, bool exactly);
void add_rate(CLI::App& parser, transport::Rate& rate);  // --rate

}  // namespace ringmain::cli
