// Standard input, as bytes.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace ringmain::cli {

class Input {
 public:
  // Throws Failure if standard input can't be read at all: closed, write-only, a directory. `echo`: what is read goes to
  // standard output, too.
  explicit Input(bool echo);

  // What read() gives, at least one byte, straight into `bytes`. 0: the end, or interrupted. Throws Failure.
  std::size_t read_some(std::span<std::byte> bytes) const;

 private:
  bool echo_;
};

// For formats that are read field by field: many small fields cost one read(), large ones are read in place.
class BufferedInput {
 public:
  explicit BufferedInput(const Input& input) : input_(input), buffer_(std::size_t{64} << 10) {}

  // Fills `bytes`; returns less than their number only at the end, or when interrupted.
  std::size_t read(std::span<std::byte> bytes);

 private:
  const Input& input_;
  std::vector<std::byte> buffer_;
  std::span<std::byte> ready_{};  // read, but not yet asked for
};

}  // namespace ringmain::cli
