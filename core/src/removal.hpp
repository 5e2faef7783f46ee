// Taking a ring away: what remove(), a producer that removes its own ring and the sweep have in common.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "descriptor.hpp"
#include "lease.hpp"
#include "mapping.hpp"
#include "ringmain/segment.hpp"
#include "segment.hpp"

namespace ringmain {

// A ring that is to go: whole, damaged, or the rest of one. Its directory is opened once, and what is done is done to
// that directory alone, whatever has the name by then.
class Removal {
 public:
  // Opens what `entry` names in the open directory `parent`; `what` is "ring 'NAME' in DIRECTORY". Throws kNotFound,
  // kNoPermission, kSystem, and kNotARing for what isn't a directory with two regular files, or one of them, or none.
  Removal(int parent, std::string entry, std::string what);

  bool bare() const noexcept { return !ring_; }  // a directory without the file `ring`
  bool is_in(int directory) const noexcept;      // it is the open directory of this ring
  bool in_use() const noexcept;                  // a producer or a consumer is alive
  Keeper keeper() const;                         // throws as attach does for a damaged ring
  bool told() const noexcept;                    // whoever holds it was told
  bool has_its_name() const noexcept;

  // The remover's lease: nobody else builds, removes or sweeps it. Waits so long for who does. Throws kInUse, kSquatted,
  // kSystem.
  void take_lease(std::chrono::nanoseconds patience = {});

  // Takes the name away, ends whoever holds the ring, unlinks what can be unlinked. The name first: a removal that fails
  // leaves the ring as it was. Throws kNotFound, kNoPermission, kSystem.
  void execute(const std::string& rest);

  // No further than it goes, and `ring` last: by that file a sweep can tell whether it may go on.
  void unlink() noexcept;
  void unlink_bare();  // of a bare one; throws kNotARing if it holds `consumers`, kNotFound if it is gone meanwhile

 private:
  void check_entries() const;
  void reach_holders();
  void rename_to(const std::string& rest);
  void tell() noexcept;
  [[noreturn]] void fail_gone() const;

  int parent_;
  std::string entry_;
  std::string what_;
  Descriptor directory_;
  struct stat identity_ {};  // of the directory
  Descriptor ring_;
  Descriptor consumers_;
  std::unique_ptr<Lease> lease_;
  Mapping lines_;  // what is stored to tell the holders; empty: it is damaged, so nobody could be told
  Mapping area_;
};

// A directory of rings, to reach them by; it needn't be one that may be listed.
Descriptor open_parent(const std::filesystem::path& parent, const std::string& what);

// Removes the ring that its living producer has open, whoever consumes from it. Throws as Removal does, but not when it
// was removed already.
void remove_own(const Segment& segment);

}  // namespace ringmain
