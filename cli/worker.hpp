// A command for each message: its exit status says whether the message is dealt with.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "destination.hpp"

namespace ringmain::cli {

class Worker final : public Destination {
 public:
  enum class Input : std::uint8_t {
    kArgument,  // the message stands for each {} in the command's words; without one it is the last argument
    kStandard,  // it is the command's standard input
  };

  Worker(std::string ring, std::vector<std::string> words, Input input)
      : ring_(std::move(ring)), words_(std::move(words)), input_(input) {}

  // Runs the command, and waits for it. 0: done; else refused. The command finds in its environment RINGMAIN_RING,
  // RINGMAIN_POSITION, and RINGMAIN_REDELIVERED: 1 if another may have dealt with the message before, else 0. Should this
  // process die, the command gets SIGTERM. Throws Failure if it can't be started.
  Outcome take(Message& message, std::size_t at_most) override;

 private:
  Outcome refuse(const Message& message, const std::string& why) const;
  std::optional<std::vector<std::string>> words_for(const Message& message) const;

  std::string ring_;
  std::vector<std::string> words_;
  Input input_;
};

// The words of a command as a shell would tell them apart: by spaces, but for quoted ones. Nothing is expanded. Throws
// CLI::ValidationError for quotes that don't end.
std::vector<std::string> split_words(const std::string& command);

}  // namespace ringmain::cli
