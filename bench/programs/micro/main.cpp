// ringmain-micro: Google Benchmark, with a word about the build first.
// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>

#include "harness/machine.hpp"

int main(int argc, char** argv) {
  ringmain::bench::print_build_warnings();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
