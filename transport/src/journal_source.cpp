// Replays a journal.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <compare>
#include <thread>
#include <utility>

#include "clock.hpp"
#include "descriptor.hpp"
#include "fail.hpp"
#include "journal.hpp"
#include "journal_place.hpp"
#include "journal_reader.hpp"
#include "lease.hpp"

namespace ringmain::transport {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kDefaultLargest = std::size_t{1} << 30;
constexpr nanoseconds kShortest =
    std::chrono::milliseconds(1);  // between two looks at a journal that is being recorded
constexpr nanoseconds kLongest = std::chrono::milliseconds(16);

// When a message is due, by the monotonic clock.
class Pace {
 public:
  explicit Pace(double factor) noexcept : factor_(factor) {}  // 0: at once

  bool full_speed() const noexcept { return factor_ == 0; }
  std::int64_t due(std::uint64_t recorded) noexcept {
    if (full_speed()) return 0;
    if (start_ == 0) {
      start_ = now_ns();
      first_ = recorded;
    }
    constexpr double kFar = 1e18;  // 30 years
    const auto behind = static_cast<double>(recorded - std::min(recorded, first_));
    return start_ + static_cast<std::int64_t>(std::ceil(std::min(behind / factor_, kFar)));
  }

 private:
  double factor_;
  std::int64_t start_ = 0;
  std::uint64_t first_ = 0;
};

Pace pace_of(const Address& address) {
  const std::string text = address.text("pace", "0");
  if (!address.has("pace")) return Pace(0);
  if (text == "recorded") return Pace(1);
  double factor = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), factor);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || !(factor >= 1e-6 && factor <= 1e6)) {
    address.refuse("the value of 'pace' is neither 'recorded' nor how many times as fast; write it like pace=2");
  }
  return Pace(factor);
}

class JournalSource final : public Source {
 public:
  JournalSource(Descriptor file, const Address& address)
      : file_(std::move(file)), name_(address.text()),
        reader_(file_.get(), name_, address.size("max", kDefaultLargest)), place_(journal_place(address, reader_)),
        pace_(pace_of(address)), follow_(address.flag("follow")) {
    if (place_.value != 0) reader_.seek([this](const Record& record) { return place_.order(record); });
  }

  Status receive(nanoseconds timeout) override {
    if (!found_) {
      if (const Status status = find_next(timeout); status != Status::kOk) return status;
      found_ = true;
      due_ = pace_.due(reader_.record().time);
    }
    if (!pace_.full_speed() && !sleep_until(due_, timeout)) return none(timeout);
    message_ = {.bytes = reader_.payload(), .type = reader_.record().type};
    found_ = false;
    return Status::kOk;
  }

  // A timer: when the message that was found is due, or when to look for one again.
  int descriptor() override {
    if (!timer_) timer_ = Descriptor(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!timer_) fail_system(name_, errno);
    return timer_.get();
  }
  bool arm() override {
    const std::int64_t at = found_ ? due_ : now_ns() + pause_.count();
    const itimerspec when{{}, {at / 1'000'000'000, std::max<std::int64_t>(at % 1'000'000'000, 1)}};
    ::timerfd_settime(descriptor(), TFD_TIMER_ABSTIME, &when, nullptr);
    return true;
  }

 private:
  static Status none(nanoseconds timeout) { return timeout.count() == 0 ? Status::kEmpty : Status::kTimedOut; }

  // False: the timeout is over before.
  static bool sleep_until(std::int64_t moment, nanoseconds timeout) {
    const std::int64_t now = now_ns();
    if (now >= moment) return true;
    const bool in_time = moment - now <= timeout.count();
    std::this_thread::sleep_for(std::min(nanoseconds(moment - now), timeout));
    return in_time;
  }

  Status find_next(nanoseconds timeout) {
    message_ = {};
    const Deadline deadline(timeout);
    while (!ended_) {
      if (next()) {
        pause_ = kShortest;
        if (ended_ = reader_.record().end; ended_) break;
        if (std::is_gteq(place_.order(reader_.record()))) return Status::kOk;
        continue;
      }
      if (!follow_ || !alive_) conclude();
      check_identity();
      if (deadline.passed()) return none(timeout);
      std::this_thread::sleep_for(deadline.left(pause_));
      pause_ = std::min(2 * pause_, kLongest);
    }
    return Status::kEnd;
  }

  bool next() {
    if (reader_.next()) return true;
    alive_ = leased(file_.get(), kRecorderByte);
    return reader_.next();  // what a recorder wrote before it went is there by now
  }

  void check_identity() const {
    if (reader_.same_journal()) return;
    fail(Status::kRemoved, name_ + ": another recording has replaced it; open it anew");
  }

  // Nothing whole is here, and nothing will come.
  [[noreturn]] void conclude() const {
    check_identity();
    const std::uint64_t size = reader_.size();
    const std::uint64_t rest = size - std::min(size, reader_.offset());
    if (const auto next = reader_.find(reader_.offset() + kRecordAlignment, size)) {
      const std::string remedy =
          next->record.end ? "it was the last one" : fmt::format("go on behind it with ?from={}", next->record.number);
      fail(Status::kCorrupt, fmt::format("{}: message {}, at byte {}, is damaged, and whole ones follow; {}", name_,
                                         reader_.number(), reader_.offset(), remedy));
    }
    if (alive_) {
      fail(Status::kInUse, fmt::format("{}: it is being recorded, {} messages until now; add ?follow to go on with it",
                                       name_, reader_.number()));
    }
    fail(Status::kProducerLost, fmt::format("{}: the recorder died without closing it; {} messages are whole, {} bytes "
                                            "behind them are torn and ignored",
                                            name_, reader_.number(), rest));
  }

  Descriptor file_;
  Descriptor timer_{};
  std::string name_;
  JournalReader reader_;
  JournalPlace place_;
  Pace pace_;
  bool follow_;
  bool alive_ = false;  // the recorder
  bool found_ = false;  // a message, that isn't due
  bool ended_ = false;
  std::int64_t due_ = 0;
  nanoseconds pause_ = kShortest;
};

// Doesn't wait for whoever opens the other end of what is no regular file.
Descriptor open_regular(const Address& address) {
  Descriptor file(::open(address.target().c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat found {};
  if (!file && errno == ENOENT) return file;
  if (!file || ::fstat(file.get(), &found) != 0) fail_system(address.text(), errno);
  if (!S_ISREG(found.st_mode)) fail(Status::kBadFrame, address.text() + ": not a regular file, so not a journal");
  return file;
}

bool has_header(const Descriptor& file) {
  struct stat found {};
  return ::fstat(file.get(), &found) == 0 && found.st_size >= static_cast<off_t>(kJournalHeaderBytes);
}

}  // namespace

std::unique_ptr<Source> open_journal_source(const Address& address) {
  const Deadline deadline(address.duration("wait", nanoseconds{0}));
  for (;;) {
    Descriptor file = open_regular(address);
    const bool begun = file && has_header(file);  // made, but not begun: it may be, in a moment
    if (file && (begun || deadline.passed())) return std::make_unique<JournalSource>(std::move(file), address);
    if (deadline.passed())
      fail(Status::kNotFound, address.text() + ": no such file; record to it first, or ?wait for it");
    std::this_thread::sleep_for(deadline.left(kLongest));
  }
}

}  // namespace ringmain::transport
