// SIGINT, SIGTERM and SIGHUP as an end of input: what is complete is published and the ring closed before the process
// dies by the signal.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <initializer_list>

namespace ringmain::cli {

// From here on the first of these signals only sets a flag and ends standard input; a second one kills. A signal that
// the parent made ignored (nohup) stays so. `also`: more of them.
void catch_interruptions(std::initializer_list<int> also = {});

bool interrupted() noexcept;
const std::atomic<bool>& interruption() noexcept;  // the same, for who looks often

// If interrupted: dies by the signal, so that the shell sees why. Else returns.
void die_if_interrupted();

}  // namespace ringmain::cli
