// SPDX-License-Identifier: MIT
#include "descriptor_stream.hpp"

#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "fail.hpp"
#include "waiting.hpp"

namespace ringmain::transport {
namespace {

std::string text_of(int system_error) { return std::generic_category().message(system_error); }

}  // namespace

bool connection_broke(int system_error) noexcept {
  switch (system_error) {
    case EPIPE:
    case ECONNRESET:
    case ECONNABORTED:
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case ENOTCONN: return true;
    default: return false;
  }
}

bool out_of_space(int system_error) noexcept {
  return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
}

void fail_read(const std::string& name, int system_error) {
  if (connection_broke(system_error)) {
    fail(Status::kProducerLost, name + ": the sender is gone: " + text_of(system_error), system_error);
  }
  if (system_error == EBADF) {
    fail(Status::kSystem, name + ": " + text_of(system_error) + "; it is closed, or open the wrong way", system_error);
  }
  fail_system(name, system_error);
}

void fail_write(const std::string& name, int system_error) {
  if (connection_broke(system_error)) {
    fail(Status::kConsumerLost, name + ": the receiver is gone: " + text_of(system_error), system_error);
  }
  if (system_error == EBADF) {
    fail(Status::kSystem, name + ": " + text_of(system_error) + "; it is closed, or open the wrong way", system_error);
  }
  if (out_of_space(system_error)) {
    fail(Status::kNoSpace, name + ": " + text_of(system_error) + "; make room and start again", system_error);
  }
  fail_system(name, system_error);
}

DescriptorStream::DescriptorStream(Descriptor owned, Kind kind, std::string name)
    : DescriptorStream(owned.get(), kind, std::move(name)) {
  owned_ = std::move(owned);
}

DescriptorStream::DescriptorStream(int borrowed, Kind kind, std::string name)
    : fd_(borrowed), kind_(kind), name_(std::move(name)) {
  struct stat found {};
  never_waits_ = kind == Kind::kFile && ::fstat(fd_, &found) == 0 && S_ISREG(found.st_mode);
}

ssize_t DescriptorStream::read_now(std::span<std::byte> into, Way way) const noexcept {
  if (kind_ == Kind::kSocket) return ::recv(fd_, into.data(), into.size(), way == Way::kTry ? MSG_DONTWAIT : 0);
  if (way == Way::kBlock) return ::read(fd_, into.data(), into.size());
  const iovec whole{into.data(), into.size()};
  return ::preadv2(fd_, &whole, 1, -1, RWF_NOWAIT);
}

ssize_t DescriptorStream::write_now(std::span<const iovec> parts, Way way) const noexcept {
  const auto count = static_cast<int>(std::min<std::size_t>(parts.size(), IOV_MAX));
  if (kind_ == Kind::kSocket) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts.data());
    message.msg_iovlen = static_cast<std::size_t>(count);
    return ::sendmsg(fd_, &message, MSG_NOSIGNAL | (way == Way::kTry ? MSG_DONTWAIT : 0));
  }
  return way == Way::kBlock ? ::writev(fd_, parts.data(), count) : ::pwritev2(fd_, parts.data(), count, -1, RWF_NOWAIT);
}

void DescriptorStream::finish_writing() noexcept {
  if (kind_ == Kind::kSocket) ::shutdown(fd_, SHUT_WR);
}

bool DescriptorStream::wait(short events, const Deadline& deadline) const { return poll_until(fd_, events, deadline); }

std::optional<std::size_t> DescriptorStream::read(std::span<std::byte> into, const Deadline& deadline) {
  Way way = deadline.never() || never_waits_ ? Way::kBlock : Way::kTry;
  for (;;) {
    const ssize_t got = read_now(into, way);
    if (got >= 0) return static_cast<std::size_t>(got);
    switch (errno) {
      case EINTR: continue;
      case EAGAIN:
      case EOPNOTSUPP:
        if (!wait(POLLIN, deadline)) return std::nullopt;
        way = Way::kBlock;  // it won't, now: a file that isn't cached would be tried for ever
        continue;
      default: fail_read(name_, errno);
    }
  }
}

std::optional<std::size_t> DescriptorStream::write(std::span<const iovec> parts, const Deadline& deadline) {
  Way way = deadline.never() || never_waits_ ? Way::kBlock : Way::kTry;
  iovec first{};
  for (;;) {
    const ssize_t written = write_now(parts, way);
    if (written >= 0) return static_cast<std::size_t>(written);
    switch (errno) {
      case EINTR: continue;
      case EAGAIN:
        if (!wait(POLLOUT, deadline)) return std::nullopt;
        continue;
      case EOPNOTSUPP:  // what can't be tried is done in pieces that a pipe with room takes at once
        if (!wait(POLLOUT, deadline)) return std::nullopt;
        first = {parts.front().iov_base, std::min<std::size_t>(parts.front().iov_len, PIPE_BUF)};
        parts = {&first, 1};
        way = Way::kBlock;
        continue;
      default: fail_write(name_, errno);
    }
  }
}

}  // namespace ringmain::transport
