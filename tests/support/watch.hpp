// The rings of a directory, seen from outside.
// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

namespace ringmain::testing {

// Tells whether a byte of any ring below a directory has changed.
class Watch {
 public:
  explicit Watch(std::filesystem::path directory) : directory_(std::move(directory)) { look(); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    for (const auto& [key, file] : files_) ::munmap(file.bytes, key.second);
  }

  // For files that are new, or have grown. Those that were unlinked are watched all the same.
  void look() {
    std::error_code vanished;
    for (const auto& ring : std::filesystem::directory_iterator(directory_, vanished)) {
      for (const char* name : {"ring", "consumers"}) add(ring.path() / name);
    }
  }

  // Since the last call.
  bool changed() {
    bool result = false;
    for (auto& [key, file] : files_) {
      if (std::memcmp(file.bytes, file.before.data(), key.second) == 0) continue;
      std::memcpy(file.before.data(), file.bytes, key.second);
      result = true;
    }
    return result;
  }

 private:
  using Key = std::pair<ino_t, std::size_t>;  // and its size
  struct File {
    void* bytes;
    std::vector<std::byte> before;
  };

  void add(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    struct stat status {};
    ::fstat(file, &status);
    const Key key{status.st_ino, static_cast<std::size_t>(status.st_size)};
    if (key.second != 0 && !files_.contains(key)) {
      void* bytes = ::mmap(nullptr, key.second, PROT_READ, MAP_SHARED, file, 0);
      if (bytes != MAP_FAILED) files_[key] = File{bytes, std::vector<std::byte>(key.second)};
    }
    ::close(file);
  }

  std::filesystem::path directory_;
  std::map<Key, File> files_;
};

}  // namespace ringmain::testing
