// SPDX-License-Identifier: MIT
#include "doctor_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "quantity.hpp"
#include "ringmain/segment.hpp"

namespace ringmain::cli {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
const std::uint64_t kRing = RingOptions{}.capacity;  // of the usual size

std::string amount(std::uint64_t bytes) { return bytes == Facts::kUnlimited ? "unlimited" : human_bytes(bytes); }

bool older_than(const Facts::Kernel& kernel, int major, int minor) {
  return kernel.major < major || (kernel.major == major && kernel.minor < minor);
}

}  // namespace

const char* name_of(Mark mark) {
  switch (mark) {
    case Mark::kOk: return "ok";
    case Mark::kWarn: return "warn";
    case Mark::kBad: return "bad";
  }
  return "";
}

Finding check_kernel(const Facts& facts) {
  const Facts::Kernel& kernel = facts.kernel;
  const std::string text = "Linux " + kernel.release;
  if (older_than(kernel, 3, 15)) {
    return {Mark::kBad, "kernel", text + " has no locks of open file descriptions", "a newer kernel: 3.15 at least"};
  }
  if (older_than(kernel, 5, 16)) {
    return {Mark::kWarn, "kernel", text + " is old: rings work, waiting costs more", "Linux 5.16; 6.7 is better"};
  }
  return {Mark::kOk, "kernel", text};
}

Finding check_directory(const Facts& facts) {
  const Facts::Directory& directory = facts.directory;
  const std::string path = directory.path.string();
  if (!directory.problem.empty()) {
    return {Mark::kBad, "directory", fmt::format("{}: {}", path, directory.problem),
            "make it, or name another with --dir or RINGMAIN_DIR"};
  }
  const std::string text = fmt::format("{}: {}, {} used, {} free", path, amount(directory.bytes),
                                       amount(directory.bytes - directory.free), amount(directory.free));
  const std::string room = facts.container.empty()
                               ? fmt::format("ringmain gc; or mount -o remount,size=SIZE {}", path)
                               : "start the container with --shm-size=1g (a pod: a volume with medium: Memory)";
  if (directory.free < kRing + kMiB) return {Mark::kBad, "directory", text + ": no room for a ring of 8 MiB", room};
  if (directory.free <= 64 * kMiB) return {Mark::kWarn, "directory", text + ": room for a few rings", room};
  if (!directory.in_memory) {
    return {Mark::kWarn, "directory", text + "; on a disk, to which messages are written, too",
            "RINGMAIN_DIR=/dev/shm, unless rings are to survive a restart"};
  }
  return {Mark::kOk, "directory", text};
}

Finding check_trial(const Facts& facts) {
  if (!facts.directory.problem.empty()) {
    return {Mark::kBad, "a ring", "not tried", "a directory for it: see above"};
  }
  switch (facts.trial.status) {
    case Status::kOk: return {Mark::kOk, "a ring", "was made, took a message there and back, and kept its locks"};
    case Status::kNoLocks:
      return {Mark::kBad, "a ring", "the file system keeps no locks between processes (NFS? FUSE?)",
              "a directory on another file system: --dir or RINGMAIN_DIR"};
    case Status::kNoPermission:
      return {Mark::kBad, "a ring", facts.trial.problem, "chmod or chown the directory, or use one of your own: --dir"};
    default: return {Mark::kBad, "a ring", facts.trial.problem, "what the message says"};
  }
}

Finding check_memory(const Facts& facts) {
  const Facts::Limits& limits = facts.limits;
  const std::string text =
      amount(limits.memory_left) + " left" +
      (limits.memory_max ? fmt::format(", of a cgroup's {} (memory.max)", amount(*limits.memory_max)) : "");
  const char* remedy = limits.memory_max ? "a higher memory.max (docker: --memory)" : "end something, or add swap";
  if (limits.memory_left < kRing + kMiB) return {Mark::kBad, "memory", text + ": no room for a ring of 8 MiB", remedy};
  if (limits.memory_left < 64 * kMiB) return {Mark::kWarn, "memory", text + ": room for a few rings", remedy};
  return {Mark::kOk, "memory", text};
}

Finding check_descriptors(const Facts& facts) {
  const std::uint64_t limit = facts.limits.descriptors;
  const std::string text = limit == Facts::kUnlimited ? "unlimited" : fmt::format("{} a process", limit);
  constexpr const char* kRemedy = "ulimit -n 1024 (systemd: LimitNOFILE=)";
  if (limit < 16) return {Mark::kBad, "descriptors", text + ": too few for a ring", kRemedy};
  if (limit < 256) return {Mark::kWarn, "descriptors", text + "; a ring takes about 4", kRemedy};
  return {Mark::kOk, "descriptors", text};
}

Finding check_file_size(const Facts& facts) {
  const std::uint64_t limit = facts.limits.file_bytes;
  constexpr const char* kRemedy = "ulimit -f unlimited (systemd: LimitFSIZE=)";
  if (limit == Facts::kUnlimited) return {Mark::kOk, "file size", "unlimited"};
  const std::string text = fmt::format("at most {} (RLIMIT_FSIZE)", amount(limit));
  if (limit < kRing + kMiB) return {Mark::kBad, "file size", text + ": too little for a ring of 8 MiB", kRemedy};
  return {Mark::kWarn, "file size", text + ": no ring can be larger", kRemedy};
}

