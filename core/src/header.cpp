// SPDX-License-Identifier: MIT
#include "header.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "clock.hpp"
#include "fail.hpp"
#include "identity.hpp"
#include "interrupted.hpp"
#include "names.hpp"

namespace ringmain {

using algorithm::Header;

namespace {

using Area = algorithm::NativeConsumersArea;

bool valid_capacity(std::uint64_t capacity) noexcept {
  return std::has_single_bit(capacity) && capacity >= algorithm::kMinCapacity && capacity <= algorithm::kMaxCapacity;
}

std::uint64_t size_of(int file, const std::string& what) {
  struct stat status {};
  if (::fstat(file, &status) != 0) fail_system(what, errno);
  if (!S_ISREG(status.st_mode)) fail(Status::kNotARing, what + ": not made of regular files");
  return static_cast<std::uint64_t>(status.st_size);
}

template <class T>
T read_at_start(int file, const std::string& what) {
  T value{};
  const ssize_t got = uninterrupted([&] { return ::pread(file, &value, sizeof value, 0); });
  if (got < 0) fail_system(what, errno);
  if (static_cast<std::size_t>(got) != sizeof value) {
    fail(Status::kTruncated, what + ": a file is shorter than its header; remove the ring");
  }
  return value;
}

void check_layout(const Header& header, const std::string& what) {
  if (header.magic != algorithm::kMagic) fail(Status::kNotARing, what + ": the file is something else");
  if (header.layout_version != algorithm::kLayoutVersion) {
    fail(Status::kLayoutMismatch, what + ": has layout version " + std::to_string(header.layout_version) +
                                      ", this library knows " + std::to_string(algorithm::kLayoutVersion) +
                                      "; use the library that made it, or remove it");
  }
  if (header.layout_signature != algorithm::layout_signature()) {
    fail(Status::kLayoutMismatch, what + ": was made by a build with another memory layout; rebuild one of the two");
  }
  const bool plausible = valid_capacity(header.capacity) && header.header_bytes == sizeof(Header) &&
                         header.slots_offset == algorithm::kSlotsOffset &&
                         header.consumers_bytes == algorithm::kConsumersBytes &&
                         header.max_consumers == kMaxConsumers && header.max_groups == kMaxGroups &&
                         header.policy <= static_cast<std::uint32_t>(Policy::kOverwrite);
  if (!plausible) fail(Status::kCorrupt, what + ": the header contradicts itself; remove the ring");
}

// The part of `consumers` that never changes.
struct Belonging {
  std::uint64_t magic;
  std::uint64_t layout_signature;
  Identity identity;
};

}  // namespace

void check_options(const RingOptions& options) {
  if (!valid_capacity(options.capacity)) {
    fail(Status::kBadOption,
         "capacity " + std::to_string(options.capacity) + ": must be a power of two from 64 KiB to 64 TiB");
  }
  if (options.policy != Policy::kWait && options.policy != Policy::kOverwrite) {
    fail(Status::kBadOption, "policy: there is none of this number");
  }
  if (options.evict_after.count() < 0) fail(Status::kBadOption, "evict_after: must not be negative");
  if (options.evict_after.count() > 0 && options.policy == Policy::kOverwrite) {
    fail(Status::kBadOption, "evict_after: an overwriting ring waits for nobody, so it has nobody to evict");
  }
  if ((options.mode & ~mode_t{0666}) != 0) fail(Status::kBadOption, "mode: only read and write bits make sense");
  if (options.spin.count() < 0) fail(Status::kBadOption, "spin: must not be negative");
  if (options.type.name.size() > kMaxNameBytes) fail(Status::kBadOption, "type: the name is above 128 bytes");
}

Header make_header(const RingOptions& options) {
  Header header{};
  header.magic = algorithm::kMagic;
  header.layout_version = algorithm::kLayoutVersion;
  header.header_bytes = sizeof(Header);
  header.layout_signature = algorithm::layout_signature();
  header.capacity = options.capacity;
  header.slots_offset = algorithm::kSlotsOffset;
  header.consumers_bytes = algorithm::kConsumersBytes;
  header.max_consumers = kMaxConsumers;
  header.max_groups = kMaxGroups;
  header.policy = static_cast<std::uint32_t>(options.policy);
  header.full_fences = options.full_fences ? 1 : 0;
  header.evict_after_ns = static_cast<std::uint64_t>(options.evict_after.count());
  header.created_ns = static_cast<std::uint64_t>(read_clock(CLOCK_REALTIME));
  header.kept = options.keep ? 1 : 0;
  header.identity = random_identity();
  header.creator_uid = ::geteuid();
  header.creator_pid = static_cast<std::uint32_t>(::getpid());
  std::memcpy(header.type_name.data(), options.type.name.data(), options.type.name.size());
  header.type_size = options.type.size;
  header.type_hash = options.type.hash;
  return header;
}

Header read_header(int ring, int consumers, const std::string& what) {
  const std::uint64_t ring_bytes = size_of(ring, what);
  const auto header = read_at_start<Header>(ring, what);
  check_layout(header, what);
  if (ring_bytes < header.slots_offset + header.capacity) {
    fail(Status::kTruncated, what + ": has " + human_bytes(ring_bytes) + " of " +
                                 human_bytes(header.slots_offset + header.capacity) + "; remove the ring");
  }
  if (ring_bytes > header.slots_offset + header.capacity) {
    fail(Status::kCorrupt, what + ": the file is larger than its header says; remove the ring");
  }
  if (consumers < 0) return header;
  if (size_of(consumers, what) < header.consumers_bytes) {
    fail(Status::kTruncated, what + ": the file 'consumers' is too short; remove the ring");
  }
  const auto belonging = read_at_start<Belonging>(consumers, what);
  if (belonging.magic != algorithm::kConsumersMagic || belonging.layout_signature != header.layout_signature ||
      belonging.identity != header.identity) {
    fail(Status::kNotARing, what + ": the file 'consumers' belongs to another ring; remove the ring");
  }
  return header;
}

}  // namespace ringmain
