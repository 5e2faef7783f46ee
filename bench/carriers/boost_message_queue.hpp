// Boost.Interprocess message_queue: in shared memory, under a mutex, with condition variables; copies in and out.
// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <boost/interprocess/ipc/message_queue.hpp>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "carriers/carrier.hpp"

namespace ringmain::bench {

class BoostMessageQueue {
 public:
  explicit BoostMessageQueue(std::size_t bytes) : bytes_(bytes) {
    namespace ipc = boost::interprocess;
    static unsigned count = 0;
    const std::string name = "ringmain-bench-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
    const std::size_t depth = bytes > kBufferBytes / 4 ? 4 : std::min(kBufferBytes / bytes, kMostMessages);
    queue_ = std::make_unique<ipc::message_queue>(ipc::create_only, name.c_str(), depth, bytes);
    ipc::message_queue::remove(name.c_str());  // the children inherit the mapping; nothing is left behind
  }

  class Sender {
   public:
    Sender(boost::interprocess::message_queue* queue, std::size_t bytes) : queue_(queue), message_(bytes) {}

    template <class Write>
    void send(std::size_t bytes, Write write) {
      write(message_.data());
      queue_->send(message_.data(), bytes, 0);
    }

   private:
    boost::interprocess::message_queue* queue_;
    std::vector<std::byte> message_;
  };

  class Receiver {
   public:
    Receiver(boost::interprocess::message_queue* queue, std::size_t bytes) : queue_(queue), message_(bytes) {}

    template <class Read>
    void receive(std::size_t bytes, Read read) {
      boost::interprocess::message_queue::size_type got = 0;
      unsigned priority = 0;
      queue_->receive(message_.data(), message_.size(), got, priority);
      if (got != bytes) throw std::runtime_error("Boost message_queue: a message of unexpected length");
      read(static_cast<const std::byte*>(message_.data()));
    }

   private:
    boost::interprocess::message_queue* queue_;
    std::vector<std::byte> message_;
  };

  Sender sender() const { return {queue_.get(), bytes_}; }
  Receiver receiver() const { return {queue_.get(), bytes_}; }

 private:
  static constexpr std::size_t kBufferBytes = std::size_t{8} << 20;
  static constexpr std::size_t kMostMessages = 8192;

  std::size_t bytes_;
  std::unique_ptr<boost::interprocess::message_queue> queue_;
};

}  // namespace ringmain::bench
