// Standard output, as bytes: small pieces are gathered, large ones are written from where they lie.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace ringmain::cli {

// A failing write ends the process at once, with a message and status 1, without unwinding: a message that is borrowed
// must not be released, as if it had been written, by its destructor.
class Output {
 public:
  using Bytes = std::span<const std::byte>;
  using Parts = std::array<Bytes, 3>;  // of one piece: what stands before it, itself, what stands behind it

  void add(const Parts& parts);                 // gathers a copy
  void discard() noexcept { used_ = before_; }  // takes the last add() back
  void write_in_place(const Parts& parts);      // writes what was gathered, then these
  void flush();

 private:
  static constexpr std::size_t kGather = std::size_t{64} << 10;

  std::vector<std::byte> buffer_ = std::vector<std::byte>(kGather);
  std::size_t used_ = 0;
  std::size_t before_ = 0;  // the last add()
};

// Text for people; not gathered.
void print(std::string_view text);

// Not gathered either. False: interrupted before all was written.
bool pass_on(std::span<const std::byte> bytes);

}  // namespace ringmain::cli
