// Making rings.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "lease.hpp"
#include "segment.hpp"

namespace ringmain {

// A ring under construction: its files are made, reserved, filled and leased, but nobody can find it yet.
class Birth {
 public:
  // Throws kBadName, kBadOption, kNoPermission, kNoSpace, kNoLocks, kSystem. Leaves nothing behind when it throws.
  Birth(std::string_view name, const RingOptions& options);
  Birth(const Birth&) = delete;
  Birth& operator=(const Birth&) = delete;
  ~Birth();  // unless published: removes what was made

  // The mapped ring. Its descriptor for the producer's lease comes from segment.reopen_ring(); the birth's own lease
  // ends with the birth.
  Segment& segment() noexcept { return segment_; }

  // Gives the ring its name. Throws kExists. False: somebody swept us away; begin anew.
  [[nodiscard]] bool publish();

 private:
  void make_files(const RingOptions& options);
  [[noreturn]] void fail_exists() const;
  void discard() noexcept;

  std::filesystem::path parent_;
  std::string name_;
  std::string entry_;
  Segment segment_;
  std::unique_ptr<Lease> lease_;
};

// An unnamed ring in two memfds, not sealed yet.
Segment make_unnamed(const RingOptions& options);
void seal(const Segment& segment, bool take_over);

}  // namespace ringmain
