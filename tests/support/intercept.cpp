// SPDX-License-Identifier: MIT
#include "intercept.hpp"

#include <linux/audit.h>
#include <linux/filter.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <vector>

namespace ringmain::testing {

namespace {

// The first exception of a process makes its unwinder get ready, with system calls that must not fail.
void get_unwinder_ready() {
  try {
    throw 0;
  } catch (int) {
  }
}

// A filter that answers `verdict` to these calls and allows the others. Minus errno, or what the flags promise.
int install(const std::vector<int>& numbers, std::uint32_t verdict, unsigned flags) {
  std::vector<sock_filter> program{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const int number : numbers) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, verdict));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  get_unwinder_ready();
  const sock_fprog whole{static_cast<unsigned short>(program.size()), program.data()};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const long result = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &whole);
  return result < 0 ? -errno : static_cast<int>(result);
}

// Answers until the thread with the filter has ended.
void supervise(int listener, const std::atomic<bool>& acting, const std::function<int(const seccomp_data&)>& on_call) {
  for (;;) {
    pollfd ready{listener, POLLIN, 0};
    if (::poll(&ready, 1, -1) < 0 && errno == EINTR) continue;
    if ((ready.revents & POLLIN) == 0) break;
    seccomp_notif call{};
    if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) continue;
    seccomp_notif_resp answer{};
    answer.id = call.id;
    answer.error = acting ? -on_call(call.data) : 0;
    if (answer.error == 0) answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    ::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
  }
  ::close(listener);
}

}  // namespace

bool intercept(const std::vector<int>& numbers, const std::function<int(const seccomp_data&)>& on_call,
               const std::function<void()>& action) {
  constexpr int kNotYet = -10000;
  std::atomic<int> listener{kNotYet};  // no lock, no future: these would make system calls that are watched already
  std::atomic<bool> acting{false};
  std::thread actor([&] {
    std::free(std::malloc(1));  // the thread's heap, before its calls are watched
    listener = install(numbers, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
    if (listener < 0) return;
    acting = true;
    action();
    acting = false;
  });
  while (listener == kNotYet) std::this_thread::yield();
  if (listener >= 0) supervise(listener, acting, on_call);
  actor.join();
  return listener >= 0;
}

void forbid(const std::vector<int>& numbers, int error) {
  if (install(numbers, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error), 0) != 0) {
    throw std::runtime_error("no filter of system calls");
  }
}

}  // namespace ringmain::testing
