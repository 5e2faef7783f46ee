// Rings from outside: what there is, how it is, and what is dead.
// SPDX-License-Identifier: MIT
#pragma once

#include "python.hpp"

namespace ringmain::python {

void bind_rings(nb::module_& module);

}  // namespace ringmain::python
