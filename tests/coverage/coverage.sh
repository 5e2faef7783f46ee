#!/bin/sh
# coverage.sh UNIT_TESTS PROJECT: which branches of the algorithm do the unit tests take? UNIT_TESTS is built by clang with
# RINGMAIN_COVERAGE. The instantiations of a template count as one; a condition of && and || counts on its own. Prints for
# each header how many branches it has, and each that was never taken. 1 if there is any.
# SPDX-License-Identifier: MIT
set -eu
tests=$1
algorithm=$2/core/include/ringmain/algorithm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

LLVM_PROFILE_FILE="$work/%p.profraw" "$tests" --gtest_brief=1
llvm-profdata merge -sparse "$work"/*.profraw -o "$work/profile"
llvm-cov show "$tests" -instr-profile="$work/profile" -show-branches=count "$algorithm"/*.hpp > "$work/shown"

# Lines of source are "  12|  345|text", and those of branches "  |  Branch (12:34): [True: 5, False: 0]".
awk '
  /^\/.*:$/ { file = $0; gsub(/.*\/|:$/, "", file) }
  match($0, /^ *[0-9]+\| *[0-9.kMG]*\|/) { source[file, $1 + 0] = substr($0, RLENGTH + 1) }
  match($0, /Branch \([0-9]+:[0-9]+\): \[True: /) {
    split(substr($0, RSTART + 8), place, /[:)]/)
    condition = file SUBSEP place[1] SUBSEP place[2]
    conditions[condition]
    if ($0 !~ /True: 0,/) taken[condition, "true"]
    if ($0 !~ /False: 0\]/) taken[condition, "false"]
  }
  END {
    for (condition in conditions) {
      split(condition, place, SUBSEP)
      for (i = 1; i <= 2; ++i) {
        outcome = i == 1 ? "true" : "false"
        ++branches[place[1]]
        if ((condition, outcome) in taken) continue
        ++never[place[1]]
        printf "%s:%d: never %s: %s\n", place[1], place[2], outcome, substr(source[place[1], place[2]], place[3])
      }
    }
    for (file in branches) printf "PROOF coverage %s: %d branches, %d never taken\n", file, branches[file], never[file]
  }' "$work/shown" | sort > "$work/report"

cat "$work/report"
[ -s "$work/report" ] && ! grep -q ': never ' "$work/report"
