// What this machine has of what Ringmain uses, as it is; doctor_checks.hpp judges it.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "ringmain/error.hpp"

namespace ringmain::cli {

// What can't be read is empty, or as if there were no limit.
struct Facts {
  static constexpr std::uint64_t kUnlimited = UINT64_MAX;

  struct Kernel {
    std::string release{};
    int major = 0;
    int minor = 0;
    bool barriers = false;       // membarrier(GLOBAL_EXPEDITED)
    bool futex_waitv = false;    // waiting on several words
    bool uring_futexes = false;  // an io_uring that waits on words
    int uring_disabled = 0;      // sysctl kernel.io_uring_disabled
    std::string clocksource{};
    std::string shmem_huge_pages{};  // always, within_size, advise, never, deny, force
  };
  struct Directory {
    std::filesystem::path path{};
    std::string problem{};  // it can't be looked at: why
    bool in_memory = false;
    std::uint64_t bytes = 0;
    std::uint64_t free = 0;
  };
  struct Trial {  // a small ring in the directory, and a message through it
    Status status = Status::kOk;
    std::string problem{};
  };
  struct Limits {
    std::uint64_t descriptors = kUnlimited;     // RLIMIT_NOFILE
    std::uint64_t file_bytes = kUnlimited;      // RLIMIT_FSIZE
    std::uint64_t locked_bytes = kUnlimited;    // RLIMIT_MEMLOCK
    std::uint64_t mappings = kUnlimited;        // vm.max_map_count
    std::uint64_t memory_left = kUnlimited;     // the machine's and every cgroup's
    std::optional<std::uint64_t> memory_max{};  // of the cgroup
  };
  struct Processors {
    unsigned online = 0;
    unsigned allowed = 0;           // to this process: sched_getaffinity
    std::optional<double> quota{};  // of the cgroup: cpu.max, in CPUs
  };

  Kernel kernel{};
  Directory directory{};
  Trial trial{};
  Limits limits{};
  Processors processors{};
  std::string container{};  // what kind; empty: none
};

// Makes and removes a small ring in the directory.
Facts gather_facts(const std::filesystem::path& directory);

}  // namespace ringmain::cli
