// SPDX-License-Identifier: MIT
#include "sweep.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <vector>

#include "lease.hpp"
#include "names.hpp"
#include "ringmain/algorithm/layout.hpp"

namespace ringmain {

namespace {

Descriptor open_ring_file(int parent, const std::string& entry, int access) noexcept {
  return Descriptor(::openat(parent, (entry + "/ring").c_str(), access | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
}

// `removed` is set, but the ring still has its name.
bool half_removed(int parent, const std::string& entry) noexcept {
  constexpr off_t kRemoved = algorithm::kProducerOffset + offsetof(algorithm::NativeProducerLines, removed);
  const Descriptor ring = open_ring_file(parent, entry, O_RDONLY);
  std::uint64_t magic = 0;
  std::uint32_t removed = 0;
  return ring && ::pread(ring.get(), &magic, sizeof magic, 0) == sizeof magic && magic == algorithm::kMagic &&
         ::pread(ring.get(), &removed, sizeof removed, kRemoved) == sizeof removed && removed != 0;
}

// The remover's lease is taken, not asked for: whose half-made ring we hold can't complete it under our hands.
void clear(int parent, const std::string& entry) noexcept {
  Descriptor ring = open_ring_file(parent, entry, O_RDWR);
  if (!ring) {
    // Made a moment ago, or unlinked to the last file: an empty directory.
    if (errno == ENOENT) ::unlinkat(parent, entry.c_str(), AT_REMOVEDIR);
    return;
  }
  Lease lease(
      std::move(ring), [](void*) noexcept {}, nullptr);
  if (!lease.take(kRemoverByte)) return;
  const auto name = name_of(entry);
  const std::string rest = name ? temporary_entry(*name, "old") : entry;
  if (!name || ::renameat(parent, entry.c_str(), parent, rest.c_str()) == 0) unlink_ring(parent, rest);
}

}  // namespace

void unlink_ring(int parent, const std::string& entry) noexcept {
  const Descriptor directory(::openat(parent, entry.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) return;
  ::unlinkat(directory.get(), "consumers", 0);
  ::unlinkat(directory.get(), "ring", 0);
  ::unlinkat(parent, entry.c_str(), AT_REMOVEDIR);
}

void sweep(const std::filesystem::path& parent) noexcept {
  DIR* listing = ::opendir(parent.c_str());
  if (listing == nullptr) return;
  std::vector<std::string> leftovers;
  while (const dirent* entry = ::readdir(listing)) {
    const bool left =
        is_temporary(entry->d_name) || (name_of(entry->d_name) && half_removed(::dirfd(listing), entry->d_name));
    if (left) leftovers.emplace_back(entry->d_name);
  }
  for (const std::string& entry : leftovers) clear(::dirfd(listing), entry);
  ::closedir(listing);
}

}  // namespace ringmain
