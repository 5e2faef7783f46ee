// SPDX-License-Identifier: MIT
#include "sweep.hpp"

#include <fcntl.h>

#include <exception>
#include <new>
#include <string>
#include <vector>

#include "listing.hpp"
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

void try_to_clear(int parent, const std::string& entry) noexcept {
  try {
    clear(parent, entry);
  } catch (const std::exception&) {
    // Somebody is at it, or it isn't ours to remove.
  }
}

}  // namespace

void sweep(const std::filesystem::path& parent) noexcept {
  Listing listing(AT_FDCWD, parent.c_str());
  if (!listing) return;
  try {
    std::vector<std::string> leftovers;
    while (const char* entry = listing.next()) {
      if (is_temporary(entry)) leftovers.emplace_back(entry);
    }
    for (const std::string& entry : leftovers) try_to_clear(listing.descriptor(), entry);
  } catch (const std::bad_alloc&) {
    // For want of memory: the next sweep finds them, too.
  }
}

}  // namespace ringmain
