// From one sender to several readers. A ring can do it by itself; of a carrier that knows one reader only, each reader
// gets a channel of its own, and the sender fills them all, or each in turn.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "carriers/carrier.hpp"
#include "carriers/ring.hpp"

namespace ringmain::bench {

enum class Sharing : std::uint8_t { kEveryMessageEach, kEachMessageOnce };

template <Carrier C>
class Channels {
 public:
  template <class... Arguments>
  Channels(Sharing sharing, std::size_t readers, const Arguments&... arguments) : sharing_(sharing) {
    for (std::size_t i = 0; i < readers; ++i) channels_.push_back(std::make_unique<C>(arguments...));
  }

  class Sender {
   public:
    explicit Sender(const Channels& channels) : sharing_(channels.sharing_) {
      for (const auto& channel : channels.channels_) senders_.push_back(channel->sender());
    }

    template <class Write>
    void send(std::size_t bytes, Write write) {
      if (sharing_ == Sharing::kEachMessageOnce) {
        senders_[next_++ % senders_.size()].send(bytes, write);
        return;
      }
      for (auto& sender : senders_) sender.send(bytes, write);
    }

   private:
    Sharing sharing_;
    std::vector<decltype(std::declval<C&>().sender())> senders_{};
    std::size_t next_ = 0;
  };

  Sender sender() const { return Sender(*this); }
  auto receiver(std::size_t reader) const { return channels_[reader]->receiver(); }

 private:
  Sharing sharing_;
  std::vector<std::unique_ptr<C>> channels_{};
};

// One ring. Readers of every message are a group each, readers that share the work are members of one group.
template <>
class Channels<Ring> {
 public:
  Channels(Sharing sharing, std::size_t /*readers*/, const RingSetup& setup)
      : everybody_(setup), workers_(everybody_.member_of("workers")), sharing_(sharing) {}

  Ring::Sender sender() const { return everybody_.sender(); }
  Ring::Receiver receiver(std::size_t /*reader*/) const {
    return sharing_ == Sharing::kEveryMessageEach ? everybody_.receiver() : workers_.receiver();
  }

 private:
  Ring everybody_;
  Ring workers_;
  Sharing sharing_;
};

}  // namespace ringmain::bench
