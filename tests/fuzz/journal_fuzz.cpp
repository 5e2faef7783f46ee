// Journals that were recorded, torn, damaged and forged: what is replayed was recorded, and a recorder that goes on with one
// is either refused or records what can be replayed.
// SPDX-License-Identifier: MIT
#include <fcntl.h>

#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include "descriptor.hpp"
#include "journal_format.hpp"
#include "journal_reader.hpp"
#include "pieces.hpp"
#include "program.hpp"
#include "ringmain/transport/address.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

using transport::JournalReader;
using transport::Record;

constexpr std::size_t kMostBytes = std::size_t{1} << 20;

// A journal's bytes, and whether all whole records in it tell the truth.
class Forger {
 public:
  Forger() { append(bytes_, transport::journal_header_bytes(header_)); }

  void step(Program& program) {
    switch (program.below(8)) {
      case 0: append(bytes_, program.take(1 + program.below(64))); break;
      case 1: append(bytes_, Bytes(program.below(300))); break;
      case 2: bytes_.resize(bytes_.size() - program.below(bytes_.size() + 1) % 200 % (bytes_.size() + 1)); break;
      case 3:
        if (!bytes_.empty()) bytes_[program.below(bytes_.size())] ^= std::byte{1} << program.below(8);
        break;
      case 4: lie(program); break;
      case 5: add({.number = next_, .end = true}, {}); break;
      default: {
        const Bytes payload = telling_payload(program.one_in(16) ? program.below(100'000) : program.below(256));
        add({.number = next_++, .time = time_ += program.number<std::uint8_t>(), .length = payload.size(), .type = 7},
            payload);
      }
    }
  }

  const Bytes& bytes() const { return bytes_; }
  bool honest() const { return honest_; }

 private:
  void add(Record record, std::span<const std::byte> payload) {
    record.checksum = transport::payload_checksum(payload);
    append(bytes_, transport::record_header_bytes(record, header_.seed(), bytes_.size()));
    append(bytes_, payload);
    append(bytes_, Bytes(record.padding() % transport::kRecordAlignment));
  }

  // By who knows how checksums are made.
  void lie(Program& program) {
    honest_ = false;
    const Record record{.number = program.one_in(2) ? next_ : program.number<std::uint64_t>(),
                        .time = program.number<std::uint64_t>(),
                        .length = program.one_in(2) ? program.below(100) : program.number<std::uint64_t>() >> 16,
                        .type = program.number<std::uint16_t>(),
                        .end = program.one_in(4)};
    add(record, program.take(program.below(100)));
  }

  transport::JournalHeader header_{.identity = {1, 2, 3}, .created = 1000};
  Bytes bytes_{};
  std::uint64_t next_ = 0;
  std::uint64_t time_ = 2000;
  bool honest_ = true;
};

class Run {
 public:
  Run(const std::string& path, Program program) : path_(path), address_("file:" + path), program_(program) {}

  void all() {
    const std::size_t place = program_.below(kPlaces.size());
    const auto number = program_.number<std::uint64_t>();
    while (!program_.done() && forger_.bytes().size() < kMostBytes) forger_.step(program_);
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(forger_.bytes().data()),
               static_cast<std::streamsize>(forger_.bytes().size()));
    replay(address_ + "?max=1M");
    replay(address_ + "?max=1M&from=" + kPlaces[place]);
    search(number);
    if (number % 4 == 0) go_on();  // which takes ten times as long as all the rest
  }

 private:
  static constexpr std::array kPlaces{"3",    "1970-01-01T00:00:00.0000021Z", "50ns", "-50ns",
                                      "-0ns", "18446744073709551615"};

  // How many messages.
  std::uint64_t replay(const std::string& address) const {
    std::uint64_t messages = 0;
    try {
      const auto source = transport::open_source(address);
      for (; source->receive(std::chrono::nanoseconds{0}) == Status::kOk; ++messages) check(source->message().bytes);
    } catch (const Error& error) {
      require(error.status() != Status::kSystem, error.what());
    }
    return messages;
  }

  void check(std::span<const std::byte> payload) const {
    require(!forger_.honest() || tells_its_length(payload), "a message that wasn't recorded");
  }

  void search(std::uint64_t number) const {
    const Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    try {
      JournalReader reader(file.get(), "journal", kMostBytes);
      static_cast<void>(reader.last());
      static_cast<void>(reader.find(number % (forger_.bytes().size() + 1), reader.size()));
      for (const bool by_number : {true, false}) {
        reader.seek([&](const Record& record) { return (by_number ? record.number : record.time) <=> number; });
        while (reader.next()) check(reader.payload());
      }
    } catch (const Error& error) {
      require(error.status() != Status::kSystem, error.what());
    }
  }

  // Behind what is whole, two more messages, which anybody finds who starts there.
  void go_on() const {
    try {
      const auto sink = transport::open_sink(address_ + "?append&sync=never");
      for (const std::size_t length : {3U, 5U}) require(sink->send(telling_payload(length)) == Status::kOk, "send");
      require(sink->close() == Status::kOk, "close");
    } catch (const Error& error) {
      require(error.status() != Status::kSystem, error.what());
      return;
    }
    if (!forger_.honest()) return;
    const Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    const auto last = JournalReader(file.get(), "journal", kMostBytes).last();
    require(last && last->record.end && last->record.number >= 2, "no end was recorded");
    require(replay(address_ + "?from=" + std::to_string(last->record.number - 2)) == 2,
            "what was appended can't be replayed");
  }

  std::string path_;
  std::string address_;
  Program program_;
  Forger forger_{};
};

}  // namespace
}  // namespace ringmain::testing

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringmain::testing;
  static TemporaryDirectory directory;
  expect_no_hang();
  Run((directory.path() / "journal").string(), Program(data, size)).all();
  return 0;
}
