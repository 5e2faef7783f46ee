// Rings from outside: list, remove and collect them, evict who consumes from them.
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

// Elsewhere a consumer that is evicted would go on using a message that is overwritten meanwhile.
void check_evicts(const Segment& segment) {
  if (segment.ring().may_overwrite()) return;
  fail(Status::kBadOption, "ring '" + segment.name() +
                               "' never evicts, and its consumers don't reckon with it: end the process instead, or "
                               "create the ring with evict_after (it may be for ever)");
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
    const auto check_use = [&] {
      if (even_if_in_use || !removal.in_use()) return;
      fail(Status::kInUse, what + ": a producer or consumers are alive; end them first, or force it");
    };
    check_use();
    removal.take_lease(kRemoverPatience);
    check_use();  // again: who came before our lease; who comes later waits for us (await_remover())
    removal.execute(rest);
  }
  sweep(parent);  // what could not be unlinked at the first attempt, too
}

Keeper collect(std::string_view name, const std::filesystem::path& directory, bool only_look) {
  check_name("ring", name);
  const std::filesystem::path parent = directory_of(directory);
  const std::string what = what_of(name, parent);
  const std::string rest = temporary_entry(name, "old");
  const Descriptor opened = open_parent(parent, what);
  Removal removal(opened.get(), entry_of(name), what);
  if (removal.bare()) {
    if (!only_look) removal.unlink_bare();
    return Keeper::kNobody;
  }
  if (const Keeper keeper = removal.keeper(); keeper != Keeper::kNobody || only_look) return keeper;
  removal.take_lease(kRemoverPatience);
  const Keeper keeper = removal.keeper();  // again, as above
  if (keeper == Keeper::kNobody) removal.execute(rest);
  return keeper;
}

void evict(std::string_view name, std::uint32_t line, const std::filesystem::path& directory) {
  const Segment segment = Segment::open(name, directory, Access::kConsume);
  check_evicts(segment);
  if (line >= kMaxConsumers || !Registry(*segment.consumers()).evict(line)) {
    fail(Status::kNotFound, what_of(name, directory_of(directory)) + ": there is no consumer with line " +
                                std::to_string(line) + "; 'ringmain stat' shows the lines");
  }
  ring_room_bell(*segment.consumers());
}

void evict(std::string_view name, std::string_view group, const std::filesystem::path& directory) {
  const Segment segment = Segment::open(name, directory, Access::kConsume);
  check_evicts(segment);
  Registry registry(*segment.consumers());
  const auto found = find_shown(registry, group);
  if (!found || !registry.evict_group(*found)) {
    fail(Status::kNotFound, what_of(name, directory_of(directory)) + ": there is no group '" + printable(group) + "'");
  }
  ring_room_bell(*segment.consumers());
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
