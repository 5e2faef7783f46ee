// ringmain-sends: what a send over TCP on this machine costs, by size: by a plain system call, through io_uring, and
// through io_uring without a copy, from memory that is registered or not. A send is over when its memory is free again.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <vector>

#include "harness/clock.hpp"
#include "harness/machine.hpp"
#include "harness/processes.hpp"
#include "harness/shared_memory.hpp"
#include "harness/statistics.hpp"
#include "harness/system.hpp"

namespace {

using namespace ringmain::bench;

enum class Way { kSend, kUring, kZeroCopy, kRegistered };
constexpr std::array kWays{"send()", "SEND", "SEND_ZC", "SEND_ZC, registered"};
constexpr unsigned kReportUsage = 1U << 3;  // IORING_SEND_ZC_REPORT_USAGE, newer than Debian 12's liburing
constexpr unsigned kCopied = 1U << 31;      // IORING_NOTIF_USAGE_ZC_COPIED
constexpr std::size_t kMemory = std::size_t{8} << 20;

struct Round {
  double wall_us = 0;  // of one send
  double cpu_us = 0;   // of one send, of both processes
  std::uint64_t copied = 0;
};

double cpu_us() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

class Sender {
 public:
  Sender(int socket, Way way) : socket_(socket), way_(way), memory_(kMemory) {
    io_uring_queue_init(8, &ring_, IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG);
    const iovec all{memory_.data(), memory_.size()};
    if (way == Way::kRegistered && io_uring_register_buffers(&ring_, &all, 1) != 0) throw_errno("registering");
  }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;
  ~Sender() { io_uring_queue_exit(&ring_); }

  void send(std::uint64_t number, std::size_t bytes) {
    const std::byte* from = memory_.data() + number * bytes % (kMemory - bytes + 1) / 64 * 64;
    constexpr int kFlags = MSG_NOSIGNAL | MSG_WAITALL;
    if (way_ == Way::kSend) return sent(::send(socket_, from, bytes, MSG_NOSIGNAL), bytes);
    io_uring_sqe* entry = io_uring_get_sqe(&ring_);
    switch (way_) {
      case Way::kUring: io_uring_prep_send(entry, socket_, from, bytes, kFlags); break;
      case Way::kZeroCopy: io_uring_prep_send_zc(entry, socket_, from, bytes, kFlags, kReportUsage); break;
      default: io_uring_prep_send_zc_fixed(entry, socket_, from, bytes, kFlags, kReportUsage, 0);
    }
    io_uring_submit_and_wait(&ring_, 1);
    for (int expected = 1; expected > 0; --expected) {
      io_uring_cqe* done = nullptr;
      if (io_uring_wait_cqe(&ring_, &done) != 0) throw_errno("waiting");
      const bool notice = (done->flags & IORING_CQE_F_NOTIF) != 0;
      if (notice && static_cast<unsigned>(done->res) == kCopied) ++copied_;
      if (!notice) sent(done->res, bytes);
      if ((done->flags & IORING_CQE_F_MORE) != 0) ++expected;
      io_uring_cqe_seen(&ring_, done);
    }
  }

  std::uint64_t copied() const noexcept { return copied_; }

 private:
  static void sent(ssize_t now, std::size_t bytes) {
    if (now != static_cast<ssize_t>(bytes)) throw std::runtime_error("a send was cut");
  }

  int socket_;
  Way way_;
  SharedMemory memory_;
  io_uring ring_{};
  std::uint64_t copied_ = 0;
};

void receive(int listener, std::size_t bytes) {
  const Descriptor from(check(::accept(listener, nullptr, nullptr), "accept"));
  std::vector<std::byte> buffer(std::size_t{1} << 20);
  while (bytes > 0) {
    bytes -=
        static_cast<std::size_t>(check(::recv(from.get(), buffer.data(), std::min(buffer.size(), bytes), 0), "recv"));
  }
  check(::send(from.get(), "", 1, MSG_NOSIGNAL), "send");
}

Round play(Way way, std::size_t bytes, std::uint64_t sends) {
  const Descriptor listener(check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  check(::bind(listener.get(), generic, length), "bind");
  check(::listen(listener.get(), 1), "listen");
  check(::getsockname(listener.get(), generic, &length), "getsockname");
  const Shared<Round> round;
  const Shared<double> receivers_cpu;
  Processes processes;
  const CpuPair cpus = cpu_pair();
  processes.start("receiver", cpus.first, [&] {
    const double before = cpu_us();
    receive(listener.get(), bytes * sends);
    *receivers_cpu = cpu_us() - before;
  });
  processes.start("sender", cpus.second, [&] {
    const Descriptor socket(check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    check(::connect(socket.get(), generic, length), "connect");
    Sender sender(socket.get(), way);
    const double before = cpu_us();
    const std::uint64_t begin = now_ns();
    for (std::uint64_t i = 0; i < sends; ++i) sender.send(i, bytes);
    std::byte nothing{};
    check(::recv(socket.get(), &nothing, 1, 0), "recv");
    *round = {static_cast<double>(now_ns() - begin) / 1e3, cpu_us() - before, sender.copied()};
  });
  processes.wait(std::chrono::seconds(60));
  const auto each = static_cast<double>(sends);
  return {round->wall_us / each, (round->cpu_us + *receivers_cpu) / each, round->copied};
}

void compare(std::size_t bytes, int rounds) {
  const std::uint64_t sends = std::clamp<std::uint64_t>((std::uint64_t{128} << 20) / bytes, 20, 5'000);
  std::array<std::vector<Round>, kWays.size()> played;
  for (int i = 0; i < rounds; ++i) {
    for (std::size_t way = 0; way < kWays.size(); ++way) {
      played[way].push_back(play(static_cast<Way>(way), bytes, sends));
    }
  }
  for (std::size_t way = 0; way < kWays.size(); ++way) {
    std::vector<double> wall;
    std::vector<double> cpu;
    std::vector<double> ratio;
    std::uint64_t copied = 0;
    for (std::size_t i = 0; i < played[way].size(); ++i) {
      const Round& round = played[way][i];
      wall.push_back(round.wall_us);
      cpu.push_back(round.cpu_us);
      ratio.push_back(round.cpu_us / played[0][i].cpu_us);
      copied += round.copied;
    }
    const Spread to_plain = spread(ratio);
    fmt::print("{:>8} B  {:<20} {:>9.2f} us, CPU {:>9.2f} us; CPU {:.2f} x send(), quartiles {:.2f} .. {:.2f}{}\n",
               bytes, kWays[way], spread(wall).median, spread(cpu).median, to_plain.median, to_plain.low, to_plain.high,
               copied == 0 ? ""
                           : fmt::format("; copied all the same: {:.0f} %",
                                         100.0 * static_cast<double>(copied) /
                                             static_cast<double>(sends * played[way].size())));
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"What a send over TCP on this machine costs, by size"};
  int rounds = 9;
  app.add_option("--rounds", rounds, "of each way, in turns")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    catch_interrupts();
    print_machine();
    for (const std::size_t kib : {4U, 16U, 64U, 256U, 1024U, 4096U}) compare(kib << 10, rounds);
    return 0;
  } catch (const Interrupted& interrupted) {
    return 128 + interrupted.signal;
  } catch (const std::exception& error) {
    fmt::print(stderr, "ringmain-sends: {}\n", error.what());
    return 1;
  }
}
