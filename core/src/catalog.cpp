// Rings from outside: list and remove.
// SPDX-License-Identifier: MIT
#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "bell.hpp"
#include "fail.hpp"
#include "leases.hpp"
#include "listing.hpp"
#include "names.hpp"
#include "removal.hpp"
#include "ringmain/algorithm/registry.hpp"
#include "ringmain/segment.hpp"
#include "sweep.hpp"

namespace ringmain {

namespace {

std::string what_of(std::string_view name, const std::filesystem::path& parent) {
  return "ring '" + std::string(name) + "' in " + parent.string();
}

using Registry = algorithm::Registry<algorithm::NativeMemory>;

// By the whole name; else by what statistics() shows of one.
std::optional<algorithm::GroupReference> find_shown(const Registry& registry, std::string_view name) {
  if (name.size() > kMaxNameBytes) return std::nullopt;
  if (const auto found = registry.find(name)) return found;
  return registry.find_if([&](std::size_t index) { return text_of(registry.name_of(index)) == name; });
}

}  // namespace

std::vector<std::string> list(const std::filesystem::path& directory) {
  const std::filesystem::path parent = directory_of(directory);
  sweep(parent);
  Listing listing(AT_FDCWD, parent.c_str());
  if (!listing) fail_system("list the rings in " + parent.string(), errno);
  std::vector<std::string> names;
  while (const char* entry = listing.next()) {
    if (auto name = name_of(entry)) names.push_back(std::move(*name));
  }
  if (errno != 0) fail_system("list the rings in " + parent.string(), errno);
  std::sort(names.begin(), names.end());
  return names;
}

void remove(std::string_view name, const std::filesystem::path& directory, bool even_if_in_use) {
  check_name("ring", name);
  const std::filesystem::path parent = directory_of(directory);
  const std::string what = what_of(name, parent);
  const std::string rest = temporary_entry(name, "old");
  const Descriptor opened = open_parent(parent, what);
  {
    Removal removal(opened.get(), entry_of(name), what);
    if (removal.bare()) return removal.unlink_bare();  // the rest of an old removal
    if (!even_if_in_use && removal.in_use()) {
      fail(Status::kInUse, what + ": a producer or consumers are alive; end them first, or force it");
    }
    removal.take_lease(kRemoverPatience);
    removal.execute(rest);
  }
  sweep(parent);  // what could not be unlinked at the first attempt, too
}

void remove_group(std::string_view name, std::string_view group, const std::filesystem::path& directory) {
  const Segment segment = Segment::open(name, directory, Access::kConsume);
  Registry registry(*segment.consumers());
  // Looked for before it is checked: garbage may have made a group of a name that nobody could have given it.
  const auto found = find_shown(registry, group);
  if (!found) check_name("group", group);
  const std::string what = "group '" + printable(group) + "' of " + what_of(name, directory_of(directory));
  if (!found) fail(Status::kNotFound, what + ": no such group");
  const LineLeases leases{segment};
  const auto alive = [&](std::size_t line) { return leases.alive(line); };
  if (!registry.dissolve(*found, alive, /*even_if_durable=*/true)) {
    fail(Status::kInUse, what + ": a member is alive; end it first");
  }
  ring_room_bell(*segment.consumers());
}

}  // namespace ringmain
