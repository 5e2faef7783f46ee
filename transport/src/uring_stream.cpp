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
      case kInbox: pouring_ = !inbox_.note(*completion) || pouring_; break;
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

// Does what `prepare` says to a submission. Nothing: not until the deadline. The memory that it was given is free when
// this returns.
template <class Prepare>
std::optional<int> UringStream::perform(const Prepare& prepare, const Deadline& deadline) {
  do {
    prepare(&uring_.prepare(kOperation));
    const int result = finish(deadline);
    if (result != -ECANCELED && result != -EINTR && result != -EAGAIN) return result;
  } while (!deadline.passed());
  return std::nullopt;
}

int UringStream::finish(const Deadline& deadline) {
  result_.reset();
  while (!result_ && uring_.wait(deadline)) reap();
  if (!result_) cancel(kOperation);
  while (!result_) {
    uring_.wait(Deadline(kForever));
    reap();
  }
  return *result_;
}

std::optional<std::size_t> UringStream::read(std::span<std::byte> into, const Deadline& deadline) {
  uring_.check_owner();
  reap();
  if (inbox_.armed() && listener_ != this_thread()) stop_listening();  // it would complete when that thread looks
  for (;;) {
    if (!inbox_.empty()) return inbox_.take(into);
    if (const auto ended = inbox_.ended()) {
      if (*ended != 0) fail_read(uring_.name(), *ended);
      return 0;
    }
    if (!inbox_.armed()) {
      if (pouring_) return read_directly(into, deadline);
      listen();
      continue;
    }
    if (deadline.passed() || !uring_.wait(deadline)) return std::nullopt;
    reap();
  }
}

std::optional<std::size_t> UringStream::read_directly(std::span<std::byte> into, const Deadline& deadline) {
  into = into.first(std::min(into.size(), kAtMost));
  std::optional<int> got;
  if (deadline.passed()) {
    const ssize_t now = ::recv(socket_.get(), into.data(), into.size(), MSG_DONTWAIT);
    if (now >= 0 || (errno != EAGAIN && errno != EINTR)) got = now >= 0 ? static_cast<int>(now) : -errno;
  } else {
    got =
        perform([&](auto* entry) { io_uring_prep_recv(entry, socket_.get(), into.data(), into.size(), 0); }, deadline);
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
  const auto sent =
      perform([&](auto* entry) { io_uring_prep_sendmsg(entry, socket_.get(), &message, MSG_NOSIGNAL | MSG_WAITALL); },
              deadline);
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
