// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>

#include "carriers/iceoryx.hpp"
#include "harness/machine.hpp"
#include "harness/system.hpp"

namespace ringmain::bench {
namespace {

// iox-roudi. Asked to end, not killed: only then it removes its shared memory.
class Daemon {
 public:
  Daemon() : owner_(::getpid()) { start(); }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon() {
    if (::getpid() != owner_) return;
    if (end()) return;
    // It aborts, and leaves everything behind, when a client of its is gone; and ours don't say goodbye. Starting again it
    // clears that away.
    start();
    became_ready();
    end();
  }

  void wait() {
    if (!became_ready()) throw std::runtime_error("iox-roudi, the daemon that it needs, doesn't start");
  }

 private:
  void start() {
    std::array<int, 2> ends{};
    check(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
    output_ = Descriptor(ends[0]);
    const Descriptor theirs(ends[1]);
    pid_ = check(::fork(), "fork");
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      ::setpgid(0, 0);  // Ctrl-C is for us to pass on, after the sides
      ::dup2(theirs.get(), STDOUT_FILENO);
      ::dup2(theirs.get(), STDERR_FILENO);
      ::execlp("iox-roudi", "iox-roudi", "--monitoring-mode", "off", nullptr);
      ::_exit(127);
    }
  }

  // False: something killed it.
  bool end() {
    int status = 0;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, &status, 0);
    return WIFEXITED(status);
  }

  // Until it says that it is ready, or that another one is there already.
  bool became_ready() {
    constexpr int kPatienceMs = 10'000;
    std::string said;
    for (pollfd readable{output_.get(), POLLIN, 0}; ::poll(&readable, 1, kPatienceMs) > 0;) {
      std::array<char, 512> piece{};
      const ssize_t got = ::read(output_.get(), piece.data(), piece.size());
      if (got <= 0) break;
      said.append(piece.data(), static_cast<std::size_t>(got));
      if (said.find("ready for clients") != std::string::npos) return true;
      if (said.find("already running") != std::string::npos) return true;
    }
    return false;
  }

  pid_t owner_;
  pid_t pid_ = -1;
  Descriptor output_{};
};

}  // namespace

void start_iceoryx_daemon() {
  static std::optional<Daemon> daemon;
  if (daemon) return;
  if (!program_exists("iox-roudi")) throw std::runtime_error("iox-roudi, the daemon that it needs, isn't in PATH");
  daemon.emplace();
  daemon->wait();
}

}  // namespace ringmain::bench
