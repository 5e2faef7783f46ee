// SPDX-License-Identifier: MIT
#include "soak/cast.hpp"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "ringmain/wait_set.hpp"
#include "support/child.hpp"
#include "support/mix.hpp"
#include "support/publishing.hpp"

namespace ringmain::testing {

namespace {

constexpr const char* kWorkers = "workers";  // of the reliable ring: durable, so that nothing is lost with its members
constexpr const char* kPool = "pool";        // of the evicting ring
constexpr std::chrono::milliseconds kLook{20};  // after which one looks whether it is told to go

// What may go wrong since somebody else makes or removes the same ring, or is stopped while he joins the same group.
bool may_happen(Status status) {
  return status == Status::kNotFound || status == Status::kExists || status == Status::kInUse ||
         status == Status::kProducerExists;
}

// True: done; false: somebody was in the way.
template <class Try>
bool succeeds(Try&& attempt) {
  try {
    attempt();
    return true;
  } catch (const Error& error) {
    if (!may_happen(error.status())) throw;
    return false;
  }
}

}  // namespace

Cast::Cast(const std::filesystem::path& directory) : directory_(directory) {
  for (const Ring* ring : lasting_rings()) ringmain::Producer::create(ring->name, options_of(*ring)).abandon();
  (void)attach(reliable_, {.group = kWorkers, .durable = true});  // it keeps its place
}

std::vector<Part> Cast::parts() {
  using Kind = Part::Kind;
  const auto producer = [this](const Ring& ring) {
    return Part{Kind::kProducer, [&](std::uint64_t seed, Told told) { produce(ring, seed, told); }};
  };
  const auto follower = [this](const Ring& ring, bool spectator = false) {
    return Part{Kind::kConsumer,
                [=, this, &ring](std::uint64_t, Told told) { follow(ring, {.spectator = spectator}, told); }};
  };
  const auto worker = Part{Kind::kConsumer, [this](std::uint64_t seed, Told told) {
                             share(reliable_, {.group = kWorkers, .durable = true}, &tally_, seed, told);
                           }};
  const auto pooled = Part{Kind::kConsumer, [this](std::uint64_t seed, Told told) {
                             share(evicting_, {.group = kPool}, nullptr, seed, told);
                           }};
  return {
      producer(reliable_),
      producer(overwriting_),
      producer(evicting_),
      {Kind::kProducer, [this](std::uint64_t seed, Told told) { make_and_remove(seed, told); }},
      {Kind::kProducer, [this](std::uint64_t seed, Told told) { remove_now_and_then(seed, told); }},
      {Kind::kSurvivor, [this](std::uint64_t, Told told) { survive(told); }},
      {Kind::kSurvivor, [this](std::uint64_t, Told told) { wait_for_two(told); }},
      follower(reliable_),
      follower(reliable_, /*spectator=*/true),
      follower(overwriting_),
      follower(overwriting_, /*spectator=*/true),
      follower(evicting_),
      follower(evicting_),
      worker,
      worker,
      worker,
      pooled,
      pooled,
      {Kind::kConsumer, [this](std::uint64_t, Told told) { follow_fleeting(told); }},
      {Kind::kConsumer, [this](std::uint64_t, Told told) { follow_fleeting(told); }},
  };
}

RingOptions Cast::options_of(const Ring& ring) const {
  RingOptions options = ring.options;
  options.directory = directory_;
  options.spin = std::chrono::nanoseconds{0};
  return options;
}

Follower Cast::attach(const Ring& ring, ConsumerOptions options, Follower::Group group, const Tally* tally) const {
  options.directory = directory_;
  options.spin = std::chrono::nanoseconds{0};
  Follower follower(ringmain::Consumer::attach(ring.name, options), ring.stream, group, tally);
  counts_->joins.fetch_add(1);
  return follower;
}

// --- producers

ringmain::Producer Cast::take_over(const Ring& ring) const {
  std::optional<ringmain::Producer> producer;
  while (!succeeds([&] { producer.emplace(ringmain::Producer::open(ring.name, {.directory = directory_})); })) {
    ::usleep(100);
  }
  counts_->take_overs.fetch_add(1);
  return std::move(*producer);
}

void Cast::produce(const Ring& ring, std::uint64_t seed, Told told_to_go) const {
  auto producer = take_over(ring);
  const Statistics found = ringmain::statistics(ring.name, directory_);
  require(found.messages >= ring.published->load(), "committed messages are lost");
  MixedPublisher publisher(producer, ring.stream, seed, found.messages);
  for (std::uint64_t steps = 1; !told_to_go.load(); ++steps) {
    const std::uint64_t before = publisher.next();
    const std::uint64_t position = producer.position();
    ring.published->store(before);
    publisher.step(~std::uint64_t{0});
    counts_->published.fetch_add(publisher.next() - before);
    counts_->published_bytes.fetch_add(producer.position() - position);
    if (steps % 64 == 0) ::usleep(50);
  }
  if (seed % 2 == 0) producer.abandon();
}

// Each for a while; the ring is made anew, or taken over from one who was killed, and removed.
void Cast::make_and_remove(std::uint64_t seed, Told told_to_go) const {
  std::uint64_t lot = seed;
  while (!told_to_go.load()) {
    const auto make = [&] { return ringmain::Producer::create(fleeting_.name, options_of(fleeting_)); };
    const auto open = [&] { return ringmain::Producer::open(fleeting_.name, {.directory = directory_}); };
    if (succeeds([&] { fill_fleeting(make(), lot, told_to_go); })) continue;
    succeeds([&] { fill_fleeting(open(), lot, told_to_go); });
  }
}

void Cast::fill_fleeting(ringmain::Producer producer, std::uint64_t& lot, Told told_to_go) const {
  counts_->births.fetch_add(1);
  std::uint64_t next = ringmain::statistics(fleeting_.name, directory_).messages;
  const std::uint64_t end = next + mix(lot) % 5000;
  while (next < end && !told_to_go.load()) {
    const std::uint64_t position = producer.position();
    const auto message = fleeting_.stream.message(next, position);
    const Status status = producer.publish_for(message, kLook, Stream::type_of(next));
    if (status == Status::kRemoved) return;
    require(status == Status::kOk || status == Status::kTimedOut, describe(status));
    if (status != Status::kOk) continue;
    counts_->published.fetch_add(1);
    counts_->published_bytes.fetch_add(producer.position() - position);
    if (++next % 64 == 0) ::usleep(50);
  }
  switch (mix(lot) % 3) {
    case 0: return producer.close_and_remove();
    case 1: return producer.remove();
    default: return producer.abandon();
  }
}

void Cast::remove_now_and_then(std::uint64_t seed, Told told_to_go) const {
  std::uint64_t lot = seed;
  while (!told_to_go.load()) {
    ::usleep(static_cast<useconds_t>(mix(lot) % 100'000));
    const bool force = mix(lot) % 2 == 0;
    if (succeeds([&] { ringmain::remove(fleeting_.name, directory_, force); })) counts_->removals.fetch_add(1);
    (void)ringmain::list(directory_);
  }
}

// --- consumers

template <class Receive>
Status Cast::counted(Follower& follower, Receive&& receive) const {
  const auto lost = [&] { return follower.consumer().lost() + follower.overwritten(); };
  const std::uint64_t received = follower.received();
  const std::uint64_t overwritten = lost();
  const std::uint64_t redelivered = follower.redelivered();
  const Status status = receive();
  counts_->received.fetch_add(follower.received() - received);
  counts_->overwritten.fetch_add(lost() - overwritten);
  counts_->redelivered.fetch_add(follower.redelivered() - redelivered);
  return status;
}

// kTimedOut: it was told; else what ended the ring for it.
Status Cast::receive_until_told(Follower& follower, Told told_to_go) const {
  while (!told_to_go.load()) {
    const Status status = counted(follower, [&] { return follower.receive_for(kLook); });
    if (status == Status::kEnd && !closed_->load()) {
      ::usleep(1000);  // another producer comes
    } else if (status != Status::kOk && status != Status::kTimedOut) {
      return status;
    }
  }
  counts_->leaves.fetch_add(1);
  return Status::kTimedOut;
}

void Cast::follow(const Ring& ring, const ConsumerOptions& options, Told told_to_go) const {
  ConsumerOptions patient = options;
  patient.outlive_producer = true;
  Follower follower = attach(ring, patient);
  const Status status = receive_until_told(follower, told_to_go);
  if (status == Status::kEvicted) counts_->evictions.fetch_add(1);
  const bool evicted = status == Status::kEvicted && ring.options.evict_after.count() != 0;
  require(status == Status::kTimedOut || status == Status::kEnd || evicted, describe(status));
}

// Sees every message from the first to the last.
void Cast::survive(Told told_to_go) const {
  Follower follower = attach(reliable_, {.start = Start::oldest(), .outlive_producer = true});
  const Status status = receive_until_told(follower, told_to_go);
  require(status == Status::kEnd, describe(status));
  require(follower.next() == ringmain::statistics(reliable_.name, directory_).messages, "missed the last message");
}

// Now and then it works on a message for long.
void Cast::share(const Ring& ring, const ConsumerOptions& options, const Tally* tally, std::uint64_t seed,
                 Told told_to_go) const {
  ConsumerOptions patient = options;
  patient.start = Start::oldest();
  patient.outlive_producer = true;
  std::optional<Follower> member;
  if (!succeeds([&] { member.emplace(attach(ring, patient, Follower::Group::kShared, tally)); })) return;
  std::uint64_t lot = seed;
  const auto work = [&] {
    const Message message = member->consumer().receive_for(kLook);
    if (message && mix(lot) % 16 == 0) ::usleep(100);
    return member->check(message);
  };
  while (!told_to_go.load()) {
    const Status status = counted(*member, work);
    if (status == Status::kEvicted && ring.options.evict_after.count() != 0) {
      counts_->evictions.fetch_add(1);
      return;
    }
    if (status == Status::kEnd && closed_->load()) return;
    if (status == Status::kEnd) ::usleep(1000);
    require(status == Status::kOk || status == Status::kTimedOut || status == Status::kEnd, describe(status));
  }
  counts_->leaves.fetch_add(1);
}

void Cast::wait_for_two(Told told_to_go) const {
  const ConsumerOptions patient{.outlive_producer = true};
  Follower reliable = attach(reliable_, patient);
  Follower overwriting = attach(overwriting_, patient);
  WaitSet set;
  set.add(reliable.consumer());
  set.add(overwriting.consumer());
  while (set.size() != 0) {
    require(!told_to_go.load(), "a survivor is told to go");
    ringmain::Consumer* const ready = set.wait(kLook);
    if (ready == nullptr) continue;
    Follower& follower = ready == &reliable.consumer() ? reliable : overwriting;
    const Status status = counted(follower, [&] { return follower.try_receive(); });
    require(status == Status::kOk || status == Status::kEmpty || status == Status::kEnd, describe(status));
    if (status != Status::kEnd) continue;
    if (closed_->load()) {
      set.remove(*ready);
    } else {
      ::usleep(1000);
    }
  }
}

// Of each ring of that name that it finds.
void Cast::follow_fleeting(Told told_to_go) const {
  while (!told_to_go.load() && !closed_->load()) {
    succeeds([&] {
      Follower follower =
          attach(fleeting_, {.start = Start::oldest(), .wait_for_ring = kLook, .outlive_producer = true});
      Status status = Status::kOk;
      while (!told_to_go.load() && !closed_->load() && (status == Status::kOk || status == Status::kTimedOut)) {
        status = counted(follower, [&] { return follower.receive_for(kLook); });
      }
      const bool went_on = status == Status::kOk || status == Status::kTimedOut;
      require(went_on || status == Status::kEnd || status == Status::kRemoved, describe(status));
    });
  }
}

// --- the end

std::vector<Statistics> Cast::statistics() const {
  std::vector<Statistics> all;
  for (const Ring* ring : lasting_rings()) all.push_back(ringmain::statistics(ring->name, directory_));
  return all;
}

void Cast::look() const {
  for (const std::string& name : ringmain::list(directory_)) {
    succeeds([&] { (void)ringmain::statistics(name, directory_); });
  }
}

void Cast::close_rings() const {
  for (const Ring* ring : lasting_rings()) {
    const auto last = ringmain::Producer::open(ring->name, {.directory = directory_});
    require(ringmain::statistics(ring->name, directory_).messages >= ring->published->load(),
            "committed messages are lost");
  }
  closed_->store(true);
}

void Cast::expect_all_went_well() const {
  const std::uint64_t total = ringmain::statistics(reliable_.name, directory_).messages;
  for (std::uint64_t number = total - std::min(total, tally_.window()); number < total; ++number) {
    require(tally_.came(number), "message " + std::to_string(number) + " never came to the group");
  }
  ringmain::remove_group(reliable_.name, kWorkers, directory_);
  for (const Ring* ring : lasting_rings()) {
    { const auto buries = ringmain::Consumer::attach(ring->name, {.directory = directory_}); }
    const Statistics last = ringmain::statistics(ring->name, directory_);
    require(last.consumers.empty() && last.groups.empty(), "somebody is left over in ring '" + ring->name + "'");
  }
}

void Cast::remove_rings() const {
  for (const std::string& name : ringmain::list(directory_)) ringmain::remove(name, directory_);
  require(ringmain::list(directory_).empty() && std::filesystem::is_empty(directory_), "something is left over");
}

}  // namespace ringmain::testing
