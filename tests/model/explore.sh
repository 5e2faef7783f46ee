#!/bin/sh
# explore.sh holds|fails SUBJECT MODEL [-DNAME ...]: explores every state of a model with spin. `holds`: there is no
# error, and nothing was left out; RINGMAIN_PROOF=full takes the larger numbers of parties and messages. `fails`: a
# mutant, in which spin must find an error. Prints what it did; 1 if that isn't what was expected.
# SPDX-License-Identifier: MIT
set -eu
expected=$1 subject=$2 model=$3
shift 3
optimize=-O1
if [ "$expected" = fails ]; then
  optimize=-O0  # an error is found sooner than an optimizer is done
elif [ "${RINGMAIN_PROOF:-}" = full ]; then
  set -- "$@" -DFULL
  optimize='-O2 -DCOLLAPSE'
fi

megabytes=4096
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

broken() {
  echo "$subject: $1"
  cat log
  exit 1
}

# spin goes on after an error in the model, and tells it on its standard output.
spin -a "$@" "$model" > log 2>&1 || broken "spin refuses the model"
! grep -q 'Error' log || broken "spin refuses the model"
${CC:-cc} $optimize -w -DSAFETY -DMEMLIM=$megabytes -o pan pan.c > log 2>&1 || broken "pan doesn't compile"
./pan -m10000 -w22 -n > log 2>&1 || true

errors=$(sed -n 's/^State-vector.*errors: \([0-9]*\)$/\1/p' log)
states=$(awk '/states, stored/ { printf "%.0f", $1; exit }' log)
[ -n "$errors" ] && [ -n "$states" ] || broken "pan didn't come to an end"

if [ "$expected" = fails ]; then
  [ "$errors" -gt 0 ] || broken "no error found in a mutant"
  # Not just any: what the model promises is broken, or somebody waits in vain.
  grep 'assertion violated\|invalid end state' log | grep -qv 'array index' || broken "another error than expected"
  sed -n 's/^pan:[0-9]*: \(.*\) (at depth [0-9]*)$/found: \1/p' log | cut -c 1-110
  echo "PROOF mutants-of-models $subject: 1 planted, 1 caught"
else
  [ "$errors" -eq 0 ] || broken "an error"
  ! grep -q 'not completed\|too small\|out of memory\|reached -D' log || broken "not all states were explored"
  echo "PROOF models $subject: $states states, 0 errors"
fi
