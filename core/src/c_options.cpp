// The C interface: options.
// SPDX-License-Identifier: MIT
#include <string>

#include "c_interface.hpp"

namespace ringmain::c {

// The ABI: a field that moves breaks every program that is already compiled.
#define RINGMAIN_AT(type, member, offset) static_assert(offsetof(type, member) == (offset), "ABI: " #member)
RINGMAIN_AT(ringmain_ring_options, directory, 8);
RINGMAIN_AT(ringmain_ring_options, capacity, 16);
RINGMAIN_AT(ringmain_ring_options, policy, 24);
RINGMAIN_AT(ringmain_ring_options, mode, 28);
RINGMAIN_AT(ringmain_ring_options, group, 32);
RINGMAIN_AT(ringmain_ring_options, evict_after_ns, 40);
RINGMAIN_AT(ringmain_ring_options, spin_ns, 48);
RINGMAIN_AT(ringmain_ring_options, type, 56);
RINGMAIN_AT(ringmain_ring_options, full_fences, 80);
RINGMAIN_AT(ringmain_ring_options, keep, 84);
RINGMAIN_AT(ringmain_ring_options, take_over, 88);
RINGMAIN_AT(ringmain_open_options, directory, 8);
RINGMAIN_AT(ringmain_open_options, spin_ns, 16);
RINGMAIN_AT(ringmain_open_options, type, 24);
RINGMAIN_AT(ringmain_open_options, force_unclean, 48);
RINGMAIN_AT(ringmain_consumer_options, directory, 8);
RINGMAIN_AT(ringmain_consumer_options, group, 16);
RINGMAIN_AT(ringmain_consumer_options, start_position, 24);
RINGMAIN_AT(ringmain_consumer_options, wait_for_ring_ns, 32);
RINGMAIN_AT(ringmain_consumer_options, spin_ns, 40);
RINGMAIN_AT(ringmain_consumer_options, type, 48);
RINGMAIN_AT(ringmain_consumer_options, start, 72);
RINGMAIN_AT(ringmain_consumer_options, durable, 76);
RINGMAIN_AT(ringmain_consumer_options, spectator, 80);
RINGMAIN_AT(ringmain_consumer_options, outlive_producer, 84);
#undef RINGMAIN_AT
static_assert(sizeof(ringmain_type) == 24 && sizeof(ringmain_ring_options) == 96);
static_assert(sizeof(ringmain_open_options) == 56 && sizeof(ringmain_consumer_options) == 88);

static_assert(RINGMAIN_WAIT == static_cast<int>(Policy::kWait));
static_assert(RINGMAIN_OVERWRITE == static_cast<int>(Policy::kOverwrite));
static_assert(RINGMAIN_FOREVER == kForever.count());
static_assert(RINGMAIN_NAME_SIZE > kMaxNameBytes);

namespace {

[[noreturn]] void refuse(const char* message) { throw Error(Status::kBadOption, message); }

TypeIdentity type_from(const ringmain_type& type) {
  return {.name = std::string(or_empty(type.name)), .size = type.size, .hash = type.hash};
}

Start start_from(const ringmain_consumer_options& options) {
  switch (options.start) {
    case RINGMAIN_LATEST: return Start::latest();
    case RINGMAIN_OLDEST: return Start::oldest();
    case RINGMAIN_AT: return Start::at(options.start_position);
    case RINGMAIN_LAST: return Start::last();
    default: refuse("start is none of RINGMAIN_LATEST, RINGMAIN_OLDEST, RINGMAIN_AT, RINGMAIN_LAST");
  }
}

// The defaults have one home: the C++ structs.
ringmain_ring_options default_ring_options() noexcept {
  const RingOptions defaults;
  ringmain_ring_options options{};
  options.capacity = defaults.capacity;
  options.policy = static_cast<std::uint32_t>(defaults.policy);
  options.mode = defaults.mode;
  options.evict_after_ns = defaults.evict_after.count();
  options.spin_ns = defaults.spin.count();
  options.full_fences = defaults.full_fences ? 1 : 0;
  options.keep = defaults.keep ? 1 : 0;
  options.take_over = defaults.take_over ? 1 : 0;
  return options;
}

ringmain_open_options default_open_options() noexcept {
  const OpenOptions defaults;
  ringmain_open_options options{};
  options.spin_ns = defaults.spin.count();
  options.force_unclean = defaults.force_unclean ? 1 : 0;
  return options;
}

ringmain_consumer_options default_consumer_options() noexcept {
  const ConsumerOptions defaults;
  ringmain_consumer_options options{};
  options.wait_for_ring_ns = defaults.wait_for_ring.count();
  options.spin_ns = defaults.spin.count();
  options.start = RINGMAIN_LATEST;
  options.durable = defaults.durable ? 1 : 0;
  options.spectator = defaults.spectator ? 1 : 0;
  options.outlive_producer = defaults.outlive_producer ? 1 : 0;
  return options;
}

}  // namespace

void require_zero(const void* given, std::size_t known, std::size_t size) {
  const auto* bytes = static_cast<const std::byte*>(given);
  for (std::size_t i = known; i < size; ++i) {
    if (bytes[i] != std::byte{0}) refuse("an option is set that this version of the library doesn't know");
  }
}

RingOptions options_from(const ringmain_ring_options* given) {
  const ringmain_ring_options options = known_part(given, default_ring_options());
  if (options.policy > RINGMAIN_OVERWRITE) refuse("policy is neither RINGMAIN_WAIT nor RINGMAIN_OVERWRITE");
  if (options.reserved != 0) refuse("reserved isn't 0");
  RingOptions result;
  result.directory = or_empty(options.directory);
  result.capacity = options.capacity;
  result.policy = static_cast<Policy>(options.policy);
  result.evict_after = std::chrono::nanoseconds{options.evict_after_ns};
  result.mode = options.mode;
  result.group = or_empty(options.group);
  result.full_fences = options.full_fences != 0;
  result.keep = options.keep != 0;
  result.take_over = options.take_over != 0;
  result.type = type_from(options.type);
  result.spin = timeout(options.spin_ns);
  return result;
}

OpenOptions options_from(const ringmain_open_options* given) {
  const ringmain_open_options options = known_part(given, default_open_options());
  if (options.reserved != 0) refuse("reserved isn't 0");
  OpenOptions result;
  result.directory = or_empty(options.directory);
  result.force_unclean = options.force_unclean != 0;
  result.type = type_from(options.type);
  result.spin = timeout(options.spin_ns);
  return result;
}

ConsumerOptions options_from(const ringmain_consumer_options* given) {
  const ringmain_consumer_options options = known_part(given, default_consumer_options());
  ConsumerOptions result;
  result.directory = or_empty(options.directory);
  result.group = or_empty(options.group);
  result.durable = options.durable != 0;
  result.start = start_from(options);
  result.spectator = options.spectator != 0;
  result.wait_for_ring = timeout(options.wait_for_ring_ns);
  result.spin = timeout(options.spin_ns);
  result.outlive_producer = options.outlive_producer != 0;
  result.type = type_from(options.type);
  return result;
}

}  // namespace ringmain::c

using namespace ringmain::c;

extern "C" {

int ringmain_ring_options_init(ringmain_ring_options* options, size_t struct_size) {
  return initialise(options, struct_size, default_ring_options());
}

int ringmain_open_options_init(ringmain_open_options* options, size_t struct_size) {
  return initialise(options, struct_size, default_open_options());
}

int ringmain_consumer_options_init(ringmain_consumer_options* options, size_t struct_size) {
  return initialise(options, struct_size, default_consumer_options());
}

}  // extern "C"
