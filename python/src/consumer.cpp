// SPDX-License-Identifier: MIT
#include "consumer.hpp"

#include "descriptor.hpp"
#include "failure.hpp"

namespace ringmain::python {

namespace {

// To copy what is no longer costs no more than to keep account of it, and holds no slot.
constexpr std::size_t kSmall = 1024;

}  // namespace

ringmain::Consumer& Consumer::ring() const {
  if (closed_) raise(PyExc_ValueError, "this consumer is closed");
  return const_cast<ringmain::Consumer&>(*consumer_);
}

void Consumer::raise_end(Status status) const { raise(status, describe(status)); }

// --- before a message

// What must be so before the next message is asked for.
void Consumer::prepare() {
  ring();
  if (settings_.member) return let_go_of_held();
  if (ledger_.held() < settings_.max_borrowed) return;
  raise_ours("BorrowLimit", std::to_string(ledger_.held()) +
                                " messages are held by views of them (max_borrowed): let go of some, keep copies "
                                "(message.copy(), array.copy()), or make the consumer with copy=True");
}

// A member is done with its message when it asks for the next one.
void Consumer::let_go_of_held() {
  if (ledger_.held() != 0) {
    raise_ours(
        "BorrowLimit",
        "a member of a group holds one message at a time, and views of the last one are alive: let go of them, keep "
        "copies (array.copy()), or make the consumer with copy=True");
  }
  const auto held = std::exchange(working_, std::nullopt);
  if (!held) return;
  ringmain::Message message = consumer_->try_receive();
  if (message && message.position() == *held) {
    message.release();
  } else {
    message.keep();
  }
}

// kOk: there is a message. Who outlives the producer finds no end here, even if it doesn't wait.
Status Consumer::look(std::chrono::nanoseconds timeout) noexcept {
  ringmain::Message message = consumer_->receive_for(timeout);
  const Status status = message ? Status::kOk : message.status();
  message.keep();
  return status;
}

namespace {

// A wait that would never end: the producer waits for room that messages held here take up, and none of them is let go.
// Other threads may be at work on them, so it takes a second until a wait is called that.
class Starvation {
 public:
  // To be called every slice.
  bool lasts(const Ledger& ledger, bool holds_up) noexcept {
    const bool stuck = ledger.held() != 0 && holds_up && ledger.changes() == changes_;
    changes_ = ledger.changes();
    slices_ = stuck ? slices_ + 1 : 0;
    return slices_ >= kPatience;
  }

 private:
  static constexpr int kPatience = 20;
  std::uint64_t changes_ = 0;
  int slices_ = 0;
};

}  // namespace

Status Consumer::await(nb::handle timeout, nb::handle go_on) {
  bool ended = false;
  Starvation starvation;
  const auto tell = [&] {
    if (closed_) return false;
    if (!go_on.is_none() && !nb::cast<bool>(go_on())) ended = true;
    if (!ended && starvation.lasts(ledger_, consumer_->holds_up_producer())) raise_starving();
    return !ended;
  };
  const auto wait = [&](std::chrono::nanoseconds slice) { return look(slice); };
  const Status status = wait_in_slices(nanoseconds_of(timeout), /*spins=*/false, wait, tell);
  if (closed_) ring();  // raises
  // What was sent just before the end is there by now.
  if (ended && is_vain(status)) return look(std::chrono::nanoseconds{0}) == Status::kOk ? Status::kOk : Status::kEnd;
  return status == Status::kEmpty ? Status::kTimedOut : status;
}

void Consumer::raise_starving() const {
  raise_ours("BorrowLimit", "the producer waits for room that the " + std::to_string(ledger_.held()) +
                                " messages held here take up, so nothing more can come: let go of some, keep copies "
                                "(array.copy()), or give the ring more capacity");
}

// --- a message that is there

// The message that is there within `time`. Invalid: `status` says why there is none; kOk: it was overwritten meanwhile.
nb::object Consumer::take(nb::handle self, std::chrono::nanoseconds time, Status& status) {
  ringmain::Message message = consumer_->receive_for(time);
  status = message.status();
  if (!message) return {};
  if (settings_.raise_lost && message.lost() > told_) {
    const std::uint64_t lost = message.lost() - std::exchange(told_, message.lost());
    message.keep();
    raise_ours("Lapped", nb::int_(lost));
  }
  told_ = 0;
  const bool copying = settings_.copy || message.bytes().size() <= kSmall;
  return copying ? take_copy(self, message) : take_in_place(self, message);
}

namespace {

Message::Facts facts_of(const ringmain::Message& message) noexcept {
  return {message.position(), message.lost(), message.type(), message.redelivered()};
}

}  // namespace

nb::object Consumer::take_copy(nb::handle self, ringmain::Message& message) {
  const auto bytes = message.bytes();
  const Message::Facts facts = facts_of(message);
  const bool as_bytes = bytes.size() <= kSmall || facts.type < kFirstReserved;
  nb::object owner;
  std::byte* to = nullptr;
  try {
    if (as_bytes) {
      owner = nb::steal(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(bytes.size())));
      if (!owner) throw nb::python_error();
      to = reinterpret_cast<std::byte*>(PyBytes_AsString(owner.ptr()));
    } else {
      owner = Plain<Memory>::make(bytes.size());
      to = Plain<Memory>::of(owner).bytes().data();
      Plain<Memory>::of(owner).make_read_only();
    }
  } catch (...) {
    message.keep();
    throw;
  }
  copy_bytes(to, bytes);
  if (!message.still_valid()) {
    message.distrust();
    return {};
  }
  finish(message);
  return Plain<Message>::make(nb::borrow(self), std::move(owner), std::span<const std::byte>(to, bytes.size()), facts);
}

