// SPDX-License-Identifier: MIT
#include "harness/shared_memory.hpp"

#include <sys/mman.h>

#include <cerrno>

#include "harness/system.hpp"

namespace ringmain::bench {

SharedMemory::SharedMemory(std::size_t bytes) : size_(bytes) {
  void* const mapping =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (mapping == MAP_FAILED) throw_errno("mmap");
  data_ = static_cast<std::byte*>(mapping);
}

SharedMemory::~SharedMemory() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace ringmain::bench
