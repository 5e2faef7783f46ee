// An event loop: one epoll waits for two rings and a timer, as it would for sockets. A ring's descriptor is armed when
// the ring is empty; a busy ring costs no system call.
// SPDX-License-Identifier: MIT
#include <ringmain/consumer.hpp>
#include <ringmain/producer.hpp>

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <thread>

using namespace std::chrono_literals;

// A ring in the loop.
struct Source {
  explicit Source(const char* name) : consumer(ringmain::Consumer::attach(name)) {}

  enum class State { kBusy, kArmed, kEnded };  // kArmed: the loop may wait for it

  // What there is, but not for ever: the others have a right to their turn.
  void receive_some() {
    constexpr std::size_t kTurn = 1000;  // messages
    const auto poll = consumer.poll([this](const ringmain::Message&) { ++received; }, kTurn);
    if (poll.status == ringmain::Status::kEmpty) {
      if (pollable.arm()) state = State::kArmed;  // else something came in meanwhile
    } else if (poll.status != ringmain::Status::kOk) {
      state = State::kEnded;
    }
  }

  ringmain::Consumer consumer;
  ringmain::Pollable pollable = consumer.pollable();
  std::uint64_t received = 0;
  State state = State::kBusy;
};

void watch(int epoll, int descriptor, Source* source) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = source;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) std::perror("epoll_ctl");
}

int main() {
  constexpr std::uint64_t kMessages = 1000;
  auto bids = ringmain::Producer::create("bids");
  auto asks = ringmain::Producer::create("asks");
  std::array<Source, 2> sources{Source("bids"), Source("asks")};
  std::thread market([&] {
    for (std::uint64_t i = 0; i < kMessages; ++i) {
      if (i % 100 == 0) std::this_thread::sleep_for(5ms);
      if (bids.publish({}) != ringmain::Status::kOk || asks.publish({}) != ringmain::Status::kOk) return;
    }
    bids.close();
    asks.close();
  });

  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  const itimerspec every_10_ms{{0, 10'000'000}, {0, 10'000'000}};
  if (epoll < 0 || timer < 0 || timerfd_settime(timer, 0, &every_10_ms, nullptr) != 0) return 1;
  watch(epoll, timer, nullptr);
  for (Source& source : sources) watch(epoll, source.pollable.descriptor(), &source);

  for (std::size_t open = sources.size(); open > 0;) {
    bool busy = false;
    for (Source& source : sources) {
      if (source.state != Source::State::kBusy) continue;
      source.receive_some();
      busy = busy || source.state == Source::State::kBusy;
      if (source.state != Source::State::kEnded) continue;
      epoll_ctl(epoll, EPOLL_CTL_DEL, source.pollable.descriptor(), nullptr);
      --open;
    }
    epoll_event event{};
    const int ready = open > 0 ? epoll_wait(epoll, &event, 1, busy ? 0 : -1) : 0;
    if (ready < 0 && errno != EINTR) return 1;  // EINTR: io_uring's way to wake the thread; wait again
    if (ready < 1) continue;
    if (auto* const source = static_cast<Source*>(event.data.ptr); source != nullptr) {
      source->state = Source::State::kBusy;
    } else if (std::uint64_t ticks = 0; read(timer, &ticks, sizeof ticks) == sizeof ticks) {
      std::printf("%llu bids, %llu asks so far\n", static_cast<unsigned long long>(sources[0].received),
                  static_cast<unsigned long long>(sources[1].received));
    }
  }

  market.join();
  close(timer);
  close(epoll);
  for (const char* name : {"bids", "asks"}) ringmain::remove(name, {}, true);
  return sources[0].received == kMessages && sources[1].received == kMessages ? 0 : 1;
}
