// ringmain._core: what of the package is compiled.
// SPDX-License-Identifier: MIT
#include "claim.hpp"
#include "consumer.hpp"
#include "failure.hpp"
#include "memory.hpp"
#include "message.hpp"
#include "numpy.hpp"
#include "pipe.hpp"
#include "producer.hpp"
#include "ringmain/ringmain.h"
#include "rings.hpp"
#include "turn.hpp"
#include "without_gil.hpp"

NB_MODULE(_core, module) {
  using namespace ringmain::python;
  nb::set_leak_warnings(false);  // what lives at exit, as a view in a global does, is no leak
  count_forks();
  translate_errors();
  module.attr("version") = ringmain_version();
  bind_memory(module);
  bind_message(module);
  bind_consumer(module);
  bind_claim(module);
  bind_producer(module);
  bind_pipe(module);
  bind_rings(module);
  nb::module_::import_("atexit").attr("register")(nb::cpp_function([] {
    keep_threads_away();
    forget_numpy();
  }));
}
