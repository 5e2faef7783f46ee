// Any carrier of the transport library, as people use it: opened by its address, reached through the virtual interface,
// each message flushed when it is committed, or every so many.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "carriers/carrier.hpp"
#include "harness/cpu.hpp"
#include "harness/system.hpp"
#include "ringmain/transport/address.hpp"

namespace ringmain::bench {

enum class Scheme : std::uint8_t { kPipe, kUnix, kSeqpacket, kTcp, kUringUnix, kUringTcp, kSpsc, kRing };

struct TransportSetup {
  Scheme scheme = Scheme::kUnix;
  std::filesystem::path directory{};
  std::size_t bytes = 0;  // of a message, at most
  std::size_t batch = 1;  // messages between flushes
};

class Transported {
 public:
  // Finds two addresses that nobody uses yet.
  explicit Transported(TransportSetup setup);

  std::size_t largest() const;  // message, in bytes; opens both ends to find out, in this process

  class Sender {
   public:
    Sender(const std::string& address, std::size_t batch) : sink_(transport::open_sink(address)), batch_(batch) {}

    template <class Write>
    void send(std::size_t bytes, Write write) {
      write(sink_->claim(bytes));
      sink_->commit(bytes);
      if (++gathered_ < batch_) return;
      gathered_ = 0;
      sink_->flush();
    }

    // At the end of a round.
    void flush() { sink_->flush(); }

   private:
    std::unique_ptr<transport::Sink> sink_;
    std::size_t batch_;
    std::size_t gathered_ = 0;
  };

  class Receiver {
   public:
    explicit Receiver(const std::string& address) : source_(transport::open_source(address)) {}

    template <class Read>
    void receive(std::size_t bytes, Read read) {
      if (source_->receive() != Status::kOk || source_->message().bytes.size() != bytes) [[unlikely]] {
        throw std::runtime_error("transport: the stream ended early, or a message has an unexpected length");
      }
      read(source_->message().bytes.data());
      source_->release();
    }

   private:
    std::unique_ptr<transport::Source> source_;
  };

  Sender sender() const { return {sink_, setup_.batch}; }
  Receiver receiver() const { return Receiver(source_); }

 private:
  TransportSetup setup_;
  Descriptor pipe_read_{};
  Descriptor pipe_write_{};
  std::string source_{};
  std::string sink_{};
};

}  // namespace ringmain::bench
