// SPDX-License-Identifier: MIT
#include "uring_stream.hpp"

#include <limits.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "descriptor_stream.hpp"

namespace ringmain::transport {
namespace {

enum : std::uint64_t { kInbox = 1, kOperation, kCancel };

constexpr std::size_t kAtMost = std::size_t{1} << 30;  // what an operation's 32 bits of length can tell

// Tells threads apart, without a system call.
const void* this_thread() noexcept {
  thread_local const char mark{};
  return &mark;
}

}  // namespace

UringStream::UringStream(Descriptor connected, std::string name)
    : socket_(std::move(connected)), uring_(std::move(name)), inbox_(uring_, socket_.get(), kInbox) {}

// The socket would stay open for as long as the kernel receives from it.
UringStream::~UringStream() {
  try {
    if (uring_.owned()) stop_listening();
  } catch (const Error&) {  // then the kernel does so when the ring is gone
  }
}

void UringStream::reap() {
  while (const auto completion = uring_.next()) {
    switch (completion->tag) {
      case kInbox: inbox_.note(*completion); break;
      case kOperation: result_ = completion->result; break;
      default: cancelled_ = true;
    }
  }
}

void UringStream::listen() {
  inbox_.arm();
  listener_ = this_thread();
  uring_.submit();
  reap();
}

void UringStream::cancel(std::uint64_t tag) {
  cancelled_ = false;
  io_uring_prep_cancel64(&uring_.prepare(kCancel), tag, 0);
  while (!cancelled_) {
    uring_.wait(Deadline(kForever));
    reap();
  }
}

void UringStream::stop_listening() {
  reap();
  if (!inbox_.armed()) return;
  cancel(kInbox);
  while (inbox_.armed()) {
    uring_.wait(Deadline(kForever));
    reap();
  }
}

// The result of the operation that was prepared; nothing: it was called off at the deadline. The memory that it was given
// is free when this returns.
std::optional<int> UringStream::complete(const Deadline& deadline) {
  result_.reset();
  while (!result_ && uring_.wait(deadline)) reap();
  if (!result_) cancel(kOperation);
  while (!result_) {
    uring_.wait(Deadline(kForever));
    reap();
  }
  if (*result_ == -ECANCELED || *result_ == -EINTR || *result_ == -EAGAIN) return std::nullopt;
  return result_;
}

std::optional<std::size_t> UringStream::read(std::span<std::byte> into, const Deadline& deadline) {
  uring_.check_owner();
  reap();
  if (inbox_.armed() && listener_ != this_thread()) stop_listening();  // it would complete when that thread looks
  for (;;) {
    if (!inbox_.empty()) return inbox_.take(into);
    if (const auto ended = inbox_.ended()) return *ended == 0 ? 0 : (fail_read(uring_.name(), *ended), 0);
    if (inbox_.ran_out()) pouring_ = true;
    if (pouring_ && !inbox_.armed()) return read_directly(into, deadline);
    if (!inbox_.armed()) {
      listen();
    } else {
      if (deadline.passed() || !uring_.wait(deadline)) return std::nullopt;
      reap();
    }
  }
}

std::optional<std::size_t> UringStream::read_directly(std::span<std::byte> into, const Deadline& deadline) {
  into = into.first(std::min(into.size(), kAtMost));
  std::optional<int> got;
  if (deadline.passed()) {
    got = static_cast<int>(::recv(socket_.get(), into.data(), into.size(), MSG_DONTWAIT));
    if (*got < 0) got = -errno;
    if (*got == -EAGAIN || *got == -EINTR) return std::nullopt;
  } else {
    io_uring_prep_recv(&uring_.prepare(kOperation), socket_.get(), into.data(), into.size(), 0);
    got = complete(deadline);
  }
  if (!got) return std::nullopt;
  if (*got < 0) fail_read(uring_.name(), -*got);
  const auto bytes = static_cast<std::size_t>(*got);
  pouring_ = bytes >= std::min(into.size(), UringInbox::kBufferBytes);
  return bytes;
}

// A try by a plain system call costs less than one through the ring; waiting doesn't.
std::optional<std::size_t> UringStream::write(std::span<const iovec> parts, const Deadline& deadline) {
  uring_.check_owner();
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = std::min<std::size_t>(parts.size(), IOV_MAX);
  for (;;) {
    const ssize_t written = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (written >= 0) return static_cast<std::size_t>(written);
    if (errno == EAGAIN) break;
    if (errno != EINTR) fail_write(uring_.name(), errno);
  }
  if (deadline.passed()) return std::nullopt;
  io_uring_prep_sendmsg(&uring_.prepare(kOperation), socket_.get(), &message, MSG_NOSIGNAL | MSG_WAITALL);
  const auto sent = complete(deadline);
  if (!sent) return std::nullopt;
  if (*sent < 0) fail_write(uring_.name(), -*sent);
  return static_cast<std::size_t>(*sent);
}

void UringStream::finish_writing() noexcept { ::shutdown(socket_.get(), SHUT_WR); }

bool UringStream::arm() {
  uring_.check_owner();
  pouring_ = false;
  reap();
  if (inbox_.armed() && listener_ != this_thread()) stop_listening();
  if (!inbox_.armed() && inbox_.empty() && !inbox_.ended()) listen();
  return inbox_.empty() && inbox_.armed();
}

}  // namespace ringmain::transport
