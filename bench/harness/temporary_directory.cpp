// SPDX-License-Identifier: MIT
#include "harness/temporary_directory.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <system_error>

#include "harness/system.hpp"

namespace ringmain::bench {

TemporaryDirectory::TemporaryDirectory() : owner_(::getpid()) {
  std::string name = "/dev/shm/ringmain-bench-" + std::to_string(owner_) + "-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw_errno("mkdtemp in /dev/shm");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  if (::getpid() != owner_) return;
  std::error_code ignored;  // nothing better can be done on the way out
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace ringmain::bench
