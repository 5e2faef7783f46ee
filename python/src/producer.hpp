// The producer as Python has it: any thread may use it, arrays that are being written outlive it.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "encode.hpp"
#include "memory.hpp"
#include "numpy.hpp"
#include "ringmain/producer.hpp"
#include "turn.hpp"

namespace ringmain::python {

class Claim;

class Producer final : public Memory::Owner {
 public:
  struct Settings {
    bool spins = true;            // a wait may keep the GIL for a moment
    bool splits = false;          // what is too large goes in parts, see parts.hpp
    const char* dumps = "dumps";  // of ringmain/_pickling.py
  };

  Producer(ringmain::Producer producer, const Settings& settings)
      : settings_(settings), producer_(std::move(producer)), capacity_(producer_->capacity()),
        max_message_(producer_->max_message()), kept_(producer_->kept()) {}

  // What Python calls. `go_on` is None, or is called every 50 ms while waiting for room; false: nobody will make any.
  // Whatever raises has sent nothing.
  void send(nb::handle object, std::uint16_t type, nb::handle timeout, nb::handle go_on);
  bool try_send(nb::handle object, std::uint16_t type);
  std::size_t send_many(nb::handle objects, nb::handle timeout);
  void wait_for_consumers(std::size_t count, nb::handle timeout);
  void close();  // and removes the ring
  void abandon();

  std::uint64_t position() const noexcept { return producer_ ? producer_->position() : last_position_; }
  std::size_t capacity() const noexcept { return capacity_; }
  std::size_t max_message() const noexcept { return max_message_; }
  bool closed() const noexcept { return closed_; }
  bool kept() const noexcept { return kept_; }

 private:
  friend class Claim;
  friend class Turn<Producer>;
  void check();
  Status wait_for(nb::handle timeout, nb::handle go_on, std::size_t bytes);
  Status wait_for_batch(nb::handle timeout, std::size_t bytes);
  bool send_short(nb::handle object, std::uint16_t type);
  Status publish(const Encoded& message);
  void send_whole(const Encoded& message, nb::handle timeout, nb::handle go_on);
  void send_in_parts(const Encoded& message, nb::handle timeout, nb::handle go_on);
  ringmain::Claim claim(std::size_t bytes, nb::handle timeout, nb::handle go_on);
  [[noreturn]] void fail(Status status, std::size_t bytes) const;
  enum class Ending { kNone, kRemove, kAbandon };
  void end(Ending ending);
  void finish();
  void leave_ring(Ending ending);
  void finish_closing() noexcept;
  void give_back(std::uint64_t) noexcept override;  // of a claim's memory
  void leave_if_done() noexcept;

  Settings settings_;
  std::optional<ringmain::Producer> producer_;  // until it has ended, and no claim's memory is in use
  std::size_t capacity_;
  std::size_t max_message_;
  bool kept_;
  std::uint64_t last_position_ = 0;
  std::size_t in_use_ = 0;  // memories of claims
  bool ended_ = false;
  bool claimed_ = false;  // a Claim is open
  bool closed_ = false;
  Ending ending_ = Ending::kNone;  // still to be done
  ArrayShapes array_shapes_;       // of claims
  Turnstile turnstile_;
};

inline Producer& producer_of(nb::handle object) { return *nb::inst_ptr<Producer>(object); }

void bind_producer(nb::module_& module);

}  // namespace ringmain::python
