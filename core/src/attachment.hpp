// A consumer's place in a ring: its line, its lease, its group; taken by the constructor, left by the destructor.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "bell.hpp"
#include "leases.hpp"
#include "ringmain/algorithm/reader.hpp"
#include "ringmain/algorithm/registry.hpp"
#include "ringmain/consumer.hpp"
#include "segment.hpp"

namespace ringmain {

struct Attachment {
  using Registry = algorithm::Registry<algorithm::NativeMemory>;

  // Throws as Consumer::attach does.
  Attachment(Segment opened, const ConsumerOptions& options);
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;
  ~Attachment();

  Registry registry() const noexcept { return Registry(*segment.consumers()); }
  algorithm::NativeConsumerLine& own() const noexcept { return segment.consumers()->lines[line]; }

  // From now on this handle finds nothing and touches nothing that is shared.
  void stop(Status why) noexcept;

  Segment segment;
  std::unique_ptr<Lease> lease;  // null: a spectator
  std::size_t line = 0;
  std::uint32_t generation = 0;
  algorithm::GroupReference group{};
  algorithm::Reader<> reader;
  ConsumerBell bell;
  std::chrono::nanoseconds spin_budget;
  bool outlive_producer;
  Status stopped = Status::kOk;  // why this handle does nothing any more

 private:
  void watch(Start start);
  void join(const ConsumerOptions& options);
  void take_line();
  void enter_group(const ConsumerOptions& options);
  void begin(Start start);
  void leave() noexcept;
  static void after_fork(void* attachment) noexcept;

  std::atomic<std::uint64_t> unseen_cursor_{0};  // a spectator's
};

}  // namespace ringmain
