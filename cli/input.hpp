// Standard input, as bytes.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace ringmain::cli {

// Throws Failure if standard input can't be read at all: closed, write-only, a directory.
void check_input();

// What read() gives, at least one byte, straight into `bytes`. 0: the end, or interrupted. Throws Failure.
std::size_t read_some(std::span<std::byte> bytes);

// For formats that are read field by field: many small fields cost one read(), large ones are read in place.
class BufferedInput {
 public:
  BufferedInput() : buffer_(std::size_t{64} << 10) {}

  // Fills `bytes`; returns less than their number only at the end, or when interrupted.
  std::size_t read(std::span<std::byte> bytes);

 private:
  std::vector<std::byte> buffer_;
  std::span<std::byte> ready_{};  // read, but not yet asked for
};

}  // namespace ringmain::cli
