// SPDX-License-Identifier: MIT
#include "sweep.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <exception>
#include <string>
#include <vector>

#include "names.hpp"
#include "removal.hpp"

namespace ringmain {

namespace {

// The remover's lease is taken, not asked for: whose half-made ring we hold can't complete it under our hands. And once
// we have it, the ring must still be called so: it may have been given its name meanwhile, or given it back.
void clear(int parent, const std::string& entry) {
  Removal rest(parent, entry, entry);
  if (rest.bare()) return rest.unlink_bare();  // made a moment ago, or unlinked to the last file
  rest.take_lease();
  // A remover that died before it told the holders leaves them a ring without a name: they go on with it.
  if (!rest.told() && rest.in_use()) return;
  if (rest.has_its_name()) rest.unlink();
}

}  // namespace

void sweep(const std::filesystem::path& parent) noexcept {
  DIR* listing = ::opendir(parent.c_str());
  if (listing == nullptr) return;
  std::vector<std::string> leftovers;
  while (const dirent* entry = ::readdir(listing)) {
    if (is_temporary(entry->d_name)) leftovers.emplace_back(entry->d_name);
  }
  for (const std::string& entry : leftovers) {
    try {
      clear(::dirfd(listing), entry);
    } catch (const std::exception&) {
      // Somebody is at it, or it isn't ours to remove.
    }
  }
  ::closedir(listing);
}

}  // namespace ringmain
