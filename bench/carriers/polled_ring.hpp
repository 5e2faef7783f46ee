// The ring, received from in an epoll loop that waits for its descriptor.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/epoll.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "carriers/ring.hpp"
#include "harness/system.hpp"

namespace ringmain::bench {

// An epoll loop with one ring in it, which counts what it asks of the kernel.
class EpollLoop {
 public:
  explicit EpollLoop(Consumer&& consumer)
      : consumer_(std::move(consumer)), pollable_(consumer_.pollable()),
        epoll_(check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
    epoll_event event{};
    event.events = EPOLLIN;
    check(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, pollable_.descriptor(), &event), "epoll_ctl");
  }

  // The next message, or what ended the stream.
  Message receive() {
    for (;;) {
      Message message = consumer_.try_receive();
      if (message.status() != Status::kEmpty) return message;
      ++arms_;
      if (!pollable_.arm()) continue;
      epoll_event event{};
      do {
        ++waits_;
      } while (::epoll_wait(epoll_.get(), &event, 1, -1) < 0 && errno == EINTR);
    }
  }

  std::uint64_t arms() const noexcept { return arms_; }
  std::uint64_t waits() const noexcept { return waits_; }

 private:
  Consumer consumer_;
  Pollable pollable_;
  Descriptor epoll_;
  std::uint64_t arms_ = 0;
  std::uint64_t waits_ = 0;
};

class PolledRing {
 public:
  explicit PolledRing(RingSetup setup) : ring_(std::move(setup)) {}

  class Receiver {
   public:
    explicit Receiver(Consumer&& consumer) : loop_(std::move(consumer)) {}

    template <class Read>
    void receive(std::size_t bytes, Read read) {
      const Message message = loop_.receive();
      if (message.bytes().size() != bytes) [[unlikely]] {
        throw_status("receive", message.status());
      }
      read(message.bytes().data());
    }

   private:
    EpollLoop loop_;
  };

  Ring::Sender sender() const { return ring_.sender(); }
  Receiver receiver() const { return Receiver(ring_.attach()); }

 private:
  Ring ring_;
};

}  // namespace ringmain::bench
