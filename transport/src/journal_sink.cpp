// Records to a journal.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "append_file.hpp"
#include "byte_stream.hpp"
#include "clock.hpp"
#include "descriptor_stream.hpp"
#include "fail.hpp"
#include "journal.hpp"
#include "journal_file.hpp"
#include "journal_format.hpp"

namespace ringmain::transport {
namespace {

using std::chrono::nanoseconds;
using Progress = AppendFile::Progress;

constexpr std::size_t kFromPlace = std::size_t{256} << 10;  // from here on a copy costs more than to wait for the write

// When what was recorded is brought to the disk: after each message, after some time, or only when it is closed.
struct SyncPolicy {
  enum class When : std::uint8_t { kClose, kNever, kAlways, kPeriod } when = When::kClose;
  nanoseconds period{0};
};

SyncPolicy sync_policy(const Address& address) {
  if (!address.has("sync")) return {};
  const std::string text = address.text("sync", "");
  if (text == "always") return {SyncPolicy::When::kAlways};
  if (text == "never") return {SyncPolicy::When::kNever};
  return {SyncPolicy::When::kPeriod, address.duration("sync", nanoseconds{0})};
}

class JournalSink final : public Sink {
 public:
  JournalSink(std::unique_ptr<JournalFile> journal, SyncPolicy sync)
      : journal_(std::move(journal)), seed_(journal_->header().seed()), number_(journal_->messages()),
        time_(journal_->last_time()), sync_(sync), sync_due_(sync.period),
        file_(journal_->descriptor(), journal_->end()) {
    sync_due_.restart();
    if (sync_.when == SyncPolicy::When::kAlways || sync_.when == SyncPolicy::When::kPeriod) journal_->sync_name();
  }

  ~JournalSink() override {
    if (journal_->forked()) file_.forsake();
  }

  std::byte* claim(std::size_t bytes, nanoseconds timeout) override {
    check(bytes);
    std::byte* place = nullptr;
    const std::size_t most = kRecordHeaderBytes + bytes + kRecordAlignment;
    if (checked(file_.room(most, place, timeout)) != Status::kOk) return nullptr;
    claimed_ = place;
    return place + kRecordHeaderBytes;
  }

  void commit(std::size_t used, std::uint16_t type) override {
    const Record record = next_record({claimed_ + kRecordHeaderBytes, used}, type);
    const RecordHeader header = record_header_bytes(record, seed_, file_.end());
    std::memcpy(claimed_, header.data(), header.size());
    std::memset(claimed_ + kRecordHeaderBytes + used, 0, record.padding());
    file_.add(record.extent());
    taken();
  }

  void abort() noexcept override { file_.add(0); }

  Status send(std::span<const std::byte> bytes, std::uint16_t type, nanoseconds timeout) override {
    if (bytes.size() < kFromPlace) return Sink::send(bytes, type, timeout);
    check(bytes.size());
    const Record record = next_record(bytes, type);
    if (write(record, bytes, timeout) != Status::kOk) return Status::kNoRoom;
    taken();
    return Status::kOk;
  }

  Status flush(nanoseconds timeout) override {
    check(0);
    if (const Status status = checked(file_.flush(timeout)); status != Status::kOk) return status;
    want_sync_if_due();
    checked(file_.go_on());
    return Status::kOk;
  }

  Status close(nanoseconds timeout) override {
    if (closed_) return Status::kOk;
    check(0);
    if (!ended_) {
      Record end = next_record({}, 0);
      end.end = true;
      if (write(end, {}, timeout) != Status::kOk) return Status::kNoRoom;
      ended_ = true;
    }
    if (sync_.when != SyncPolicy::When::kNever) {
      checked(file_.sync());
      journal_->sync_name();
    }
    journal_->let_go();
    closed_ = true;
    return Status::kOk;
  }

  std::size_t max_message() const noexcept override { return kLargestRecord; }

 private:
  std::uint64_t now() noexcept {
    time_ = std::max(time_, static_cast<std::uint64_t>(read_clock(CLOCK_REALTIME)));
    return time_;
  }

  Record next_record(std::span<const std::byte> payload, std::uint16_t type) noexcept {
    return {.number = number_,
            .time = now(),
            .length = payload.size(),
            .checksum = payload_checksum(payload),
            .type = type};
  }

  Status write(const Record& record, std::span<const std::byte> payload, nanoseconds timeout) {
    const RecordHeader header = record_header_bytes(record, seed_, file_.end());
    constexpr std::array<std::byte, kRecordAlignment> kPadding{};
    const std::array parts{part(header), part(payload), part(std::span(kPadding).first(record.padding()))};
    return checked(file_.write(parts, timeout));
  }

  void taken() {
    ++number_;
    if (sync_.when == SyncPolicy::When::kAlways) {
      checked(file_.sync());
    } else {
      want_sync_if_due();
      checked(file_.go_on());
    }
  }

  void want_sync_if_due() {
    if (sync_.when == SyncPolicy::When::kPeriod && sync_due_.due()) file_.want_sync();
  }

  void check(std::size_t bytes) const {
    if (closed_) fail_write(journal_->name(), EBADF);
    if (journal_->forked()) {
      fail(Status::kLeaseLost, journal_->name() + ": the process that opened it records to it, not its forked child");
    }
    if (bytes <= max_message()) return;
    fail(Status::kTooLarge,
         fmt::format("{}: a message of {} bytes: a record's length has 48 bits", journal_->name(), bytes));
  }

  Status checked(Progress progress) {
    switch (progress) {
      case Progress::kDone: return Status::kOk;
      case Progress::kTimedOut: return Status::kNoRoom;
      default: give_up();
    }
  }

  // What was written in part is cut off. No end is recorded: the journal isn't complete. The file fails from now on, so
  // whatever is called next ends here, too.
  [[noreturn]] void give_up() {
    const int error = file_.error();
    journal_->cut_torn_tail();
    const bool full = out_of_space(error);
    fail(full ? Status::kNoSpace : Status::kSystem,
         fmt::format("{}: {}; {} messages are whole in it; {}go on with it by ?append", journal_->name(),
                     std::generic_category().message(error), journal_->messages(), full ? "make room, and " : ""),
         error);
  }

  std::unique_ptr<JournalFile> journal_;
  std::uint64_t seed_;
  std::uint64_t number_;  // of the next message
  std::uint64_t time_;    // of the last one
  SyncPolicy sync_;
  Every sync_due_;
  std::byte* claimed_ = nullptr;  // the record's header; the payload is behind it
  bool ended_ = false;            // the record of the end is written
  bool closed_ = false;
  AppendFile file_;
};

JournalFile::How how_to_open(const Address& address) {
  const bool append = address.flag("append");
  const bool overwrite = address.flag("overwrite");
  if (append && overwrite) address.refuse("it can be appended to or overwritten, not both");
  if (append) return JournalFile::How::kAppend;
  return overwrite ? JournalFile::How::kOverwrite : JournalFile::How::kCreate;
}

}  // namespace

std::unique_ptr<Sink> open_journal_sink(const Address& address) {
  const SyncPolicy sync = sync_policy(address);
  auto journal = std::make_unique<JournalFile>(address.target(), address.text(), how_to_open(address));
  return std::make_unique<JournalSink>(std::move(journal), sync);
}

}  // namespace ringmain::transport
