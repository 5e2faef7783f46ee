// A file descriptor with an owner. After a stray closefrom() its number may be somebody else's, so it remembers its file.
// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "interrupted.hpp"

namespace ringmain {

class Descriptor {
 public:
  Descriptor() noexcept = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {
    const int error = errno;  // of the call that made it
    if (struct stat now{}; fd_ >= 0 && ::fstat(fd_, &now) == 0) {
      device_ = now.st_dev;
      inode_ = now.st_ino;
    }
    errno = error;
  }
  Descriptor(Descriptor&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), device_(other.device_), inode_(other.inode_) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
      device_ = other.device_;
      inode_ = other.inode_;
    }
    return *this;
  }
  ~Descriptor() { reset(); }

  explicit operator bool() const noexcept { return fd_ >= 0; }
  int get() const noexcept { return fd_; }

  // Still open, and still that file, as far as the kernel can tell.
  bool intact() const noexcept {
    struct stat now {};
    return fd_ >= 0 && (::fstat(fd_, &now) == 0 ? is(now) : errno != EBADF);
  }
  int release() noexcept { return std::exchange(fd_, -1); }  // to another owner
  void reset() noexcept {
    if (intact()) ::close(fd_);
    fd_ = -1;
  }

 private:
  bool is(const struct stat& now) const noexcept {
    return inode_ == 0 || (now.st_ino == inode_ && now.st_dev == device_);
  }

  int fd_ = -1;
  dev_t device_ = 0;
  ino_t inode_ = 0;  // 0: couldn't be asked
};

// As openat(2), close-on-exec; `directory` may be AT_FDCWD.
inline Descriptor open_at(int directory, const char* path, int flags, mode_t mode = 0) noexcept {
  return Descriptor(uninterrupted([&] { return ::openat(directory, path, flags | O_CLOEXEC, mode); }));
}

}  // namespace ringmain
