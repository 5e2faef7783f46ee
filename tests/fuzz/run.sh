#!/bin/sh
# run.sh FUZZER QUICK FULL LENGTH: lets it try QUICK inputs of LENGTH bytes at most (FULL, if RINGMAIN_PROOF is `full`), every
# time the same ones. The input that it ends with, if it does, is named at the end, and left in the working directory.
# SPDX-License-Identifier: MIT
set -eu
runs=$2
[ "${RINGMAIN_PROOF:-}" != full ] || runs=$3
log=$(mktemp)
trap 'rm -f "$log"' EXIT

export ASAN_OPTIONS=quarantine_size_mb=16  # else it costs more time to get memory than to try an input
if ! "$1" -seed=1 -runs="$runs" -max_len="$4" -len_control=0 -report_slow_units=3600 -timeout=3600 >"$log" 2>&1; then
  cat "$log"
  exit 1
fi
name=$(basename "$1" -fuzz)
sed -n "s/^#\([0-9]*\)\tDONE *cov: \([0-9]*\) .*/PROOF fuzz $name: \1 inputs, \2 edges reached, 0 bad/p" "$log"
