// The C interface: outcomes.
// SPDX-License-Identifier: MIT
#include "c_interface.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <new>

#include "ringmain/channel.hpp"

namespace ringmain::c {

#define RINGMAIN_SAME(name, constant) static_assert(RINGMAIN_##name == static_cast<int>(Status::constant))
RINGMAIN_SAME(OK, kOk);
RINGMAIN_SAME(EMPTY, kEmpty);
RINGMAIN_SAME(TIMED_OUT, kTimedOut);
RINGMAIN_SAME(END, kEnd);
RINGMAIN_SAME(NO_ROOM, kNoRoom);
RINGMAIN_SAME(PRODUCER_LOST, kProducerLost);
RINGMAIN_SAME(EVICTED, kEvicted);
RINGMAIN_SAME(REMOVED, kRemoved);
RINGMAIN_SAME(LEASE_LOST, kLeaseLost);
RINGMAIN_SAME(CONSUMER_LOST, kConsumerLost);
RINGMAIN_SAME(TOO_LARGE, kTooLarge);
RINGMAIN_SAME(NOT_FOUND, kNotFound);
RINGMAIN_SAME(EXISTS, kExists);
RINGMAIN_SAME(BAD_NAME, kBadName);
RINGMAIN_SAME(BAD_OPTION, kBadOption);
RINGMAIN_SAME(NO_PERMISSION, kNoPermission);
RINGMAIN_SAME(NO_SPACE, kNoSpace);
RINGMAIN_SAME(PRODUCER_EXISTS, kProducerExists);
RINGMAIN_SAME(IN_USE, kInUse);
RINGMAIN_SAME(TOO_MANY, kTooMany);
RINGMAIN_SAME(SQUATTED, kSquatted);
RINGMAIN_SAME(NO_LOCKS, kNoLocks);
RINGMAIN_SAME(BAD_ADDRESS, kBadAddress);
RINGMAIN_SAME(ADDRESS_IN_USE, kAddressInUse);
RINGMAIN_SAME(UNSUPPORTED, kUnsupported);
RINGMAIN_SAME(NOT_A_RING, kNotARing);
RINGMAIN_SAME(TRUNCATED, kTruncated);
RINGMAIN_SAME(LAYOUT_MISMATCH, kLayoutMismatch);
RINGMAIN_SAME(TYPE_MISMATCH, kTypeMismatch);
RINGMAIN_SAME(UNCLEAN, kUnclean);
RINGMAIN_SAME(CORRUPT, kCorrupt);
RINGMAIN_SAME(BAD_FRAME, kBadFrame);
RINGMAIN_SAME(SYSTEM, kSystem);
#undef RINGMAIN_SAME

namespace {

// Of fixed size: telling of a failure must not fail.
struct LastError {
  std::array<char, 1024> message{};
  int system_error = 0;
};
thread_local LastError last_error;

}  // namespace

int failed(Status status, const char* message, int system_error) noexcept {
  std::snprintf(last_error.message.data(), last_error.message.size(), "%s", message);
  last_error.system_error = system_error;
  return number(status);
}

int caught() noexcept {
  try {
    throw;
  } catch (const Error& error) {
    return failed(error.status(), error.what(), error.system_error());
  } catch (const std::bad_alloc&) {
    return failed(Status::kSystem, "out of memory", ENOMEM);
  } catch (const std::exception& error) {
    return failed(Status::kSystem, error.what());
  } catch (...) {
    return failed(Status::kSystem, "a callback threw what is no std::exception");
  }
}

std::string_view required(const char* text, const char* what) {
  if (text == nullptr) throw Error(Status::kBadOption, std::string(what) + " is null");
  return text;
}

}  // namespace ringmain::c

using namespace ringmain;

extern "C" {

const char* ringmain_describe(int status) { return describe(static_cast<Status>(status)); }
const char* ringmain_last_error(void) { return c::last_error.message.data(); }
int ringmain_last_system_error(void) { return c::last_error.system_error; }
const char* ringmain_version(void) { return RINGMAIN_VERSION; }

uint64_t ringmain_type_hash(const char* name, uint64_t size, uint64_t alignment, const char* schema) {
  return type_hash(c::or_empty(name), size, alignment, c::or_empty(schema));
}

size_t ringmain_max_message_bytes(size_t capacity) { return max_message_bytes(capacity); }
size_t ringmain_capacity_for(size_t bytes) { return capacity_for(bytes); }

}  // extern "C"
