// SPDX-License-Identifier: MIT
#include "attachment.hpp"

#include <unistd.h>

#include <thread>

#include "blank.hpp"
#include "clock.hpp"
#include "fail.hpp"
#include "futex.hpp"
#include "names.hpp"

namespace ringmain {

namespace {

constexpr std::chrono::seconds kBirthsPatience{5};

void check_options(const ConsumerOptions& options, Policy policy) {
  if (!options.group.empty()) check_name("group", options.group);
  if (options.durable && options.group.empty()) {
    fail(Status::kBadOption, "durable: only a named group can be; give it a name");
  }
  if (options.spectator && !options.group.empty()) {
    fail(Status::kBadOption, "spectator: only watches, so it can't share the work of group '" + options.group + "'");
  }
  if (!options.group.empty() && policy == Policy::kOverwrite) {
    fail(Status::kBadOption,
         "group '" + options.group +
             "': this ring overwrites, so a group could not promise that each message is worked on; "
             "attach without a group, or create the ring with the policy to wait");
  }
  if (options.spin.count() < 0) fail(Status::kBadOption, "spin: must not be negative");
}

}  // namespace

Attachment::Attachment(Segment opened, const ConsumerOptions& options)
    : segment(std::move(opened)), bell(reader.ring(), nullptr), spin_budget(options.spin),
      outlive_producer(options.outlive_producer || segment.header().kept != 0) {
  check_options(options, static_cast<Policy>(segment.header().policy));
  check_type(segment, options.type);
  check_clean(segment);
  if (options.spectator) {
    watch(options.start);
  } else {
    join(options);
  }
}

Attachment::~Attachment() {
  if (stopped == Status::kOk && lease) leave();
}

void Attachment::watch(Start start) {
  reader = algorithm::Reader<>(segment.ring_for_spectator(), &unseen_cursor_, nullptr, false);
  begin(start);
}

void Attachment::join(const ConsumerOptions& options) {
  lease = std::make_unique<Lease>([&] { return segment.reopen_consumers(); }, &Attachment::after_fork, this);
  take_line();
  try {
    await_remover(segment);
    if (options.group.empty()) {
      reader = algorithm::Reader<>(segment.ring(), &own().cursor, nullptr, !register_for_barriers());
      begin(options.start);
    } else {
      enter_group(options);
    }
  } catch (...) {
    leave();
    throw;
  }
  registry().activate(line, generation);
  bell = ConsumerBell(reader.ring(), &own().sleeping);
  ring_room_bell(*segment.consumers());
}

void Attachment::take_line() {
  OwnLease leases{segment, *lease};
  registry().bury(leases, /*dissolving=*/false);
  const auto taken = registry().take_line(leases, static_cast<std::uint32_t>(::getpid()));
  const std::string what = segment.what();
  if (taken.refusal == Registry::Refusal::kFull) {
    fail(Status::kTooMany, what + ": all " + std::to_string(kMaxConsumers) + " consumer lines are taken");
  }
  if (taken.refusal == Registry::Refusal::kSquatted) {
    fail(Status::kSquatted,
         what + ": foreign locks hold the leases of the free consumer lines, which only an attack does");
  }
  line = taken.line;
  generation = taken.generation;
}

void Attachment::enter_group(const ConsumerOptions& options) {
  const OwnLease leases{segment, *lease};
  const Deadline deadline(kBirthsPatience);
  while (!registry().try_births(line, generation, leases)) {
    if (deadline.passed())
      fail(Status::kInUse, "group '" + options.group + "': a process that joins is stopped; kill it");
    std::this_thread::sleep_for(kNap);
  }
  const auto enter = [&]() -> std::optional<algorithm::GroupReference> {
    if (const auto found = registry().find(options.group); found && registry().join(line, *found, options.durable)) {
      return found;
    }
    if (const auto made = registry().found(line, options.group, options.durable)) return made;
    registry().bury(leases, /*dissolving=*/true);
    return registry().found(line, options.group, options.durable);
  };
  const auto entered = enter();
  if (!entered) {
    registry().end_births(line, generation);
    fail(Status::kTooMany, segment.what() + ": all " + std::to_string(kMaxGroups) + " groups are taken");
  }
  group = *entered;
  auto& head = registry().line_of(group)->head;
  reader = algorithm::Reader<>(segment.ring(), &own().cursor, &head, !register_for_barriers());
  if (!reader.begun()) begin(options.start);  // it is new, or who made it died too early
  registry().end_births(line, generation);
}

void Attachment::begin(Start start) {
  if (reader.begin(start)) return;
  fail(Status::kCorrupt, segment.what() + ": the producer's lines contradict each other; remove the ring");
}

void Attachment::leave() noexcept {
  registry().end_births(line, generation);
  if (group.number != 0 && reader.holds()) {
    lease->drop();  // as if we had died: another member finds our message, and gets it
  } else {
    registry().leave(line, generation, LineLeases{segment});
  }
  ring_room_bell(*segment.consumers());
}

void Attachment::stop(Status why) noexcept {
  stopped = why;
  reader.defuse(blank_ring(), &blank_cursor());
  bell = ConsumerBell(reader.ring(), nullptr);
}

void Attachment::after_fork(void* attachment) noexcept {
  static_cast<Attachment*>(attachment)->stop(Status::kLeaseLost);
}

}  // namespace ringmain
