// SPDX-License-Identifier: MIT
#include "segment.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>
#include <thread>

#include "clock.hpp"
#include "fail.hpp"
#include "header.hpp"
#include "identity.hpp"
#include "lease.hpp"
#include "names.hpp"

namespace ringmain {

namespace {

// O_NONBLOCK: a planted FIFO must not hold us up; fstat will tell that it isn't a regular file.
constexpr int kOpenFlags = O_NOFOLLOW | O_NONBLOCK;

Descriptor open_directory(std::string_view name, const std::filesystem::path& parent, const std::string& what) {
  const std::filesystem::path path = parent / entry_of(name);
  Descriptor directory = open_at(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!directory) fail_open(what, "reach", errno);
  return directory;
}

Descriptor reopen(int file, int flags) {
  Descriptor opened = open_at(AT_FDCWD, ("/proc/self/fd/" + std::to_string(file)).c_str(), flags);
  if (!opened) fail_system("reopen a file of the ring through /proc", errno);
  return opened;
}

constexpr long kTmpfs = 0x01021994;  // of memfds, too

std::optional<long> file_system_of(int file) noexcept {
  struct statfs system {};
  const bool asked = uninterrupted([&] { return ::fstatfs(file, &system); }) == 0;
  return asked ? std::optional<long>(system.f_type) : std::nullopt;
}

void check_sealed(int file, const std::string& what) {
  const int seals = ::fcntl(file, F_GET_SEALS);
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) fail(Status::kNotARing, what + ": not in sealed memory");
}

int flags_of(Access access, bool ring) noexcept {
  if (access == Access::kProduce) return O_RDWR;
  return access == Access::kConsume && !ring ? O_RDWR : O_RDONLY;
}

const char* verb_of(Access access) noexcept {
  return access == Access::kProduce ? "produce into" : access == Access::kConsume ? "consume from" : "read";
}

}  // namespace

Segment Segment::open(std::string_view name, const std::filesystem::path& directory, Access access) {
  check_name("ring", name);
  const std::filesystem::path parent = directory_of(directory);
  const std::string what = "ring '" + std::string(name) + "' in " + parent.string();
  Segment segment;
  segment.name_ = name;
  segment.directory_ = open_directory(name, parent, what);
  const int at = segment.directory_.get();
  segment.ring_file_ = open_at(at, "ring", flags_of(access, true) | kOpenFlags);
  if (!segment.ring_file_) fail_open(what, verb_of(access), errno);
  segment.consumers_file_ = open_at(at, "consumers", flags_of(access, false) | kOpenFlags);
  if (!segment.consumers_file_ && access != Access::kWatch) fail_open(what, verb_of(access), errno);
  segment.header_ = read_header(segment.ring_file(), segment.consumers_file(), what);
  segment.map(access);
  return segment;
}

Segment Segment::open(RingDescriptors descriptors, Access access) {
  const std::string what = "unnamed ring";
  check_sealed(descriptors.ring, what);
  check_sealed(descriptors.consumers, what);
  constexpr int kAgainstWriting = F_SEAL_FUTURE_WRITE | F_SEAL_WRITE;
  if (access == Access::kProduce && (::fcntl(descriptors.ring, F_GET_SEALS) & kAgainstWriting) != 0) {
    fail(Status::kBadOption, what + ": was made for one producer alone; make it with take_over");
  }
  Segment segment;
  segment.ring_file_ = reopen(descriptors.ring, flags_of(access, true));
  segment.consumers_file_ = reopen(descriptors.consumers, flags_of(access, false));
  segment.header_ = read_header(segment.ring_file(), segment.consumers_file(), what);
  segment.map(access);
  return segment;
}

Segment Segment::of_new(std::string name, Descriptor directory, Descriptor ring, Descriptor consumers) {
  Segment segment;
  segment.name_ = std::move(name);
  segment.directory_ = std::move(directory);
  segment.ring_file_ = std::move(ring);
  segment.consumers_file_ = std::move(consumers);
  segment.header_ = read_header(segment.ring_file(), segment.consumers_file(), "new ring");
  segment.map(Access::kProduce);
  return segment;
}

void Segment::map(Access access) {
  ring_ = Mapping::of_circle(ring_file(), algorithm::kSlotsOffset, header_.capacity,
                             access == Access::kProduce ? Protection::kReadWrite : Protection::kRead);
  if (consumers_file_) {
    consumers_ = Mapping::of_file(consumers_file(), algorithm::kConsumersBytes,
                                  access == Access::kWatch ? Protection::kRead : Protection::kReadWrite);
  }
}

algorithm::NativeProducerLines& Segment::producer() const noexcept {
  return *reinterpret_cast<algorithm::NativeProducerLines*>(ring_.data() + algorithm::kProducerOffset);
}

