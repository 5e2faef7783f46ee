// SPDX-License-Identifier: MIT
#include "listing.hpp"

#include <fcntl.h>

#include <cerrno>
#include <string_view>

#include "descriptor.hpp"

namespace ringmain {

Listing::Listing(int directory, const char* path) noexcept : entries_(nullptr, &::closedir) {
  Descriptor opened = open_at(directory, path, O_RDONLY | O_DIRECTORY);
  if (!opened) return;
  entries_.reset(::fdopendir(opened.get()));
  if (entries_) (void)opened.release();
}

const char* Listing::next() noexcept {
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(entries_.get());
    if (entry == nullptr && errno == EINTR) continue;
    if (entry == nullptr) return nullptr;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") return entry->d_name;
  }
}

}  // namespace ringmain
