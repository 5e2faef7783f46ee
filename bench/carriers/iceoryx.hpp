// Eclipse iceoryx 2.0 (the C++ one): zero-copy in shared memory that a daemon hands out. The receiver polls.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "carriers/carrier.hpp"
#include "harness/cpu.hpp"
#include "iceoryx_posh/popo/untyped_publisher.hpp"
#include "iceoryx_posh/popo/untyped_subscriber.hpp"

namespace ringmain::bench {

class Iceoryx {
 public:
  static constexpr std::size_t kLargest = (std::size_t{4} << 20) - 4096;  // bytes, with the daemon's default pools

  explicit Iceoryx(std::size_t bytes);

  class Sender {
   public:
    explicit Sender(const iox::capro::ServiceDescription& service);

    template <class Write>
    void send(std::size_t bytes, Write write) {
      bool sent = false;
      while (!sent) {
        publisher_->loan(static_cast<std::uint32_t>(bytes), kAlignment)
            .and_then([&](void* payload) {
              write(static_cast<std::byte*>(payload));
              publisher_->publish(payload);
              sent = true;
            })
            .or_else([](auto&) { pause(); });  // every chunk is on its way
      }
    }

   private:
    static constexpr std::uint32_t kAlignment = 16;
    std::unique_ptr<iox::popo::UntypedPublisher> publisher_;
  };

  class Receiver {
   public:
    Receiver(const iox::capro::ServiceDescription& service, std::uint64_t queue);

    template <class Read>
    void receive(std::size_t /*bytes*/, Read read) {
      bool received = false;
      while (!received) {
        subscriber_->take()
            .and_then([&](const void* payload) {
              read(static_cast<const std::byte*>(payload));
              subscriber_->release(payload);
              received = true;
            })
            .or_else([](auto&) { pause(); });
      }
    }

   private:
    std::unique_ptr<iox::popo::UntypedSubscriber> subscriber_;
  };

  Sender sender() const;
  Receiver receiver() const;

 private:
  std::string name_;
  std::uint64_t queue_;  // messages
};

// The daemon that all of them need, as a child, until this program ends. Does nothing when one runs already. Throws when
// there is none.
void start_iceoryx_daemon();

}  // namespace ringmain::bench
