// SPDX-License-Identifier: MIT
#include "interruption.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "failure.hpp"

namespace ringmain::cli {
namespace {

volatile std::sig_atomic_t caught_signal = 0;
std::atomic<bool> flag{false};
static_assert(std::atomic<bool>::is_always_lock_free);
volatile std::sig_atomic_t nothing = -1;  // a descriptor that is always at its end

// A flag alone would miss a signal that comes just before read() is entered. With standard input at its end, that
// read() and all later ones return at once; one that is under way fails with EINTR, for want of SA_RESTART.
void interrupt(int signal) {
  const int saved = errno;
  caught_signal = signal;
  flag.store(true, std::memory_order_relaxed);  // this handler alone writes it, and nothing depends on it
  ::dup2(nothing, STDIN_FILENO);
  errno = saved;
}

void catch_signal(int signal) {
  struct sigaction action {};
  ::sigaction(signal, nullptr, &action);
  if (action.sa_handler == SIG_IGN) return;
  action.sa_handler = interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

void catch_interruptions(std::initializer_list<int> also) {
  nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing < 0) throw io_failure("/dev/null", errno);
  for (const int signal : std::array{SIGINT, SIGTERM, SIGHUP}) catch_signal(signal);
  for (const int signal : also) catch_signal(signal);
}

bool interrupted() noexcept { return caught_signal != 0; }
const std::atomic<bool>& interruption() noexcept { return flag; }

void die_if_interrupted() {
  if (!interrupted()) return;
  std::signal(caught_signal, SIG_DFL);
  std::raise(caught_signal);
}

}  // namespace ringmain::cli