algorithm::NativeConsumersArea* Segment::consumers() const noexcept {
  return reinterpret_cast<algorithm::NativeConsumersArea*>(consumers_.data());
}

algorithm::Ring<algorithm::NativeMemory> Segment::ring() const noexcept {
  return {.producer = &producer(),
          .consumers = consumers(),
          .slots = ring_.data() + algorithm::kSlotsOffset,
          .capacity = header_.capacity,
          .policy = static_cast<Policy>(header_.policy),
          .may_evict = header_.evict_after_ns != 0,
          .full_fences = header_.full_fences != 0};
}

algorithm::Ring<algorithm::NativeMemory> Segment::ring_for_spectator() const noexcept {
  auto view = ring();
  view.consumers = nullptr;
  return view;
}

bool Segment::has_its_name() const noexcept {
  struct stat opened {};
  struct stat named {};
  const Descriptor parent = open_at(directory_.get(), "..", O_PATH | O_DIRECTORY);
  return parent && ::fstat(directory_.get(), &opened) == 0 &&
         ::fstatat(parent.get(), entry_of(name_).c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

std::chrono::system_clock::time_point Segment::created() const noexcept {
  return std::chrono::system_clock::time_point(std::chrono::nanoseconds(header_.created_ns));
}

TypeIdentity Segment::type() const {
  const auto& name = header_.type_name;
  return {std::string(name.data(), ::strnlen(name.data(), name.size())), header_.type_size, header_.type_hash};
}

Descriptor Segment::reopen_ring() const { return for_lease("ring", ring_file()); }
Descriptor Segment::reopen_consumers() const { return for_lease("consumers", consumers_file()); }

Descriptor Segment::for_lease(const char* entry, int file) const {
  if (!directory_) return reopen(file, O_RDWR);
  Descriptor opened = open_at(directory_.get(), entry, O_RDWR | kOpenFlags);
  if (!opened) fail_open("ring '" + name_ + "'", "hold a lease in", errno);
  return opened;
}

bool Segment::on_disk() const noexcept {
  const auto type = file_system_of(ring_file());
  return type && *type != kTmpfs;
}

void Segment::flush() const noexcept {
  for (const int file : {ring_file(), consumers_file()}) uninterrupted([&] { return ::fsync(file); });
}

// Who lost his descriptors (a stray closefrom()) asks a file of somebody else, and would find everybody dead.
bool Segment::producer_alive() const noexcept { return leased(ring_file(), kProducerByte) || !ring_file_.intact(); }

bool Segment::consumer_alive(std::size_t line) const noexcept {
  return leased(consumers_file(), static_cast<off_t>(line)) || !consumers_file_.intact();
}

bool in_memory(int file) noexcept { return file_system_of(file) == kTmpfs; }

void check_type(const Segment& segment, const TypeIdentity& wanted) {
  if (wanted == TypeIdentity{}) return;
  const TypeIdentity found = segment.type();
  if (found == wanted) return;
  const auto text = [](const TypeIdentity& type) {
    return type == TypeIdentity{} ? std::string("untyped bytes")
                                  : "'" + type.name + "' of " + std::to_string(type.size) + " bytes";
  };
  const bool same_words = found.name == wanted.name && found.size == wanted.size;
  fail(Status::kTypeMismatch, segment.what() + " carries " + text(found) + ", not " + text(wanted) +
                                  (same_words ? " with these fields (the hashes differ)" : "") +
                                  "; build both sides from the same definition");
}

void await_remover(const Segment& segment) {
  if (segment.name().empty()) return;
  const std::string what = "ring '" + segment.name() + "'";
  const Deadline deadline(kRemoverPatience);
  while (leased(segment.ring_file(), kRemoverByte)) {
    if (deadline.passed()) {
      fail(Status::kInUse, what + ": another process makes or removes it, and doesn't come to an end");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  // A remover that died may have taken the name away, and told nobody.
  if (segment.producer().removed.load(std::memory_order_acquire) == 0 && segment.has_its_name()) return;
  fail(Status::kNotFound, what + ": was removed a moment ago");
}

void check_clean(const Segment& segment) {
  // Only what lay on a disk outlives a boot; and a container may have a boot id of its own.
  if (!segment.on_disk() || segment.producer_alive()) return;
  const auto& lines = segment.producer();
  const auto now = std::bit_cast<std::array<std::uint64_t, 2>>(boot_identity());
  const bool same_boot = lines.boot[0].load(std::memory_order_relaxed) == now[0] &&
                         lines.boot[1].load(std::memory_order_relaxed) == now[1];
  if (same_boot || lines.clean.load(std::memory_order_acquire) != 0) return;
  fail(Status::kUnclean, "ring '" + segment.name() +
                             "' was not closed before the machine restarted, so its last messages may be damaged; "
                             "open it with force_unclean, or remove it");
}

}  // namespace ringmain