// The ring's part of a message that was copied.
void Consumer::finish(ringmain::Message& message) {
  if (settings_.member) {
    working_ = message.position();
    message.keep();
  } else if (ledger_.held() == 0) {
    message.release();
  } else {
    const std::uint64_t position = message.position();
    message.pass();
    ledger_.hold(position, consumer_->position());
    consumer_->release_below(ledger_.let_go(position));
  }
}

nb::object Consumer::take_in_place(nb::handle self, ringmain::Message& message) {
  const auto bytes = message.bytes();
  const Message::Facts facts = facts_of(message);
  if (settings_.member) {
    working_ = facts.position;
    message.keep();
    ledger_.hold(facts.position, facts.position);
  } else {
    message.pass();
    ledger_.hold(facts.position, consumer_->position());
  }
  return Plain<Message>::make(nb::borrow(self), bytes, facts);
}

// --- after a message

void Consumer::give_back(std::uint64_t position) noexcept {
  const std::uint64_t below = ledger_.let_go(position);
  if (consumer_ && !settings_.member) consumer_->release_below(below);
  if (!turnstile_.taken()) leave_if_done();  // else who has the turn does that at its end
}

void Consumer::leave_if_done() noexcept {
  if (!closed_ || !consumer_ || ledger_.held() != 0) return;
  last_lost_ = consumer_->lost();
  consumer_.reset();
}

void Consumer::acknowledge(std::uint64_t position) {
  if (working_ != position || closed_) return;
  done_ = position;
  if (ledger_.held() != 0) return;  // views of it: the next receive, or close(), sees to it
  const Turn turn(*this);
  if (working_ == position && !closed_) let_go_of_held();
  refresh(true);
}

void Consumer::done_with(Message& message) {
  if (message.in_place()) {
    message.release();
  } else {
    acknowledge(message.facts().position);
  }
}

void Consumer::close(bool acknowledging) {
  if (closed_) return;
  closed_ = true;  // who waits without the GIL sees it
  acknowledging_ = acknowledging;
  if (turnstile_.foreign()) return leave_if_done();
  if (turnstile_.mine()) return;  // the call that is under way finishes it
  const Turn turn(*this);
}

// Has the turn.
void Consumer::finish_closing() noexcept {
  readiness_.reset();
  const bool done = acknowledging_ || (working_ && done_ == working_);
  if (consumer_ && done && settings_.member && ledger_.held() == 0) let_go_of_held();
  leave_if_done();
}

// --- what Python calls

// The next message; invalid: `status` says why there is none.
nb::object Consumer::wait_for_message(nb::handle self, nb::handle timeout, nb::handle go_on, Status& status) {
  // Mostly it comes at once, or it is there: with the GIL, and by the shortest way.
  const auto moment = !settings_.spins    ? std::chrono::nanoseconds{0}
                      : timeout.is_none() ? std::chrono::nanoseconds(kWithGil)
                                          : std::min<std::chrono::nanoseconds>(nanoseconds_of(timeout), kWithGil);
  nb::object message = take(self, moment, status);
  while (!message.is_valid()) {
    if (is_vain(status)) status = await(timeout, go_on);
    if (status != Status::kOk) break;
    message = take(self, std::chrono::nanoseconds{0}, status);
  }
  refresh(message.is_valid());
  return message;
}

// Has the turn.
nb::object Consumer::receive_in_turn(nb::handle self, nb::handle timeout, nb::handle go_on) {
  prepare();
  Status status = Status::kOk;
  nb::object message = wait_for_message(self, timeout, go_on, status);
  if (!message.is_valid()) raise_end(status);
  return message;
}

