// SPDX-License-Identifier: MIT
#include "removal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <thread>

#include "bell.hpp"
#include "clock.hpp"
#include "fail.hpp"
#include "header.hpp"
#include "listing.hpp"
#include "names.hpp"
#include "ringmain/algorithm/registry.hpp"

namespace ringmain {

namespace {

bool same(const struct stat& one, const struct stat& other) noexcept {
  return one.st_ino == other.st_ino && one.st_dev == other.st_dev;
}

// O_NONBLOCK: a planted FIFO must not hold us up.
Descriptor open_file(int directory, const char* file) noexcept {
  return open_at(directory, file, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
}

bool is_regular(int file) noexcept {
  struct stat status {};
  return ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
}

bool is_damage(Status status) noexcept {
  return status == Status::kNotARing || status == Status::kTruncated || status == Status::kLayoutMismatch ||
         status == Status::kCorrupt;
}

}  // namespace

Removal::Removal(int parent, std::string entry, std::string what)
    : parent_(parent), entry_(std::move(entry)), what_(std::move(what)) {
  directory_ = open_at(parent_, entry_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!directory_) fail_open(what_, "remove", errno);
  if (::fstat(directory_.get(), &identity_) != 0) fail_system(what_, errno);
  check_entries();
  ring_ = open_file(directory_.get(), "ring");
  if (!ring_ && errno == ENOENT) return;
  if (!ring_) fail_open(what_, "remove", errno);
  if (!is_regular(ring_.get())) fail(Status::kNotARing, what_ + ": not made of regular files; remove it by hand");
  consumers_ = open_file(directory_.get(), "consumers");
  // Whatever lies there is unlinked; but who may not open it can't ask who is alive.
  if (!consumers_ && errno != ENOENT && errno != ELOOP && errno != EISDIR && errno != ENXIO) {
    fail_open(what_, "remove", errno);
  }
}

// What these two hold may be garbage; but a directory with anything else in it was made by somebody else.
void Removal::check_entries() const {
  Listing listing(directory_.get(), ".");
  if (!listing) fail_system(what_, errno);
  while (const char* entry = listing.next()) {
    const std::string_view name = entry;
    if (name == "ring" || name == "consumers") continue;
    fail(Status::kNotARing,
         what_ + ": '" + printable(name) + "' is in it, which is none of a ring's; remove it by hand");
  }
  if (errno != 0) fail_system(what_, errno);
}

bool Removal::is_in(int directory) const noexcept {
  struct stat status {};
  return ::fstat(directory, &status) == 0 && same(status, identity_);
}

bool Removal::has_its_name() const noexcept {
  struct stat status {};
  return ::fstatat(parent_, entry_.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && same(status, identity_);
}

bool Removal::in_use() const noexcept {
  constexpr off_t kAll = 0;  // another layout may have more lines
  return (ring_ && leased(ring_.get(), kProducerByte)) || (consumers_ && leased(consumers_.get(), 0, kAll));
}

bool Removal::told() const noexcept {
  constexpr off_t kRemoved = algorithm::kProducerOffset + offsetof(algorithm::NativeProducerLines, removed);
  std::uint32_t removed = 0;
  const auto read = [&] { return ::pread(ring_.get(), &removed, sizeof removed, kRemoved); };
  return ring_ && uninterrupted(read) == sizeof removed && removed != 0;
}

Keeper Removal::keeper() const {
  if (in_use()) return Keeper::kParticipant;
  if (!consumers_) fail(Status::kTruncated, what_ + ": has no file 'consumers'; remove the ring");
  if (read_header(ring_.get(), consumers_.get(), what_).kept != 0) return Keeper::kOption;
  const auto mapped = Mapping::of_file(consumers_.get(), algorithm::kConsumersBytes, Protection::kReadWrite);
  const algorithm::Registry registry(*reinterpret_cast<algorithm::NativeConsumersArea*>(mapped.data()));
  return registry.any_durable() ? Keeper::kDurableGroup : Keeper::kNobody;
}

void Removal::take_lease(std::chrono::nanoseconds patience) {
  lease_ = std::make_unique<Lease>([&] {
    Descriptor fresh = open_file(directory_.get(), "ring");
    if (!fresh && errno == ENOENT) fail_gone();
    if (!fresh) fail_open(what_, "remove", errno);
    return fresh;
  });
  const Deadline deadline(patience);
  for (bool last = false; !lease_->take(kRemoverByte);) {
    if (errno != EAGAIN && errno != EACCES) fail_system(what_ + ": take the remover's lease", errno);
    if (squatted(ring_.get(), kRemoverByte)) {
      fail(Status::kSquatted, what_ +
                                  ": some process holds a read lock on the remover's lease, which only an attack does; "
                                  "find it in /proc/locks");
    }
    // Even without patience a second try: who held it may just have let it go.
    if (last) fail(Status::kInUse, what_ + ": another process makes or removes it, and doesn't come to an end");
    last = deadline.passed();
    if (!last) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void Removal::reach_holders() {
  try {
    read_header(ring_.get(), consumers_ ? consumers_.get() : -1, what_);
    lines_ = Mapping::of_file(ring_.get(), algorithm::kSlotsOffset, Protection::kReadWrite);
    if (consumers_) area_ = Mapping::of_file(consumers_.get(), algorithm::kConsumersBytes, Protection::kReadWrite);
  } catch (const Error& error) {
    if (!is_damage(error.status())) throw;
    lines_ = Mapping();
  }
}

void Removal::rename_to(const std::string& rest) {
  if (!has_its_name()) fail_gone();
  const std::string before = entry_;
  if (::renameat(parent_, before.c_str(), parent_, rest.c_str()) != 0) {
    if (errno == ENOENT) fail_gone();
    fail_system("remove " + what_, errno);
  }
  entry_ = rest;
  if (has_its_name()) return;
  // Between our look and the renaming another removed it, and this one was born: it gets its name back.
  ::renameat(parent_, rest.c_str(), parent_, before.c_str());
  entry_ = before;
  fail_gone();
}

void Removal::fail_gone() const {
  fail(Status::kNotFound,
       what_ + ": somebody else removed it a moment ago; if there is a ring of this name, it is new");
}

void Removal::tell() noexcept {
  if (lines_.data() == nullptr) return;
  auto* lines = reinterpret_cast<algorithm::NativeProducerLines*>(lines_.data() + algorithm::kProducerOffset);
  auto* area = reinterpret_cast<algorithm::NativeConsumersArea*>(area_.data());
  lines->removed.store(1, std::memory_order_release);
  if (area == nullptr) return;  // who holds it nevertheless looks around soon
  ring_bell_for_all({.producer = lines, .consumers = area});
  ring_room_bell(*area);
}

void Removal::execute(const std::string& rest) {
  reach_holders();
  rename_to(rest);
  tell();
  unlink();
}

void Removal::unlink() noexcept {
  if (::unlinkat(directory_.get(), "consumers", 0) != 0 && errno != ENOENT) return;
  if (::unlinkat(directory_.get(), "ring", 0) != 0 && errno != ENOENT) return;
  ::unlinkat(parent_, entry_.c_str(), AT_REMOVEDIR);
}

void Removal::unlink_bare() {
  if (::unlinkat(parent_, entry_.c_str(), AT_REMOVEDIR) == 0) return;
  const int error = errno;
  if (!has_its_name()) fail_gone();  // another removed it while we looked, and a new ring may have the name by now
  if (error == ENOTEMPTY || error == EEXIST) fail(Status::kNotARing, what_ + ": has no file 'ring'; remove it by hand");
  fail_system("remove " + what_, error);
}

Descriptor open_parent(const std::filesystem::path& parent, const std::string& what) {
  Descriptor opened = open_at(AT_FDCWD, parent.c_str(), O_PATH | O_DIRECTORY);
  if (!opened) fail_open(what, "reach", errno);
  return opened;
}

void remove_own(const Segment& segment) {
  const std::string what = "ring '" + segment.name() + "'";
  const std::string rest = temporary_entry(segment.name(), "old");
  // By way of the ring itself: the path that it was opened by may lead elsewhere by now.
  const Descriptor parent = open_at(segment.directory(), "..", O_PATH | O_DIRECTORY);
  if (!parent) fail_system(what, errno);
  try {
    Removal removal(parent.get(), entry_of(segment.name()), what);
    if (!removal.is_in(segment.directory())) return;
    removal.take_lease(kRemoverPatience);
    removal.execute(rest);
  } catch (const Error& error) {
    if (error.status() != Status::kNotFound) throw;
  }
}

}  // namespace ringmain
