// A descriptor for event loops.
// SPDX-License-Identifier: MIT
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "consumer_state.hpp"
#include "fail.hpp"
#include "io_uring.hpp"

namespace ringmain {

namespace {

// An io_uring with an armed futex wait.
class WatchUring {
 public:
  explicit WatchUring(std::unique_ptr<FutexUring> uring) noexcept : uring_(std::move(uring)) {}

  int descriptor() const noexcept { return uring_->descriptor(); }

  // False: the kernel has no memory for it just now. What is armed already is kept: the bell has not rung since.
  bool watch(FutexWord word, std::chrono::nanoseconds timeout) noexcept {
    while (const auto done = uring_->take()) (done->ticket == kBell ? waiting_ : timing_) = false;
    if (!std::exchange(waiting_, true)) uring_->push_wait(word, kBell);
    if (timeout != kForever && !std::exchange(timing_, true)) uring_->push_timeout(timeout, kTime);
    return uring_->submit();
  }

  static constexpr std::size_t kEntries = 2;

 private:
  enum : std::uint64_t { kBell, kTime };
  std::unique_ptr<FutexUring> uring_;
  bool waiting_ = false;
  bool timing_ = false;
};

// Where the kernel has no io_uring that waits on futexes: a thread that sleeps on the bell and raises an eventfd.
class WatchThread {
 public:
  WatchThread() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!event_) fail_system("eventfd", errno);
    try {
      thread_ = std::thread([this] { run(); });
    } catch (const std::system_error& error) {
      fail_system("a thread that watches the bell", error.code().value());
    }
  }
  WatchThread(const WatchThread&) = delete;
  WatchThread& operator=(const WatchThread&) = delete;
  ~WatchThread() {
    {
      const std::scoped_lock lock(mutex_);
      ending_ = true;
    }
    armed_.notify_one();
    thread_.join();
  }

  int descriptor() const noexcept { return event_.get(); }

  bool watch(FutexWord word, std::chrono::nanoseconds timeout) noexcept {
    std::uint64_t drained = 0;
    uninterrupted([&] { return ::read(event_.get(), &drained, sizeof drained); });
    {
      const std::scoped_lock lock(mutex_);
      if (busy_) return true;  // still watching: the bell has not rung since
      word_ = word;
      timeout_ = timeout;
      busy_ = true;
    }
    armed_.notify_one();
    return true;
  }

 private:
  void run() noexcept {
    std::unique_lock lock(mutex_);
    for (;;) {
      armed_.wait(lock, [this] { return busy_ || ending_; });
      if (ending_) return;
      const FutexWord word = word_;
      const Deadline end(timeout_);
      do {  // in rounds, for nothing but the bell ends a wait
        lock.unlock();
        futex_wait(word, end.left(kRound));
        lock.lock();
      } while (!end.passed() && !ending_ && word.unchanged());
      busy_ = false;
      const std::uint64_t one = 1;
      uninterrupted([&] { return ::write(event_.get(), &one, sizeof one); });
    }
  }

  Descriptor event_;
  std::mutex mutex_;
  std::condition_variable armed_;
  FutexWord word_{};
  std::chrono::nanoseconds timeout_{0};
  bool busy_ = false;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace

struct Pollable::Watch {
  Watch(Consumer::State& watched, std::chrono::nanoseconds longest) : state(&watched), period(longest) {
    if (auto opened = FutexUring::open(WatchUring::kEntries)) {
      uring.emplace(std::move(opened));
    } else {
      thread = std::make_unique<WatchThread>();
    }
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    if (::getpid() != owner) (void)thread.release();  // a forked child has no such thread to end
  }

  // How long it may sleep: a bed that isn't safe, as a spectator's, is left soon in any case.
  std::chrono::nanoseconds at_most(const ConsumerBell::Bed& bed) const noexcept {
    return bed.safe ? period : std::min(period, bed.at_most());
  }

  Consumer::State* state;
  std::chrono::nanoseconds period;
  pid_t owner = ::getpid();
  std::optional<WatchUring> uring{};
  std::unique_ptr<WatchThread> thread{};
};

Pollable::Pollable(std::unique_ptr<Watch> watch) noexcept : watch_(std::move(watch)) {}
Pollable::Pollable(Pollable&&) noexcept = default;
Pollable& Pollable::operator=(Pollable&&) noexcept = default;
Pollable::~Pollable() = default;

int Pollable::descriptor() const noexcept {
  return watch_->uring ? watch_->uring->descriptor() : watch_->thread->descriptor();
}

bool Pollable::arm() noexcept {
  if (::getpid() != watch_->owner) return false;  // what is armed is the parent's
  const auto bed = watch_->state->doze();
  if (!bed) return false;
  const auto timeout = watch_->at_most(*bed);
  return watch_->uring ? watch_->uring->watch(bed->bell, timeout) : watch_->thread->watch(bed->bell, timeout);
}

Pollable Consumer::pollable(std::chrono::nanoseconds period) {
  return Pollable(std::make_unique<Pollable::Watch>(*state_, period));
}

std::chrono::nanoseconds Consumer::prepare_wait(io_uring_sqe& entry) noexcept {
  const auto bed = state_->doze();
  if (!bed) return std::chrono::nanoseconds{0};
  describe_futex_wait(entry, bed->bell);
  return bed->at_most();
}

}  // namespace ringmain
