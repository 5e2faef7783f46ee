// The machine under measurement, and whether this build is fit to measure it.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace ringmain::bench {

// The CPUs that this process may use.
std::vector<int> allowed_cpus();

// Two of them, one for each side. Throws when there is just one: two sides that spin on one core measure nothing.
struct CpuPair {
  int first;
  int second;
};
CpuPair cpu_pair();

void pin_to_cpu(int cpu);

std::string cpu_model();
std::string kernel_release();

// Whether it is found in PATH.
bool program_exists(const std::string& name);

// What makes this build's figures meaningless: no optimisation, assertions, sanitizers. Empty: none of it.
std::vector<std::string> build_warnings();

// Those, on stderr.
void print_build_warnings();

// The machine and the build in one line, to stand over every report, and the warnings.
void print_machine();

}  // namespace ringmain::bench
