#!/bin/sh
# c_header.sh C_COMPILER CXX_COMPILER INCLUDE_DIRECTORY: the C interface is C11, and C++11, without a warning.
# SPDX-License-Identifier: MIT
set -eu
c=$1
cxx=$2
include=$3
warnings='-Wall -Wextra -Wpedantic -Wconversion -Wpadded -Werror -fsyntax-only'
program='#include <ringmain/ringmain.h>'
# -Wpadded: a field that is added must not fall into padding, which older callers leave unset.
echo "$program" | "$c" -std=c11 $warnings -Wstrict-prototypes -Wold-style-definition -I "$include" -x c -
echo "$program" | "$cxx" -std=c++11 $warnings -Wold-style-cast -I "$include" -x c++ -
echo 'as C11 and as C++11: no warning'
