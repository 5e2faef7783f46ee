// SPDX-License-Identifier: MIT
#include "birth.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>

#include "fail.hpp"
#include "header.hpp"
#include "memory_left.hpp"
#include "names.hpp"
#include "sweep.hpp"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace ringmain {

namespace {

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

// What any program may take without asking how much is left.
constexpr std::uint64_t kModest = std::uint64_t{64} << 20;

// Thrown up to the loop that begins anew: a sweeper took our half-made ring for a dead one's.
struct SweptAway {};

Descriptor make_file(int directory, const char* name) {
  Descriptor file = open_at(directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (!file && errno == ENOENT) throw SweptAway{};
  if (file) ::fchmod(file.get(), 0600);  // whatever the umask says; permit() has the last word
  if (!file) fail_system(std::string("create the file '") + name + "'", errno);
  return file;
}

// Of the file system. A tmpfs may be without a limit of its own, and memfds are.
std::uint64_t free_bytes(int file) noexcept {
  struct statvfs space {};
  if (uninterrupted([&] { return ::fstatvfs(file, &space); }) != 0) return 0;
  return space.f_blocks == 0 ? kUnlimited : std::uint64_t{space.f_bavail} * space.f_frsize;
}

// Every byte now: a full tmpfs is an error here and would be SIGBUS later. The system's error, or 0. Older kernels undo what
// a signal interrupts, so the steps become smaller, until one fits between two signals: a profiler sends many.
int reserve(int file, std::uint64_t bytes) noexcept {
  constexpr std::uint64_t kSmallestStep = std::uint64_t{64} << 10;
  std::uint64_t step = bytes;
  for (std::uint64_t done = 0; done < bytes;) {
    const std::uint64_t next = std::min(step, bytes - done);
    const int error = ::posix_fallocate(file, static_cast<off_t>(done), static_cast<off_t>(next));
    if (error != 0 && error != EINTR) return error;
    if (error == 0) done += next;
    if (error == EINTR) step = std::max(step / 2, kSmallestStep);
  }
  return 0;
}

// Above this limit the kernel sends SIGXFSZ.
void check_file_size_limit(std::uint64_t bytes) {
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || bytes <= limit.rlim_cur) return;
  fail(Status::kNoSpace, "the ring needs a file of " + human_bytes(bytes) + ", this process may write files of " +
                             human_bytes(limit.rlim_cur) +
                             " at most: raise the limit (ulimit -f, LimitFSIZE), or choose a smaller capacity");
}

void reserve_both(int ring, std::uint64_t ring_bytes, int consumers, std::uint64_t consumers_bytes,
                  const std::filesystem::path& parent) {
  check_file_size_limit(std::max(ring_bytes, consumers_bytes));
  const std::uint64_t bytes = ring_bytes + consumers_bytes;
  // Memory is given until there is none; then the kernel kills somebody.
  const std::uint64_t left = in_memory(ring) && bytes > kModest ? memory_left() : kUnlimited;
  const std::uint64_t free = std::min(free_bytes(ring), left);
  int error = bytes > left ? ENOSPC : reserve(ring, ring_bytes);
  if (error == 0) error = reserve(consumers, consumers_bytes);
  if (error == 0) return;
  if (error != ENOSPC && error != EDQUOT && error != EFBIG) fail_system("reserve " + human_bytes(bytes), error);
  fail(Status::kNoSpace, "the ring needs " + human_bytes(bytes) + ", " + parent.string() + " has " + human_bytes(free) +
                             " free: remove rings ('ringmain ls', 'ringmain rm'), choose a smaller capacity or another "
                             "directory (RINGMAIN_DIR); for a container raise --shm-size or --memory");
}

void write_at_start(int file, const void* data, std::size_t bytes) {
  const ssize_t written = uninterrupted([&] { return ::pwrite(file, data, bytes, 0); });
  if (written != static_cast<ssize_t>(bytes)) fail_system("write the header", errno);
}

void fill(int ring, int consumers, const RingOptions& options, const std::filesystem::path& parent) {
  const algorithm::Header header = make_header(options);
  reserve_both(ring, header.slots_offset + header.capacity, consumers, header.consumers_bytes, parent);
  write_at_start(ring, &header, sizeof header);
  struct {
    std::uint64_t magic, signature;
    std::array<std::uint8_t, 16> identity;
  } const belonging{algorithm::kConsumersMagic, header.layout_signature, header.identity};
  write_at_start(consumers, &belonging, sizeof belonging);
}

std::optional<gid_t> group_of(const std::string& group) {
  if (group.empty()) return std::nullopt;
  if (const struct group* entry = ::getgrnam(group.c_str()); entry != nullptr) return entry->gr_gid;
  if (group.find_first_not_of("0123456789") == std::string::npos && group.size() < 10) {
    return static_cast<gid_t>(std::stoul(group));
  }
  fail(Status::kBadOption, "group '" + group + "': no such group");
}

// Whatever the umask says. Only the owner may write `ring`; who may read may watch; who may write may consume.
void permit(int directory, int ring, int consumers, const RingOptions& options) {
  if (const auto group = group_of(options.group)) {
    for (const int file : {directory, ring, consumers}) {
      if (::fchown(file, static_cast<uid_t>(-1), *group) != 0)
        fail_system("give the ring to '" + options.group + "'", errno);
    }
  }
  const mode_t readers = ((options.mode & 0222) << 1 | options.mode) & 0444;  // who may write must read, too
  const bool done = ::fchmod(ring, 0600 | readers) == 0 && ::fchmod(consumers, 0600 | readers | options.mode) == 0 &&
                    ::fchmod(directory, 0700 | readers | readers >> 2) == 0;
  if (!done) fail_system("set the mode of the ring", errno);
}

// Two openings must conflict, or a lease proves nothing.
void check_locks(int ring, const std::filesystem::path& parent) {
  if (leased(ring, kRemoverByte)) return;
  fail(Status::kNoLocks, parent.string() +
                             ": this file system keeps no locks between processes (NFS? FUSE?); choose "
                             "another directory (RINGMAIN_DIR)");
}

}  // namespace

