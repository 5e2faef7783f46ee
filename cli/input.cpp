// SPDX-License-Identifier: MIT
#include "input.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "failure.hpp"
#include "interruption.hpp"
#include "output.hpp"

namespace ringmain::cli {
namespace {

constexpr const char* kName = "standard input";

void wait_until_readable() {
  pollfd waited{STDIN_FILENO, POLLIN, 0};
  ::poll(&waited, 1, -1);  // whatever comes of it, the next read() says more
}

}  // namespace

Input::Input(bool echo) : echo_(echo) {
  std::byte nothing{};
  if (::read(STDIN_FILENO, &nothing, 0) < 0 && errno != EAGAIN && errno != EINTR) throw io_failure(kName, errno);
}

std::size_t Input::read_some(std::span<std::byte> bytes) const {
  while (!interrupted()) {
    const ssize_t got = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (got >= 0) {
      const auto count = static_cast<std::size_t>(got);
      if (echo_ && !pass_on(bytes.first(count))) return 0;
      return count;
    }
    if (errno == EAGAIN) {
      wait_until_readable();
    } else if (errno != EINTR) {
      throw io_failure(kName, errno);
    }
  }
  return 0;
}

std::size_t BufferedInput::read(std::span<std::byte> bytes) {
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const std::span<std::byte> rest = bytes.subspan(filled);
    if (!ready_.empty()) {
      const std::size_t taken = std::min(rest.size(), ready_.size());
      std::memcpy(rest.data(), ready_.data(), taken);
      ready_ = ready_.subspan(taken);
      filled += taken;
    } else if (rest.size() >= buffer_.size()) {
      const std::size_t got = input_.read_some(rest);
      if (got == 0) break;
      filled += got;
    } else {
      ready_ = std::span(buffer_).first(input_.read_some(buffer_));
      if (ready_.empty()) break;
    }
  }
  return filled;
}

}  // namespace ringmain::cli
