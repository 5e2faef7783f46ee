// SPDX-License-Identifier: MIT
#include "output.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "failure.hpp"
#include "interruption.hpp"

namespace ringmain::cli {
namespace {

[[noreturn]] void die_of(int system_error) {
  report(io_failure("standard output", system_error).what());
  std::_Exit(kIoFailure);
}

void wait_until_writable() {
  pollfd waited{STDOUT_FILENO, POLLOUT, 0};
  ::poll(&waited, 1, -1);  // whatever comes of it, the next writev() says more
}

// Drops the first `bytes` of what `rest` lists.
void drop(std::span<iovec>& rest, std::size_t bytes) {
  while (!rest.empty() && bytes >= rest.front().iov_len) {
    bytes -= rest.front().iov_len;
    rest = rest.subspan(1);
  }
  if (bytes > 0) {
    rest.front().iov_base = static_cast<std::byte*>(rest.front().iov_base) + bytes;
    rest.front().iov_len -= bytes;
  }
}

// False: interrupted before all was written.
bool try_write_all(std::span<iovec> rest) {
  drop(rest, 0);
  while (!rest.empty()) {
    const ssize_t written = ::writev(STDOUT_FILENO, rest.data(), static_cast<int>(rest.size()));
    if (written >= 0) {
      drop(rest, static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      wait_until_writable();
    } else if (errno != EINTR) {
      die_of(errno);
    } else if (interrupted()) {
      return false;
    }
  }
  return true;
}

// Who is interrupted dies at once: nobody may ever read on; and what isn't written isn't released.
void write_all(std::span<iovec> rest) {
  if (!try_write_all(rest)) die_if_interrupted();
}

iovec vector_of(Output::Bytes bytes) { return {const_cast<std::byte*>(bytes.data()), bytes.size()}; }

}  // namespace

void Output::add(const Parts& parts) {
  std::size_t size = 0;
  for (const Bytes part : parts) size += part.size();
  if (used_ + size > buffer_.size()) {
    flush();
    if (size > buffer_.size()) buffer_.resize(size);
  }
  before_ = used_;
  for (const Bytes part : parts) {
    if (!part.empty()) std::memcpy(buffer_.data() + used_, part.data(), part.size());
    used_ += part.size();
  }
}

void Output::flush() {
  iovec gathered = vector_of(Bytes(buffer_).first(used_));
  write_all({&gathered, 1});
  used_ = before_ = 0;
}

void Output::write_in_place(const Parts& parts) {
  std::array vectors{vector_of(Bytes(buffer_).first(used_)), vector_of(parts[0]), vector_of(parts[1]),
                     vector_of(parts[2])};
  write_all(vectors);
  used_ = before_ = 0;
}

bool pass_on(std::span<const std::byte> bytes) {
  iovec vector = vector_of(bytes);
  return try_write_all({&vector, 1});
}

void print(std::string_view text) {
  iovec vector = vector_of(std::as_bytes(std::span(text)));
  write_all({&vector, 1});
}

}  // namespace ringmain::cli
