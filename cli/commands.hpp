// The commands of the tool. Each adds its parser to the root's.
// SPDX-License-Identifier: MIT
#pragma once

#include "options.hpp"

namespace ringmain::cli {

Command add_pub(CLI::App& root);
Command add_sub(CLI::App& root);
Command add_tee(CLI::App& root);
Command add_ls(CLI::App& root);
Command add_stat(CLI::App& root);
Command add_top(CLI::App& root);
Command add_tap(CLI::App& root);
Command add_hz(CLI::App& root);
Command add_rm(CLI::App& root);
Command add_relay(CLI::App& root);
Command add_record(CLI::App& root);
Command add_replay(CLI::App& root);
Command add_create(CLI::App& root);
Command add_gc(CLI::App& root);
Command add_evict(CLI::App& root);
Command add_doctor(CLI::App& root);
Command add_bench(CLI::App& root);

// For the shell's completion and for the manual pages: they tell what the parsers know. No help lists them.
Command add_complete(CLI::App& root);
Command add_manual(CLI::App& root);

}  // namespace ringmain::cli
