// SPDX-License-Identifier: MIT
#include "readiness.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace ringmain::python {

Readiness::Readiness(ringmain::Consumer& consumer, std::chrono::nanoseconds period)
    : pollable_(consumer.pollable(period)), epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (epoll_ < 0 || event_ < 0) throw Error(Status::kSystem, "a descriptor to wait with", errno);
  watch(event_);
  watch(pollable_.descriptor());
}

Readiness::~Readiness() {
  ::close(event_);
  ::close(epoll_);
}

void Readiness::watch(int descriptor) const {
  epoll_event wanted{};
  wanted.events = EPOLLIN;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &wanted) != 0) {
    throw Error(Status::kSystem, "watch a descriptor", errno);
  }
}

void Readiness::refresh(bool certain) noexcept { raise(certain || !pollable_.arm()); }

void Readiness::raise(bool up) noexcept {
  if (up == std::exchange(raised_, up)) return;
  std::uint64_t word = 1;
  // Neither can fail: the counter is 0 or 1.
  const ssize_t done = up ? ::write(event_, &word, sizeof word) : ::read(event_, &word, sizeof word);
  (void)done;
}

}  // namespace ringmain::python
