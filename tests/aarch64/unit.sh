#!/bin/sh
# unit.sh COMMAND ARGUMENT...: runs the unit tests by this command, an emulator's, in two halves at a time. What takes long
# runs in small part, unless RINGMAIN_PROOF is `full`.
# SPDX-License-Identifier: MIT
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

run() { # NAME FILTER SHARD SHARDS COMMAND...
  log=$work/$1
  filter=$2
  export GTEST_SHARD_INDEX="$3" GTEST_TOTAL_SHARDS="$4"
  shift 4
  "$@" --gtest_filter="$filter" > "$log" 2>&1 || touch "$work/failed"
}

most=-Random/ModelComparison.*:Limit.never_goes_down_whatever_the_cursors_do
few=Random/ModelComparison.*/0:Random/ModelComparison.*/3
[ "${RINGMAIN_PROOF:-}" != full ] || { most=*; few=none; }
run half "$most" 0 2 "$@" &
run other "$most" 1 2 "$@"
wait
run few "$few" 0 1 "$@"

cat "$work/half" "$work/other" "$work/few" > "$work/all"
if [ -e "$work/failed" ]; then
  cat "$work/all"
  exit 1
fi
grep '^\[  SKIPPED \] .*ms)' "$work/all" || true
count() { sed -n "s/^\[  $1 *\] \([0-9]*\) tests*.*/\1/p" "$work/all" | awk '{ sum += $1 } END { print sum + 0 }'; }
echo "PROOF aarch64 unit: $(count PASSED) tests passed, $(count SKIPPED) skipped"
