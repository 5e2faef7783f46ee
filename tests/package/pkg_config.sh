#!/bin/sh
# pkg_config.sh SOURCES PKG_CONFIG_PATH OUTPUT CC CXX: builds by hand what consumer/CMakeLists.txt builds, and runs it.
# SPDX-License-Identifier: MIT
set -eux
export PKG_CONFIG_PATH="$2"
flags=$(pkg-config --cflags --libs ringmain)
LD_LIBRARY_PATH=$(pkg-config --variable=libdir ringmain)
export LD_LIBRARY_PATH

"$4" -std=c11 "$1/greet.c" $flags -o "$3/greet-c"
"$3/greet-c"
"$5" -std=c++20 "$1/greet.cpp" $flags -o "$3/greet-cpp"
"$3/greet-cpp"
