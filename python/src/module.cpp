// The extension module ringmain._core.
// SPDX-License-Identifier: MIT
#include <nanobind/nanobind.h>

#include "ringmain/ringmain.h"

// NOLINTNEXTLINE(misc-unused-parameters): the macro's
NB_MODULE(_core, m) { m.attr("version") = ringmain_version(); }
