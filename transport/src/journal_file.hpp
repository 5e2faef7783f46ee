// The file of a journal that is being recorded: created or gone on with, leased, and cut where it stops being whole.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "descriptor.hpp"
#include "journal_format.hpp"
#include "lease.hpp"

namespace ringmain::transport {

class JournalFile {
 public:
  enum class How : std::uint8_t { kCreate, kAppend, kOverwrite };

  // `name` goes before error messages. Throws kExists, kAddressInUse (somebody else records to it), kNoLocks, kNoSpace,
  // kNoPermission, kSystem, and what is wrong with a journal that is to be gone on with.
  JournalFile(std::string path, std::string name, How how);

  int descriptor() const noexcept { return file_.get(); }
  const std::string& name() const noexcept { return name_; }
  const JournalHeader& header() const noexcept { return header_; }

  std::uint64_t end() const noexcept { return end_; }            // behind the last whole message
  std::uint64_t messages() const noexcept { return messages_; }  // whole
  std::uint64_t last_time() const noexcept { return last_time_; }

  // Cuts off an end, and what was written in part. Throws kCorrupt if whole records follow what isn't, kSystem.
  void cut_torn_tail();

  void sync_name();  // brings the directory's entry to the disk
  void let_go() noexcept { lease_.drop(); }
  bool forked() const noexcept { return forked_; }  // this is the copy of a forked child

 private:
  void take_lease();
  void begin();

  std::string path_;
  std::string name_;
  bool forked_ = false;
  Descriptor file_;
  Lease lease_;
  JournalHeader header_{};
  std::uint64_t end_ = kJournalHeaderBytes;
  std::uint64_t messages_ = 0;
  std::uint64_t last_time_ = 0;
};

}  // namespace ringmain::transport
