#!/bin/sh
# clang-tidy over each source alone, as the preset clang compiles it. It is that of build/venv: from its version 21 on it
# leaves the system's headers alone, and needs a third of the time.
# SPDX-License-Identifier: MIT
set -eu

cmake --preset clang >build/lint.log || { cat build/lint.log; exit 1; }
build/venv/bin/run-clang-tidy.py -clang-tidy-binary build/venv/bin/clang-tidy -quiet -p build/clang \
  "$PWD/(core|transport|cli|python)/"