Birth::Birth(std::string_view name, const RingOptions& options)
    : parent_(directory_of(options.directory)), name_(name) {
  check_name("ring", name);
  check_options(options);
  sweep(parent_);
  // Naming it would say so, too, but only after all its memory was reserved.
  if (::access((parent_ / entry_of(name_)).c_str(), F_OK) == 0) fail_exists();
  for (int attempt = 0;; ++attempt) {
    try {
      make_files(options);
      return;
    } catch (const SweptAway&) {
      discard();
      if (attempt == 10) fail(Status::kSystem, "create ring '" + name_ + "': its files vanish while they are made");
    } catch (...) {
      discard();
      throw;
    }
  }
}

Birth::~Birth() { discard(); }

void Birth::make_files(const RingOptions& options) {
  std::string entry = temporary_entry(name_, "new");
  const std::string path = (parent_ / entry).string();
  if (::mkdir(path.c_str(), 0700) != 0) fail_system("create ring '" + name_ + "' in " + parent_.string(), errno);
  entry_ = std::move(entry);    // from here on there is something of ours to discard
  ::chmod(path.c_str(), 0700);  // whatever the umask says
  Descriptor directory = open_at(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!directory && errno == ENOENT) throw SweptAway{};
  if (!directory) fail_system("create ring '" + name_ + "'", errno);
  Descriptor ring = make_file(directory.get(), "ring");
  lease_ = std::make_unique<Lease>([&] {
    Descriptor fresh = open_at(directory.get(), "ring", O_RDWR | O_NOFOLLOW);
    if (!fresh && errno == ENOENT) throw SweptAway{};
    if (!fresh) fail_system("create ring '" + name_ + "'", errno);
    return fresh;
  });
  if (!lease_->take(kRemoverByte)) {
    if (errno == EAGAIN || errno == EACCES) throw SweptAway{};
    fail(Status::kNoLocks,
         parent_.string() + ": this file system keeps no locks; choose another directory (RINGMAIN_DIR)");
  }
  check_locks(ring.get(), parent_);
  Descriptor consumers = make_file(directory.get(), "consumers");
  fill(ring.get(), consumers.get(), options, parent_);
  permit(directory.get(), ring.get(), consumers.get(), options);
  segment_ = Segment::of_new(name_, std::move(directory), std::move(ring), std::move(consumers));
}

bool Birth::publish() {
  const std::filesystem::path target = parent_ / entry_of(name_);
  if (::rename((parent_ / entry_).c_str(), target.c_str()) == 0) {
    entry_.clear();
    return true;
  }
  if (errno == ENOENT) return false;
  if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR) fail_exists();
  fail_system("name the ring '" + name_ + "'", errno);
}

void Birth::fail_exists() const {
  fail(Status::kExists, "ring '" + name_ + "' exists in " + parent_.string() +
                            ": open it to take over from a producer that died or closed, or remove it");
}

// By path, for there may be no descriptor left; nobody else may write into this directory.
void Birth::discard() noexcept {
  if (entry_.empty()) return;
  const std::filesystem::path made = parent_ / entry_;
  ::unlink((made / "consumers").c_str());
  ::unlink((made / "ring").c_str());
  ::rmdir(made.c_str());
  entry_.clear();
}

Segment make_unnamed(const RingOptions& options) {
  check_options(options);
  Descriptor ring(::memfd_create("ringmain", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  Descriptor consumers(::memfd_create("ringmain-consumers", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!ring || !consumers) fail_system("memfd_create", errno);
  fill(ring.get(), consumers.get(), options, "memory");
  return Segment::of_new("", Descriptor(), std::move(ring), std::move(consumers));
}

// After the producer has mapped it: FUTURE_WRITE leaves that mapping writable and allows no other, so no next producer's.
void seal(const Segment& segment, bool take_over) {
  constexpr int kSize = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (::fcntl(segment.ring_file(), F_ADD_SEALS, take_over ? kSize : kSize | F_SEAL_FUTURE_WRITE) != 0 ||
      ::fcntl(segment.consumers_file(), F_ADD_SEALS, kSize) != 0) {
    fail_system("seal the memory of the ring", errno);
  }
}

}  // namespace ringmain
