// SPDX-License-Identifier: MIT
#include "mapping.hpp"

#include <sys/mman.h>

#include <cerrno>

#include "fail.hpp"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

namespace ringmain {

namespace {

void place(std::byte* at, std::size_t bytes, int file, std::size_t offset, Protection protection) {
  const int access = protection == Protection::kRead ? PROT_READ : PROT_READ | PROT_WRITE;
  if (::mmap(at, bytes, access, MAP_SHARED | MAP_FIXED, file, static_cast<off_t>(offset)) == MAP_FAILED) {
    fail_system("map " + human_bytes(bytes), errno);
  }
}

// Takes the page faults now. It is also a probe without signals: a page that can't be had is an error here and would be
// SIGBUS later. Kernels before 5.14 don't know it.
void populate(const Mapping& mapping, Protection protection) {
  const int advice = protection == Protection::kRead ? MADV_POPULATE_READ : MADV_POPULATE_WRITE;
  if (::madvise(mapping.data(), mapping.size(), advice) == 0 || errno == EINVAL || errno == ENOSYS) return;
  if (errno == EFAULT || errno == EIO) {
    fail(Status::kTruncated, "a file of the ring was truncated, or its file system is full: remove the ring", errno);
  }
  fail_system("map " + human_bytes(mapping.size()), errno);
}

}  // namespace

Mapping Mapping::of_file(int file, std::size_t bytes, Protection protection) {
  return of_circle(file, bytes, 0, protection);
}

Mapping Mapping::of_circle(int file, std::size_t lead, std::size_t circle, Protection protection) {
  const std::size_t bytes = lead + 2 * circle;
  void* reserved = ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) fail_system("reserve " + human_bytes(bytes) + " of addresses", errno);
  Mapping mapping(static_cast<std::byte*>(reserved), bytes);
  place(mapping.data(), lead + circle, file, 0, protection);
  if (circle != 0) place(mapping.data() + lead + circle, circle, file, lead, protection);
  populate(mapping, protection);
  return mapping;
}

Mapping::~Mapping() {
  if (data_ != nullptr) ::munmap(data_, bytes_);
}

}  // namespace ringmain
