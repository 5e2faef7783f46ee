// A descriptor for event loops.
// SPDX-License-Identifier: MIT
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "consumer_state.hpp"
#include "fail.hpp"
#include "io_uring.hpp"

namespace ringmain {

namespace {

// Where the kernel has no io_uring that waits on futexes: a thread that sleeps on the bell and raises an eventfd.
class WatchThread {
 public:
  WatchThread() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!event_) fail_system("eventfd", errno);
    thread_ = std::thread([this] { run(); });
  }
  WatchThread(const WatchThread&) = delete;
  WatchThread& operator=(const WatchThread&) = delete;
  ~WatchThread() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    armed_.notify_one();
    thread_.join();
  }

  int descriptor() const noexcept { return event_.get(); }

  void watch(FutexWord word, std::chrono::nanoseconds timeout) noexcept {
    std::uint64_t drained = 0;
    [[maybe_unused]] const ssize_t got = ::read(event_.get(), &drained, sizeof drained);
    {
      const std::lock_guard lock(mutex_);
      if (busy_) return;  // still watching: the bell has not rung since
      word_ = word;
      timeout_ = timeout;
      busy_ = true;
    }
    armed_.notify_one();
  }

 private:
  void run() noexcept {
    std::unique_lock lock(mutex_);
    for (;;) {
      armed_.wait(lock, [this] { return busy_ || ending_; });
      if (ending_) return;
      const FutexWord word = word_;
      const auto timeout = timeout_;
      lock.unlock();
      futex_wait(word, timeout);
      lock.lock();
      busy_ = false;
      const std::uint64_t one = 1;
      [[maybe_unused]] const ssize_t put = ::write(event_.get(), &one, sizeof one);
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

struct Readiness::Watch {
  Watch() = default;
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    if (::getpid() != owner) (void)thread.release();  // a forked child has no such thread to end
  }

  pid_t owner = ::getpid();
  std::unique_ptr<FutexUring> uring = FutexUring::open();
  std::unique_ptr<WatchThread> thread = uring ? nullptr : std::make_unique<WatchThread>();
};

Readiness::Readiness(Consumer& consumer) : consumer_(&consumer), watch_(std::make_unique<Watch>()) {}
Readiness::Readiness(Readiness&&) noexcept = default;
Readiness& Readiness::operator=(Readiness&&) noexcept = default;
Readiness::~Readiness() = default;

int Readiness::descriptor() const noexcept {
  return watch_->uring ? watch_->uring->descriptor() : watch_->thread->descriptor();
}

bool Readiness::arm() noexcept {
  Consumer::State& state = *consumer_->state_;
  const ConsumerBell::Bed bed = state.bell.lie_down();
  state.bell.rise();
  if (!state.patient_with(state.next())) return false;
  const std::chrono::nanoseconds timeout = bed.safe ? std::chrono::nanoseconds(kRound) : kNap;
  if (watch_->uring) return watch_->uring->watch(bed.bell, timeout);
  watch_->thread->watch(bed.bell, timeout);
  return true;
}

}  // namespace ringmain
