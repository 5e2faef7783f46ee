// SPDX-License-Identifier: MIT
#include "programs/bench/run.hpp"

#include "harness/machine.hpp"

namespace ringmain::bench {

Machine this_machine() {
  return {cpu_model(), kernel_release(), allowed_cpus().size(), __VERSION__, RINGMAIN_BENCH_FLAGS};
}

}  // namespace ringmain::bench
