// Rings from outside: list and remove.
// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "bell.hpp"
#include "fail.hpp"
#include "leases.hpp"
#include "names.hpp"
#include "ringmain/algorithm/registry.hpp"
#include "ringmain/segment.hpp"
#include "sweep.hpp"

namespace ringmain {

namespace {

void ignore_fork(void*) noexcept {}

std::string what_of(std::string_view name, const std::filesystem::path& parent) {
  return "ring '" + std::string(name) + "' in " + parent.string();
}

bool anybody_alive(const Segment& segment) noexcept {
  return segment.producer_alive() || leased(segment.consumers_file(), 0, kMaxConsumers);
}

// Opened as its producer would, for who removes writes `removed`. Nothing: damaged, so there is nobody to tell.
std::optional<Segment> open_to_remove(std::string_view name, const std::filesystem::path& parent) {
  try {
    return Segment::open(name, parent, Access::kProduce);
  } catch (const Error& error) {
    switch (error.status()) {
      case Status::kNotARing:
      case Status::kTruncated:
      case Status::kLayoutMismatch:
      case Status::kCorrupt: return std::nullopt;
      case Status::kNotFound:
        // The directory without its files is the rest of an old removal.
        if (std::filesystem::is_directory(std::filesystem::symlink_status(parent / entry_of(name))))
          return std::nullopt;
        throw;
      default: throw;
    }
  }
}

void tell_removed(const Segment& segment) noexcept {
  segment.producer().removed.store(1, std::memory_order_release);
  ring_bell_for_all(segment.ring());
  ring_room_bell(*segment.consumers());
}

}  // namespace

std::vector<std::string> list(const std::filesystem::path& directory) {
  const std::filesystem::path parent = directory_of(directory);
  sweep(parent);
  DIR* listing = ::opendir(parent.c_str());
  if (listing == nullptr) fail_system("list the rings in " + parent.string(), errno);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(listing)) {
    if (auto name = name_of(entry->d_name)) names.push_back(std::move(*name));
  }
  ::closedir(listing);
  std::sort(names.begin(), names.end());
  return names;
}

void remove(std::string_view name, const std::filesystem::path& directory, bool even_if_in_use) {
  check_name("ring", name);
  const std::filesystem::path parent = directory_of(directory);
  const std::string what = what_of(name, parent);
  std::unique_ptr<Lease> lease;  // of the rest, so that nobody sweeps it under our hands
  const auto segment = open_to_remove(name, parent);
  if (segment) {
    if (!even_if_in_use && anybody_alive(*segment)) {
      fail(Status::kInUse, what + ": a producer or consumers are alive; end them first, or force it");
    }
    lease = std::make_unique<Lease>(segment->reopen_ring(), ignore_fork, nullptr);
    if (!lease->take(kRemoverByte)) fail(Status::kInUse, what + ": somebody else removes it");
    tell_removed(*segment);
  }
  const std::string rest = temporary_entry(name, "old");
  if (::rename((parent / entry_of(name)).c_str(), (parent / rest).c_str()) != 0) fail_system("remove " + what, errno);
  const Descriptor opened(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  unlink_ring(opened.get(), rest);
  lease.reset();
  sweep(parent);  // what could not be unlinked at the first attempt, too
}

void remove_group(std::string_view name, std::string_view group, const std::filesystem::path& directory) {
  check_name("group", group);
  const Segment segment = Segment::open(name, directory, Access::kConsume);
  algorithm::Registry<algorithm::NativeMemory> registry(*segment.consumers());
  const std::string what = "group '" + std::string(group) + "' of " + what_of(name, directory_of(directory));
  const auto found = registry.find(group);
  if (!found) fail(Status::kNotFound, what + ": no such group");
  const LineLeases leases{segment};
  const auto alive = [&](std::size_t line) { return leases.alive(line); };
  if (!registry.dissolve(*found, alive, /*even_if_durable=*/true)) {
    fail(Status::kInUse, what + ": a member is alive; end it first");
  }
  ring_room_bell(*segment.consumers());
}

}  // namespace ringmain
