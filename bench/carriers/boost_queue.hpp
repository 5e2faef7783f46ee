// Boost.Lockfree's spsc_queue, as a rival. Its storage is inside the object when the capacity is a constant, so it
// works between processes too, placed in shared memory. It knows one reader, spins, and copies in. Its messages have the
// size that it was compiled for.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "carriers/carrier.hpp"
#include "harness/cpu.hpp"
#include "harness/shared_memory.hpp"

namespace ringmain::bench {

template <std::size_t kPayload, std::size_t kBufferBytes = (std::size_t{1} << 20)>
class BoostQueue {
 public:
  struct Element {
    alignas(8) std::array<std::byte, kPayload> payload;
  };
  using Queue = boost::lockfree::spsc_queue<Element, boost::lockfree::capacity<kBufferBytes / kPayload>>;

  class Sender {
   public:
    explicit Sender(Queue* queue) noexcept : queue_(queue) {}

    template <class Write>
    void send(std::size_t bytes, Write write) {
      require_size(bytes);
      Element element;
      write(element.payload.data());
      while (!queue_->push(element)) pause();
    }

   private:
    Queue* queue_;
  };

  class Receiver {
   public:
    explicit Receiver(Queue* queue) noexcept : queue_(queue) {}

    template <class Read>
    void receive(std::size_t bytes, Read read) {
      require_size(bytes);
      const auto in_place = [&](const Element& element) { read(element.payload.data()); };
      while (!queue_->consume_one(in_place)) pause();
    }

   private:
    Queue* queue_;
  };

  Sender sender() const noexcept { return Sender(queue()); }
  Receiver receiver() const noexcept { return Receiver(queue()); }

 private:
  static void require_size(std::size_t bytes) {
    if (bytes != kPayload) throw std::logic_error("BoostQueue: compiled for messages of another size");
  }

  // Shared<T> wants a trivial destructor; the queue's has nothing to give back but elements, and these are bytes.
  struct Place {
    alignas(Queue) std::array<std::byte, sizeof(Queue)> bytes;
    Place() { new (bytes.data()) Queue(); }
  };
  Queue* queue() const noexcept { return std::launder(reinterpret_cast<Queue*>(place_->bytes.data())); }

  Shared<Place> place_;
};

}  // namespace ringmain::bench
