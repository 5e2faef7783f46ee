// The extension module ringmain._core.
// SPDX-License-Identifier: MIT
#include <nanobind/nanobind.h>

#include "ringmain/ringmain.h"

NB_MODULE(_core, m) { m.attr("version") = ringmain_version(); }
