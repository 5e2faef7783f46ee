# No package has GoogleTest for another machine, so it is built from its sources (Debian: googletest).
# SPDX-License-Identifier: MIT
set(RINGMAIN_GOOGLETEST /usr/src/googletest CACHE PATH "The sources of GoogleTest, where it is built, too")
set(BUILD_GMOCK OFF)
set(INSTALL_GTEST OFF)
set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)  # these are its options
set(CMAKE_COMPILE_WARNING_AS_ERROR OFF)
add_subdirectory(${RINGMAIN_GOOGLETEST} googletest EXCLUDE_FROM_ALL)
set(CMAKE_COMPILE_WARNING_AS_ERROR ${RINGMAIN_WERROR})
