// SPDX-License-Identifier: MIT
#include "harness/machine.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "harness/system.hpp"

namespace ringmain::bench {
namespace {

#if defined(__has_feature)
#define RINGMAIN_BENCH_HAS_FEATURE(name) __has_feature(name)
#else
#define RINGMAIN_BENCH_HAS_FEATURE(name) 0
#endif

constexpr bool sanitized() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || RINGMAIN_BENCH_HAS_FEATURE(address_sanitizer) || \
    RINGMAIN_BENCH_HAS_FEATURE(thread_sanitizer)
  return true;
#else
  return false;
#endif
}

}  // namespace

std::vector<int> allowed_cpus() {
  cpu_set_t set;
  check(::sched_getaffinity(0, sizeof set, &set), "sched_getaffinity");
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<unsigned>(cpu), &set)) cpus.push_back(cpu);
  }
  return cpus;
}

CpuPair cpu_pair() {
  const std::vector<int> cpus = allowed_cpus();
  if (cpus.size() < 2) throw std::runtime_error("this benchmark needs two CPUs; this process may use one only");
  return {cpus[0], cpus[1]};
}

void pin_to_cpu(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(cpu), &set);
  check(::sched_setaffinity(0, sizeof set, &set), "sched_setaffinity");
}

std::string cpu_model() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown CPU";
}

std::string kernel_release() {
  utsname name{};
  check(::uname(&name), "uname");
  return name.release;
}

bool program_exists(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::istringstream directories(path == nullptr ? "" : path);
  for (std::string directory; std::getline(directories, directory, ':');) {
    if (::access((directory + "/" + name).c_str(), X_OK) == 0) return true;
  }
  return false;
}

std::vector<std::string> build_warnings() {
  std::vector<std::string> warnings;
#ifndef __OPTIMIZE__
  warnings.emplace_back("built without optimisation");
#endif
#ifndef NDEBUG
  warnings.emplace_back("built with assertions");
#endif
  if (sanitized()) warnings.emplace_back("built with a sanitizer");
  return warnings;
}

void print_build_warnings() {
  for (const std::string& warning : build_warnings()) {
    fmt::print(stderr, "WARNING: {}: these figures mean nothing\n", warning);
  }
}

void print_machine() {
  fmt::print("{}, {} CPUs allowed, Linux {}, compiler {}\n", cpu_model(), allowed_cpus().size(), kernel_release(),
             __VERSION__);
  print_build_warnings();
}

}  // namespace ringmain::bench
