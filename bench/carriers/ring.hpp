// The ring itself, through its public interface: claim, write in place, commit; receive, read in place, release.
// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>

#include "carriers/carrier.hpp"
#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"

namespace ringmain::bench {

struct RingSetup {
  std::filesystem::path directory;
  std::size_t capacity = std::size_t{8} << 20;
  std::chrono::nanoseconds spin = std::chrono::microseconds(20);  // of the consumer, before it sleeps
  std::string group{};                                            // of the consumer
};

[[noreturn, gnu::cold]] inline void throw_status(const char* what, Status status) {
  throw std::runtime_error(fmt::format("{}: {}", what, describe(status)));
}

// Every ring of a program has a name of its own; both sides know it, because it is given before the fork.
inline std::string next_ring_name() {
  static unsigned count = 0;
  return fmt::format("bench-{}", count++);
}

class Ring {
 public:
  explicit Ring(RingSetup setup) : setup_(std::move(setup)), name_(next_ring_name()) {}

  class Sender {
   public:
    Sender(const RingSetup& setup, const std::string& name)
        : producer_(Producer::create(name, {.directory = setup.directory, .capacity = setup.capacity})) {
      producer_.wait_for_consumers(1);
    }

    template <class Write>
    void send(std::size_t bytes, Write write) {
      Claim claim = producer_.claim(bytes);
      if (!claim) [[unlikely]] {
        throw_status("claim", claim.status());
      }
      write(claim.bytes().data());
      claim.commit();
    }

   private:
    Producer producer_;
  };

  class Receiver {
   public:
    explicit Receiver(Consumer&& consumer) noexcept : consumer_(std::move(consumer)) {}

    template <class Read>
    void receive(std::size_t bytes, Read read) {
      const Message message = consumer_.receive();
      if (message.bytes().size() != bytes) [[unlikely]] {
        throw_status("receive", message.status());
      }
      read(message.bytes().data());
    }

   private:
    Consumer consumer_;
  };

  Sender sender() const { return Sender(setup_, name_); }
  Receiver receiver() const { return Receiver(attach()); }
  Consumer attach() const {
    return Consumer::attach(name_, {.directory = setup_.directory,
                                    .group = setup_.group,
                                    .wait_for_ring = std::chrono::seconds(10),
                                    .spin = setup_.spin});
  }

  // The same ring; its receivers share the work.
  Ring member_of(std::string group) const {
    Ring member = *this;
    member.setup_.group = std::move(group);
    return member;
  }

 private:
  RingSetup setup_;
  std::string name_;
};

}  // namespace ringmain::bench
