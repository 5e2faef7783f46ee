// SPDX-License-Identifier: MIT
#include "ring_options.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <string>

#include "options.hpp"

namespace ringmain::cli {
namespace {

std::string read_mode(const std::string& text, mode_t& mode) {
  if (text.empty() || text.size() > 4 || text.find_first_not_of("01234567") != std::string::npos || text > "0777") {
    return fmt::format("'{}' is not a mode like 0640", text);
  }
  mode = static_cast<mode_t>(std::stoul(text, nullptr, 8));
  return {};
}

}  // namespace

std::vector<CLI::Option*> add_ring_options(CLI::App& parser, RingOptions& ring) {
  const auto capacity = [&ring](const std::string& text) { return read_size(text, ring.capacity); };
  const auto overwrite = [&ring] { ring.policy = Policy::kOverwrite; };
  const auto evict_after = [&ring](const std::string& text) { return read_duration(text, ring.evict_after); };
  const auto mode = [&ring](const std::string& text) { return read_mode(text, ring.mode); };
  std::vector<CLI::Option*> options{
      add_value(parser, {"--capacity", "SIZE", capacity},
                "Bytes of the ring: a power of two, at least 64K [default: 8M]"),
      parser.add_flag_callback(
          "--overwrite,--lossy", overwrite,
          "Never wait for consumers: overwrite the oldest messages; who misses some learns how many"),
      add_value(
          parser, {"--evict-after", "DURATION", evict_after},
          "Evict a group that keeps the producer waiting for so long: 500ms, 2s; forever: only by 'ringmain evict'"),
      add_value(parser, {"--mode", "MODE", mode},
                "Who may watch (read) and attach (write), whatever the umask [default: 0600]"),
      parser.add_option("--file-group", ring.group, "The group that owns the ring's files")->type_name("GROUP"),
      parser.add_flag("--full-fences", ring.full_fences, "A fence for each message, no membarrier() for each sleep"),
      parser.add_flag("--keep", ring.keep,
                      "The ring stays until it is removed: gc leaves it alone, consumers wait for "
                      "the next producer")};
  options[1]->excludes(options[2]);
  return options;
}

}  // namespace ringmain::cli