Finding check_locked_memory(const Facts& facts) {
  const std::uint64_t limit = facts.limits.locked_bytes;
  if (older_than(facts.kernel, 5, 12) && limit < 8 * kMiB) {
    return {Mark::kWarn, "locked memory", amount(limit) + ": before Linux 5.12 an io_uring's memory counts",
            "ulimit -l 65536 (systemd: LimitMEMLOCK=)"};
  }
  return {Mark::kOk, "locked memory", amount(limit) + "; rings lock none"};
}

Finding check_mappings(const Facts& facts) {
  const std::uint64_t limit = facts.limits.mappings;
  const std::string text = limit == Facts::kUnlimited ? "unlimited" : fmt::format("{} a process", limit);
  if (limit < 4096) {
    return {Mark::kWarn, "mappings", text + "; a ring takes about 3", "sysctl -w vm.max_map_count=65530"};
  }
  return {Mark::kOk, "mappings", text};
}

Finding check_barriers(const Facts& facts) {
  if (facts.kernel.barriers) return {Mark::kOk, "membarrier", "works: no fence for each message"};
  return {Mark::kWarn, "membarrier", "missing or forbidden: who waits looks every millisecond",
          "Linux 4.16, and a seccomp profile that allows it; or make rings with --full-fences"};
}

Finding check_futexes(const Facts& facts) {
  if (facts.kernel.futex_waitv) return {Mark::kOk, "futex_waitv", "works: one sleep for up to 128 rings"};
  return {Mark::kWarn, "futex_waitv", "missing or forbidden: who waits for several rings looks every millisecond",
          "Linux 5.16, and a seccomp profile that allows it"};
}

Finding check_uring(const Facts& facts) {
  const Facts::Kernel& kernel = facts.kernel;
  if (kernel.uring_futexes) return {Mark::kOk, "io_uring", "waits for rings: event loops are woken at once"};
  const std::string costs = ": an event loop (pollable) costs a thread for each ring";
  if (kernel.uring_disabled != 0) {
    return {Mark::kWarn, "io_uring",
            fmt::format("off (kernel.io_uring_disabled is {}){}", kernel.uring_disabled, costs),
            "sysctl -w kernel.io_uring_disabled=0"};
  }
  if (older_than(kernel, 6, 7)) {
    return {Mark::kWarn, "io_uring", "can't wait for rings in this kernel" + costs, "Linux 6.7"};
  }
  return {Mark::kWarn, "io_uring", "forbidden" + costs, "a seccomp profile that allows io_uring_setup and _enter"};
}

// Rings don't ask for them, but take them from a file system that gives them to all.
Finding check_huge_pages(const Facts& facts) {
  const std::string& choice = facts.kernel.shmem_huge_pages;
  if (choice == "always" || choice == "within_size" || choice == "force") {
    return {Mark::kOk, "huge pages", fmt::format("for shared memory: {}", choice)};
  }
  return {Mark::kOk, "huge pages",
          fmt::format("for shared memory: {}; rings do without", choice.empty() ? "none" : choice)};
}

Finding check_processors(const Facts& facts) {
  const Facts::Processors& found = facts.processors;
  const std::string pinned = found.allowed < found.online
                                 ? fmt::format("pinned to {} of {}", found.allowed, found.online)
                                 : fmt::format("{}", found.allowed);
  const std::string text = pinned + (found.quota ? fmt::format(", {:.2f} of their time (cpu.max)", *found.quota) : "");
  if (found.allowed < 2) {
    return {Mark::kWarn, "processors", text + ": both sides of a ring take turns", "a second CPU; or --spin 0"};
  }
  if (found.quota && *found.quota < 2) {
    return {Mark::kWarn, "processors", text + ": who spins uses it up",
            "a higher cpu.max (docker: --cpus=2); or --spin 0"};
  }
  return {Mark::kOk, "processors", text};
}

Finding check_clock(const Facts& facts) {
  constexpr std::array<std::string_view, 4> kFast{"tsc", "kvm-clock", "hyperv_clocksource_tsc_page",
                                                  "arch_sys_counter"};
  const std::string& source = facts.kernel.clocksource;
  if (source.empty()) return {Mark::kOk, "clock", "unknown"};
  if (std::find(kFast.begin(), kFast.end(), source) != kFast.end()) return {Mark::kOk, "clock", source};
  return {Mark::kWarn, "clock", source + ": reading it is a system call, which spinning does",
          "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource"};
}

Finding check_container(const Facts& facts) {
  if (facts.container.empty()) return {Mark::kOk, "container", "none"};
  return {Mark::kOk, "container", facts.container + "; rings are shared with others by a common directory"};
}

std::vector<Finding> examine(const Facts& facts) {
  constexpr std::array kChecks{check_kernel,      check_directory, check_trial,         check_memory,
                               check_descriptors, check_file_size, check_locked_memory, check_mappings,
                               check_barriers,    check_futexes,   check_uring,         check_huge_pages,
                               check_processors,  check_clock,     check_container};
  std::vector<Finding> findings;
  findings.reserve(kChecks.size());
  for (const auto check : kChecks) findings.push_back(check(facts));
  return findings;
}

}  // namespace ringmain::cli
