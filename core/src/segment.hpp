// A ring's two files, opened, checked and mapped. The rest of the library sees a ring only through this.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "descriptor.hpp"
#include "mapping.hpp"
#include "ringmain/algorithm/layout.hpp"
#include "ringmain/segment.hpp"

namespace ringmain {

enum class Access {
  kProduce,  // both files read-write
  kConsume,  // `ring` read-only, `consumers` read-write
  kWatch,    // `ring` read-only; `consumers` read-only, where it can be read
};

class Segment {
 public:
  // Every step that can fail has an error of its own; see docs/layout.md.
  static Segment open(std::string_view name, const std::filesystem::path& directory, Access access);
  static Segment open(RingDescriptors descriptors, Access access);

  // Of files that were just made and filled by birth.cpp.
  static Segment of_new(std::string name, Descriptor directory, Descriptor ring, Descriptor consumers);

  const algorithm::Header& header() const noexcept { return header_; }  // a checked copy
  std::chrono::system_clock::time_point created() const noexcept;
  bool has_its_name() const noexcept;  // no other ring has it, and none was renamed away
  algorithm::ProducerLines<algorithm::NativeMemory>& producer() const noexcept;
  algorithm::ConsumersArea<algorithm::NativeMemory>* consumers() const noexcept;  // null: can't be read
  algorithm::Ring<algorithm::NativeMemory> ring() const noexcept;
  algorithm::Ring<algorithm::NativeMemory> ring_for_spectator() const noexcept;
  TypeIdentity type() const;
  const std::string& name() const noexcept { return name_; }                                    // empty: unnamed
  std::string what() const { return name_.empty() ? "unnamed ring" : "ring '" + name_ + "'"; }  // for a message

  // A new descriptor on a file, for a lease: see lease.hpp.
  Descriptor reopen_ring() const;
  Descriptor reopen_consumers() const;
  int directory() const noexcept { return directory_.get(); }
  int ring_file() const noexcept { return ring_file_.get(); }
  int consumers_file() const noexcept { return consumers_file_.get(); }

  // On something that may survive the machine's restart. Tmpfs and memfds don't.
  bool on_disk() const noexcept;

  // Writes the ring to the disk that it lies on.
  void flush() const noexcept;

  // Asks for the leases of others.
  bool producer_alive() const noexcept;
  bool consumer_alive(std::size_t line) const noexcept;

 private:
  void map(Access access);
  Descriptor for_lease(const char* entry, int file) const;

  std::string name_;
  Descriptor directory_;
  Descriptor ring_file_;
  Descriptor consumers_file_;
  algorithm::Header header_{};
  Mapping ring_;
  Mapping consumers_;
};

// A file whose bytes are memory: on a tmpfs, or a memfd.
bool in_memory(int file) noexcept;

// Throws kTypeMismatch unless the ring carries `wanted`; an empty `wanted` takes any ring as bytes.
void check_type(const Segment& segment, const TypeIdentity& wanted);

// A ring has its name a moment before its creator lets go of the remover's lease, and a remover is done soon.
inline constexpr std::chrono::seconds kRemoverPatience{1};

// For who has just taken its lease, and stays: whoever begins to remove the ring from now on sees that lease; this waits
// for a remover that came before, and so may not have seen it. Throws kNotFound (removed), kInUse (the remover is stuck).
void await_remover(const Segment& segment);

// Throws kUnclean for a ring on disk that an earlier boot left without closing.
void check_clean(const Segment& segment);

}  // namespace ringmain
