// SPDX-License-Identifier: MIT
#include "doctor_facts.hpp"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <system_error>

#include "futex.hpp"
#include "io_uring.hpp"
#include "memory_left.hpp"
#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"

namespace ringmain::cli {
namespace {

using Path = std::filesystem::path;

std::string first_line(const Path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Of "always within_size [never]": never.
std::string chosen(const std::string& line) {
  const auto from = line.find('[');
  const auto to = line.find(']');
  return from == std::string::npos || to < from ? std::string() : line.substr(from + 1, to - from - 1);
}

bool waits_on_several() {
  const std::atomic<std::uint32_t> word{0};
  const FutexWord changed{&word, 1};  // so that it returns at once
  return futex_wait_any({&changed, 1}, std::chrono::milliseconds(1));
}

Facts::Kernel kernel() {
  Facts::Kernel kernel;
  utsname system{};
  if (::uname(&system) == 0) {
    kernel.release = system.release;
    std::sscanf(system.release, "%d.%d", &kernel.major, &kernel.minor);
  }
  kernel.barriers = register_for_barriers() && barrier_everywhere();
  kernel.futex_waitv = waits_on_several();
  kernel.uring_futexes = FutexUring::open(1) != nullptr;
  kernel.uring_disabled = std::atoi(first_line("/proc/sys/kernel/io_uring_disabled").c_str());
  kernel.clocksource = first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  kernel.shmem_huge_pages = chosen(first_line("/sys/kernel/mm/transparent_hugepage/shmem_enabled"));
  return kernel;
}

Facts::Directory look_at(const Path& path) {
  Facts::Directory directory{.path = path};
  struct statfs system {};
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    directory.problem = error ? error.message() : "not a directory";
  } else if (::statfs(path.c_str(), &system) != 0) {
    directory.problem = std::generic_category().message(errno);
  } else {
    const auto block = static_cast<std::uint64_t>(system.f_bsize);
    directory.in_memory = system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC;
    directory.bytes = system.f_blocks * block;
    directory.free = system.f_bavail * block;
    if (system.f_blocks == 0) directory.bytes = directory.free = Facts::kUnlimited;  // a tmpfs without a limit
  }
  return directory;
}

Facts::Trial try_ring(const Path& directory) {
  try {
    const std::string name = fmt::format("doctor-{}", ::getpid());
    Producer producer = Producer::create(name, {.directory = directory, .capacity = std::size_t{64} << 10});
    Status status = Status::kOk;
    try {
      Consumer consumer = Consumer::attach(name, {.directory = directory});
      status = producer.try_publish({});
      if (status == Status::kOk) status = consumer.try_receive().status();
    } catch (const Error&) {
      producer.close_and_remove();
      throw;
    }
    producer.close_and_remove();
    return {status, status == Status::kOk ? "" : describe(status)};
  } catch (const Error& error) {
    return {error.status(), error.what()};
  }
}

std::uint64_t limit(int resource) {
  rlimit found{};
  const bool known = ::getrlimit(static_cast<__rlimit_resource>(resource), &found) == 0;
  return known && found.rlim_cur != RLIM_INFINITY ? found.rlim_cur : Facts::kUnlimited;
}

// The files of that name of our cgroup and those around it (version 2), as this process may see them.
template <class Use>
void for_each_cgroup(const char* file, Use&& use) {
  const Path root = "/sys/fs/cgroup";
  std::ifstream memberships("/proc/self/cgroup");
  for (std::string line; std::getline(memberships, line);) {
    if (!line.starts_with("0::/")) continue;
    for (Path group = line.substr(4);; group = group.parent_path()) {
      use(first_line(root / group / file));
      if (group.empty()) return;
    }
  }
}

std::optional<std::uint64_t> memory_max() {
  std::optional<std::uint64_t> least;
  for_each_cgroup("memory.max", [&](const std::string& text) {
    unsigned long long bytes = 0;
    if (std::sscanf(text.c_str(), "%llu", &bytes) == 1) least = std::min<std::uint64_t>(least.value_or(bytes), bytes);
  });
  return least;
}

std::optional<double> cpu_quota() {
  std::optional<double> least;
  for_each_cgroup("cpu.max", [&](const std::string& text) {
    double quota = 0;
    double period = 0;
    if (std::sscanf(text.c_str(), "%lf %lf", &quota, &period) != 2 || period <= 0) return;  // "max 100000"
    least = std::min(least.value_or(quota / period), quota / period);
  });
  return least;
}

Facts::Limits limits() {
  Facts::Limits found;
  found.descriptors = limit(RLIMIT_NOFILE);
  found.file_bytes = limit(RLIMIT_FSIZE);
  found.locked_bytes = limit(RLIMIT_MEMLOCK);
  const std::string mappings = first_line("/proc/sys/vm/max_map_count");
  if (!mappings.empty()) found.mappings = std::strtoull(mappings.c_str(), nullptr, 10);
  found.memory_left = memory_left();
  found.memory_max = memory_max();
  return found;
}

Facts::Processors processors() {
  Facts::Processors found;
  found.online = static_cast<unsigned>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  cpu_set_t set;
  CPU_ZERO(&set);
  const bool known = ::sched_getaffinity(0, sizeof set, &set) == 0;
  found.allowed = known ? static_cast<unsigned>(CPU_COUNT(&set)) : found.online;
  found.quota = cpu_quota();
  return found;
}

std::string container() {
  if (::access("/.dockerenv", F_OK) == 0) return "docker";
  if (::access("/run/.containerenv", F_OK) == 0) return "podman";
  if (std::getenv("KUBERNETES_SERVICE_HOST") != nullptr) return "kubernetes";
  return first_line("/run/systemd/container");  // systemd-nspawn, lxc
}

}  // namespace

Facts gather_facts(const Path& directory) {
  Facts facts;
  facts.kernel = kernel();
  facts.directory = look_at(directory);
  if (facts.directory.problem.empty()) facts.trial = try_ring(directory);
  facts.limits = limits();
  facts.processors = processors();
  facts.container = container();
  return facts;
}

}  // namespace ringmain::cli
