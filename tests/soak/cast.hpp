// Who takes part in the soak, and what each does until it is told to go, or killed.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"
#include "support/follower.hpp"
#include "support/self_checking.hpp"
#include "support/shared.hpp"

namespace ringmain::testing {

// What all of them together have done.
struct Counts {
  std::atomic<std::uint64_t> published;
  std::atomic<std::uint64_t> published_bytes;  // of the ring
  std::atomic<std::uint64_t> received;
  std::atomic<std::uint64_t> overwritten;  // lost, or borrowed and overwritten, and told so
  std::atomic<std::uint64_t> redelivered;
  std::atomic<std::uint64_t> take_overs;
  std::atomic<std::uint64_t> evictions;
  std::atomic<std::uint64_t> joins;
  std::atomic<std::uint64_t> leaves;
  std::atomic<std::uint64_t> births;
  std::atomic<std::uint64_t> removals;
};

// A part in it. What comes to pass that must not is thrown.
struct Part {
  enum class Kind { kProducer, kConsumer, kSurvivor };  // a survivor is stopped, but never killed

  Kind kind;
  std::function<void(std::uint64_t seed, const std::atomic<bool>& told_to_go)> play;
};

class Cast {
 public:
  explicit Cast(const std::filesystem::path& directory);  // makes the rings that last

  std::vector<Part> parts();

  const Counts& counts() const { return *counts_; }
  std::vector<Statistics> statistics() const;  // of the rings that last

  void look() const;                  // at all rings, from outside
  void close_rings() const;           // when no producer is left
  void expect_all_went_well() const;  // when nobody is left
  void remove_rings() const;

 private:
  struct Ring {
    std::string name;
    RingOptions options;
    Stream stream;
    Shared<std::atomic<std::uint64_t>> published{};  // surely
  };
  using Told = const std::atomic<bool>&;

  RingOptions options_of(const Ring& ring) const;
  Follower attach(const Ring& ring, ConsumerOptions options, Follower::Group group = Follower::Group::kOwn,
                  const Tally* tally = nullptr) const;
  std::array<const Ring*, 3> lasting_rings() const { return {&reliable_, &overwriting_, &evicting_}; }

  // The parts.
  void produce(const Ring& ring, std::uint64_t seed, Told told_to_go) const;
  void follow(const Ring& ring, const ConsumerOptions& options, Told told_to_go) const;
  void survive(Told told_to_go) const;
  void share(const Ring& ring, const ConsumerOptions& options, const Tally* tally, std::uint64_t seed,
             Told told_to_go) const;
  void wait_for_two(Told told_to_go) const;
  void make_and_remove(std::uint64_t seed, Told told_to_go) const;
  void follow_fleeting(Told told_to_go) const;
  void remove_now_and_then(std::uint64_t seed, Told told_to_go) const;

  ringmain::Producer take_over(const Ring& ring) const;
  void fill_fleeting(ringmain::Producer producer, std::uint64_t& lot, Told told_to_go) const;
  Status receive_until_told(Follower& follower, Told told_to_go) const;
  template <class Receive>
  Status counted(Follower& follower, Receive&& receive) const;

  std::filesystem::path directory_;
  Shared<Counts> counts_{};
  Shared<std::atomic<bool>> closed_{};  // for good
  Tally tally_{std::uint64_t{1} << 16};
  Ring reliable_{"reliable", {.capacity = std::size_t{256} << 10}, Stream(31, 16, 2000)};
  Ring overwriting_{
      "overwriting", {.capacity = std::size_t{128} << 10, .policy = Policy::kOverwrite}, Stream(32, 16, 2000)};
  Ring evicting_{"evicting",
                 {.capacity = std::size_t{64} << 10, .evict_after = std::chrono::milliseconds(30)},
                 Stream(33, 16, 1000)};
  Ring fleeting_{"fleeting", {.capacity = std::size_t{64} << 10}, Stream(34, 16, 600)};
};

}  // namespace ringmain::testing
