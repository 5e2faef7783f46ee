// A POSIX message queue: one system call for each message on either side, a copy into the kernel and one out of it.
// SPDX-License-Identifier: MIT
#pragma once

#include <mqueue.h>

#include <cstddef>
#include <stdexcept>
#include <vector>

#include "carriers/carrier.hpp"
#include "harness/system.hpp"

namespace ringmain::bench {

class PosixQueue {
 public:
  // As deep as this system lets it be, at most 10 messages. Throws when it doesn't allow messages of this size.
  explicit PosixQueue(std::size_t bytes);

  class Sender {
   public:
    Sender(int queue, std::size_t bytes) : queue_(queue), message_(bytes) {}

    template <class Write>
    void send(std::size_t bytes, Write write) {
      write(message_.data());
      check(::mq_send(queue_, reinterpret_cast<const char*>(message_.data()), bytes, 0), "mq_send");
    }

   private:
    int queue_;
    std::vector<std::byte> message_;
  };

  class Receiver {
   public:
    Receiver(int queue, std::size_t bytes) : queue_(queue), message_(bytes) {}

    template <class Read>
    void receive(std::size_t bytes, Read read) {
      const ssize_t got =
          check(::mq_receive(queue_, reinterpret_cast<char*>(message_.data()), message_.size(), nullptr), "mq_receive");
      if (static_cast<std::size_t>(got) != bytes) throw std::runtime_error("mq: a message of unexpected length");
      read(static_cast<const std::byte*>(message_.data()));
    }

   private:
    int queue_;
    std::vector<std::byte> message_;
  };

  Sender sender() const { return {queue_.get(), bytes_}; }
  Receiver receiver() const { return {queue_.get(), bytes_}; }

 private:
  std::size_t bytes_;
  Descriptor queue_;  // on Linux a queue's handle is a descriptor
};

}  // namespace ringmain::bench
