// SPDX-License-Identifier: MIT
#include "ringmain/error.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <system_error>

#include "fail.hpp"

namespace ringmain {

const char* describe(Status status) noexcept {
  switch (status) {
    case Status::kOk: return "ok";
    case Status::kEmpty: return "nothing to receive";
    case Status::kTimedOut: return "timed out";
    case Status::kEnd: return "end of stream";
    case Status::kNoRoom: return "no room: the slowest group is a whole ring behind";
    case Status::kProducerLost: return "the producer died without closing the ring";
    case Status::kEvicted: return "evicted: lagged longer than the ring allows";
    case Status::kRemoved: return "the ring was removed";
    case Status::kLeaseLost: return "the lease of this handle is gone";
    case Status::kConsumerLost: return "the receiving end is gone";
    case Status::kTooLarge: return "too large";
    case Status::kNotFound: return "not found";
    case Status::kExists: return "exists already";
    case Status::kBadName: return "not a valid name";
    case Status::kBadOption: return "an option makes no sense";
    case Status::kNoPermission: return "no permission";
    case Status::kNoSpace: return "no space";
    case Status::kProducerExists: return "another producer is alive";
    case Status::kInUse: return "in use";
    case Status::kTooMany: return "too many participants";
    case Status::kSquatted: return "a foreign lock holds the byte of a lease";
    case Status::kNoLocks: return "the file system keeps no locks between processes";
    case Status::kBadAddress: return "not a valid address";
    case Status::kAddressInUse: return "the address is in use";
    case Status::kUnsupported: return "not supported by this kernel or build";
    case Status::kNotARing: return "not a ring";
    case Status::kTruncated: return "truncated";
    case Status::kLayoutMismatch: return "made by another layout version";
    case Status::kTypeMismatch: return "carries another type";
    case Status::kUnclean: return "was not closed before the machine restarted";
    case Status::kCorrupt: return "corrupt";
    case Status::kBadFrame: return "not a stream of messages, or cut off within one";
    case Status::kSystem: return "system error";
  }
  return "unknown status";
}

void fail(Status status, const std::string& message, int system_error) { throw Error(status, message, system_error); }

void fail_system(const std::string& what, int system_error) {
  const std::string message = what + ": " + std::generic_category().message(system_error);
  switch (system_error) {
    case EACCES:
    case EPERM:
    case EROFS: fail(Status::kNoPermission, message, system_error);
    case ENOSPC:
    case EDQUOT: fail(Status::kNoSpace, message, system_error);
    case ENOENT: fail(Status::kNotFound, message, system_error);
    default: fail(Status::kSystem, message, system_error);
  }
}

void fail_open(const std::string& what, const char* verb, int system_error) {
  switch (system_error) {
    case ENOENT:
      fail(Status::kNotFound, what + ": no such ring; start its producer first, or look with 'ringmain ls'",
           system_error);
    case EISDIR:
    case ELOOP:
    case ENOTDIR:
    case ENXIO: fail(Status::kNotARing, what + ": not a directory with two regular files", system_error);
    case EACCES:
    case EPERM:
    case EROFS:
      fail(Status::kNoPermission,
           what + ": no permission to " + verb + " it; its owner decides with the ring's mode and group", system_error);
    default: fail_system(what, system_error);
  }
}

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 6> kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text.data();
}

}  // namespace ringmain
