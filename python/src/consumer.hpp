// The consumer as Python has it: any thread may use it, its messages outlive it.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <thread>

#include "ledger.hpp"
#include "memory.hpp"
#include "message.hpp"
#include "numpy.hpp"
#include "readiness.hpp"
#include "ringmain/consumer.hpp"
#include "turn.hpp"
#include "waiting.hpp"

namespace ringmain::python {

class Consumer final : public Memory::Owner {
 public:
  struct Settings {
    bool copy = false;  // every message, not just small ones
    bool raise_lost = false;
    bool allow_pickle = true;
    bool member = false;  // of a named group
    bool spins = true;    // a wait may keep the GIL for a moment
    bool exact = false;   // fileno() is readable only if there is something, for who learns of deaths in another way
    std::size_t max_borrowed = 8;
  };

  Consumer(ringmain::Consumer consumer, const Settings& settings)
      : settings_(settings), consumer_(std::move(consumer)), lossy_(consumer_->lossy()) {}

  // What Python calls. `self` is the object of this consumer. `go_on` is None, or is called every 50 ms while waiting;
  // false ends the wait as if the producer had closed.
  static nb::object receive(nb::handle self, nb::handle timeout, nb::handle go_on);
  static nb::object try_receive(nb::handle self);
  static nb::list receive_many(nb::handle self, std::size_t most, nb::handle timeout);
  static nb::object next(nb::handle self);          // invalid: the producer has closed
  static nb::object try_next(nb::handle self);      // as try_receive(); gives the one before back, as next() does
  bool poll(nb::handle timeout, nb::handle go_on);  // there is a message, or an end
  int fileno();
  int duplicate_descriptor();  // of fileno(), for who must not see it closed
  void close(bool acknowledging);

  std::uint64_t lost() const;
  std::uint64_t lag() const;
  std::uint64_t position() const;
  std::size_t capacity() const;
  std::size_t borrowed() const noexcept { return ledger_.held(); }
  bool closed() const noexcept { return closed_; }
  bool lossy() const noexcept { return lossy_; }
  bool allows_pickle() const noexcept { return settings_.allow_pickle; }

  // What its messages call.
  void give_back(std::uint64_t position) noexcept override;
  void acknowledge(std::uint64_t position);  // a member is done with it
  void done_with(Message& message);          // the same, though the message lives on, if it is a copy
  void forget(const Message& message) noexcept {
    if (iterated_ == &message) iterated_ = nullptr;
  }
  ArrayShapes& array_shapes() noexcept { return array_shapes_; }
  bool still_valid(std::uint64_t position) const noexcept { return consumer_ && consumer_->still_valid(position); }

 private:
  friend class Turn<Consumer>;
  ringmain::Consumer& ring() const;  // raises ValueError when closed
  void prepare();
  void let_go_of_held();
  Status look(std::chrono::nanoseconds timeout) noexcept;
  Status await(nb::handle timeout, nb::handle go_on);
  nb::object receive_in_turn(nb::handle self, nb::handle timeout, nb::handle go_on);
  bool must_raise_lost() noexcept;
  void release_iterated();
  void note_iterated(nb::handle message) noexcept;
  nb::object wait_for_message(nb::handle self, nb::handle timeout, nb::handle go_on, Status& status);
  nb::object take(nb::handle self, std::chrono::nanoseconds time, Status& status);
  nb::object take_copy(nb::handle self, ringmain::Message& message);
  nb::object take_in_place(nb::handle self, ringmain::Message& message);
  void finish(ringmain::Message& message);
  Readiness& readiness();
  void refresh(bool received) noexcept;
  [[noreturn]] void raise_starving() const;
  [[noreturn]] void raise_end(Status status) const;
  void leave_if_done() noexcept;
  void finish_closing() noexcept;

  Settings settings_;
  std::optional<ringmain::Consumer> consumer_;  // until closed and given back
  bool lossy_;
  bool closed_ = false;
  bool acknowledging_ = false;            // by close()
  Ledger ledger_;                         // in place; guarded by the GIL
  std::optional<std::uint64_t> working_;  // a member's message, until it is acknowledged
  std::optional<std::uint64_t> done_;     // of these, the one that needn't wait for the next receive
  std::uint64_t told_ = 0;                // losses before the next message that were raised
  std::uint64_t last_lost_ = 0;           // when it left
  Message* iterated_ = nullptr;           // given out by next()
  std::thread::id iterating_{};           // by which thread
  std::unique_ptr<Readiness> readiness_;
  ArrayShapes array_shapes_;
  Turnstile turnstile_;
};

inline Consumer& consumer_of(nb::handle object) { return *nb::inst_ptr<Consumer>(object); }

void bind_consumer(nb::module_& module);

}  // namespace ringmain::python
