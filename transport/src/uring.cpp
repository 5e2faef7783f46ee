// SPDX-License-Identifier: MIT
#include "uring.hpp"

#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include "fail.hpp"

namespace ringmain::transport {
namespace {

constexpr unsigned kEntries = 16;  // a receive, a send and what cancels them; twice as many completions

// COOP: what completes is looked at when this thread asks, it need not be interrupted. No SINGLE_ISSUER, hence no
// DEFER_TASKRUN: an end may be used by one thread after the other.
constexpr unsigned kFlags = IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL;

std::atomic<std::uint64_t> forks{0};

std::uint64_t count_forks() {
  static const int registered = ::pthread_atfork(nullptr, nullptr, [] { ++forks; });
  if (registered != 0) fail_system("io_uring: a fork handler", registered);
  return forks;
}

[[noreturn]] void fail_unsupported(const std::string& name, const std::string& why, int system_error) {
  constexpr std::string_view kPrefix = "uring+";
  const std::size_t begin = name.starts_with(kPrefix) ? kPrefix.size() : 0;
  fail(Status::kUnsupported, name + ": " + why + "; use " + name.substr(begin) + ", which speaks the same to the same",
       system_error);
}

std::string reason(int system_error) {
  switch (system_error) {
    case ENOSYS: return "this kernel has no io_uring";
    case EPERM: return "io_uring is forbidden here (sysctl kernel.io_uring_disabled, or a seccomp filter)";
    case EINVAL: return "this kernel's io_uring is too old: it needs Linux 6.0";
    default: return "no io_uring: " + std::generic_category().message(system_error);
  }
}

// Receiving many times (Linux 6.0) can't be asked for; sending without a copy came with it.
bool new_enough(io_uring& ring) noexcept {
  const std::unique_ptr<io_uring_probe, decltype(&::free)> probe(io_uring_get_probe_ring(&ring), ::free);
  return probe && io_uring_opcode_supported(probe.get(), IORING_OP_SEND_ZC) != 0;
}

}  // namespace

Uring::Uring(std::string name) : name_(std::move(name)), forks_(count_forks()) {
  const int result = io_uring_queue_init(kEntries, &ring_, kFlags);
  if (result == -ENOMEM || result == -EMFILE || result == -ENFILE) fail_system(name_ + ": io_uring", -result);
  if (result < 0) fail_unsupported(name_, reason(-result), -result);
  if (new_enough(ring_)) return;
  io_uring_queue_exit(&ring_);
  fail_unsupported(name_, reason(EINVAL), EINVAL);
}

Uring::~Uring() { io_uring_queue_exit(&ring_); }

bool Uring::owned() const noexcept { return forks_ == forks.load(std::memory_order_relaxed); }

void Uring::check_owner() const {
  if (owned()) return;
  fail(Status::kLeaseLost, name_ + ": it was opened before this process was forked; open it here, or use it there");
}

io_uring_sqe& Uring::prepare(std::uint64_t tag) {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  for (; entry == nullptr; entry = io_uring_get_sqe(&ring_)) submit();
  entry->user_data = tag;
  return *entry;
}

void Uring::submit() {
  int result = -EINTR;
  while (result == -EINTR) result = io_uring_submit(&ring_);
  if (result < 0) fail_system(name_ + ": io_uring", -result);
}

bool Uring::wait(const Deadline& deadline) {
  for (;;) {
    io_uring_cqe* first = nullptr;
    const auto left = deadline.left(kForever);
    __kernel_timespec timeout{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    const int result =
        io_uring_submit_and_wait_timeout(&ring_, &first, 1, deadline.never() ? nullptr : &timeout, nullptr);
    if (first != nullptr) return true;
    if (result == -ETIME) return false;
    if (result < 0 && result != -EINTR && result != -EAGAIN && result != -EBUSY)
      fail_system(name_ + ": io_uring", -result);
    if (deadline.passed()) return false;
  }
}

std::optional<Completion> Uring::next() {
  io_uring_cqe* first = nullptr;
  if (io_uring_peek_cqe(&ring_, &first) != 0) return std::nullopt;
  const Completion completion{first->user_data, first->res, first->flags};
  io_uring_cqe_seen(&ring_, first);
  return completion;
}

}  // namespace ringmain::transport