nb::object Consumer::receive(nb::handle self, nb::handle timeout, nb::handle go_on) {
  Consumer& me = consumer_of(self);
  const Turn turn(me);
  return me.receive_in_turn(self, timeout, go_on);
}

nb::object Consumer::try_receive(nb::handle self) {
  Consumer& me = consumer_of(self);
  const Turn turn(me);
  me.prepare();
  Status status = Status::kOk;
  nb::object message;
  while (!message.is_valid() && status == Status::kOk) message = me.take(self, std::chrono::nanoseconds{0}, status);
  me.refresh(message.is_valid());
  if (message.is_valid()) return message;
  if (status != Status::kEmpty) me.raise_end(status);
  return nb::none();
}

nb::list Consumer::receive_many(nb::handle self, std::size_t most, nb::handle timeout) {
  if (most == 0) raise(PyExc_ValueError, "n: at least 1");
  Consumer& me = consumer_of(self);
  if (me.settings_.member) most = 1;  // which holds one
  const Turn turn(me);
  nb::list messages;
  messages.append(me.receive_in_turn(self, timeout, nb::none()));
  while (nb::len(messages) < most && me.ledger_.held() < me.settings_.max_borrowed && !me.closed_ &&
         !me.must_raise_lost()) {
    Status status = Status::kOk;
    const nb::object message = me.take(self, std::chrono::nanoseconds{0}, status);
    if (!message.is_valid()) break;
    messages.append(message);
  }
  me.refresh(true);
  return messages;
}

// Before the message that is there: then what was received already isn't thrown away.
bool Consumer::must_raise_lost() noexcept {
  if (!settings_.raise_lost) return false;
  ringmain::Message message = consumer_->try_receive();
  const bool lost = message && message.lost() > told_;
  message.keep();
  return lost;
}

// The message before is done with, unless views of it are left.
nb::object Consumer::next(nb::handle self) {
  Consumer& me = consumer_of(self);
  me.release_iterated();
  nb::object message;
  {
    const Turn turn(me);
    me.prepare();
    Status status = Status::kOk;
    message = me.wait_for_message(self, nb::none(), nb::none(), status);
    if (status == Status::kEnd) return {};
    if (!message.is_valid()) me.raise_end(status);
  }
  me.note_iterated(message);
  return message;
}

nb::object Consumer::try_next(nb::handle self) {
  Consumer& me = consumer_of(self);
  me.release_iterated();
  nb::object message = try_receive(self);
  if (!message.is_none()) me.note_iterated(message);
  return message;
}

// Of this thread: another one may work on its own still.
void Consumer::release_iterated() {
  if (iterated_ != nullptr && iterating_ == std::this_thread::get_id() && iterated_->in_place()) iterated_->release();
}

void Consumer::note_iterated(nb::handle message) noexcept {
  iterated_ = &Plain<Message>::of(message);
  iterating_ = std::this_thread::get_id();
}

bool Consumer::poll(nb::handle timeout, nb::handle go_on) {
  const Turn turn(*this);
  ring();
  Status status = look(std::chrono::nanoseconds{0});
  if (is_vain(status)) status = await(timeout, go_on);
  if (!is_vain(status)) return true;
  refresh(false);  // a bell that came late, for a message received before, must not ring for ever
  return !go_on.is_none() && !nb::cast<bool>(go_on());  // who doesn't wait hasn't asked yet
}

int Consumer::fileno() {
  const Turn turn(*this);
  return readiness().descriptor();
}

int Consumer::duplicate_descriptor() {
  const Turn turn(*this);
  return duplicate(readiness().descriptor());
}

// As it is now. Has the turn.
Readiness& Consumer::readiness() {
  ringmain::Consumer& consumer = ring();
  if (!readiness_) {
    constexpr std::chrono::milliseconds kPeriod{50};
    readiness_ = std::make_unique<Readiness>(consumer, settings_.exact ? kForever : std::chrono::nanoseconds(kPeriod));
  }
  readiness_->refresh(false);
  return *readiness_;
}

void Consumer::refresh(bool received) noexcept {
  if (!readiness_) return;
  // A member must not look for another message while it works on one.
  const bool there = received && (working_ || look(std::chrono::nanoseconds{0}) == Status::kOk);
  readiness_->refresh(there);
}

std::uint64_t Consumer::lost() const { return consumer_ ? consumer_->lost() : last_lost_; }
std::uint64_t Consumer::lag() const { return ring().lag_bytes(); }
std::uint64_t Consumer::position() const { return ring().position(); }
std::size_t Consumer::capacity() const { return ring().capacity(); }

}  // namespace ringmain::python
