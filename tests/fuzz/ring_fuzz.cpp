// A ring's two files hold whatever they may, and change while they are used: each call is an Error, a status or a message
// that lies within the ring; nothing crashes, nothing hangs.
// SPDX-License-Identifier: MIT
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hostile/raw_ring.hpp"
#include "program.hpp"
#include "ringmain/algorithm/layout.hpp"

namespace ringmain::testing {
namespace {

using algorithm::kIndexEntries;
using algorithm::Position;

constexpr std::size_t kCapacity = algorithm::kMinCapacity;
constexpr std::size_t kMostSteps = 200;
constexpr std::size_t kSpacing = 128;  // of the newest messages

// The two files of a ring that has seen something: messages, several times around, members, a death, a durable group.
class Files {
 public:
  Files() {
    make();
    for (const char* name : {"ring", "consumers"}) {
      const RawFile file(path(name));
      images_.emplace_back(file.bytes().begin(), file.bytes().end());
    }
    open();
  }

  // As they were in the beginning.
  void restore() {
    if (!std::filesystem::exists(path("consumers"))) {  // removed, as a ring should be: with all that belongs to it
      require(std::filesystem::is_empty(directory_.path()), "a removal left something behind");
      std::filesystem::create_directory(path(""));
      for (const char* name : {"ring", "consumers"}) std::ofstream(path(name), std::ios::binary).put('\0');
    }
    for (std::size_t i = 0; i < 2; ++i) std::filesystem::resize_file(path(kNames[i]), images_[i].size());
    open();  // anew: they may be others
    std::copy(images_[0].begin(), images_[0].end(), ring().bytes().begin());
    std::copy(images_[1].begin(), images_[1].end(), consumers().bytes().begin());
  }

  // Cuts one of them for a while.
  template <class Action>
  void with_cut(std::size_t file, std::size_t size, Action&& action) {
    if (::truncate(path(kNames[file]).c_str(), static_cast<off_t>(size)) != 0) return;  // it was removed
    try {
      action();
    } catch (const Error&) {
      return restore();
    }
    require(size == images_[file].size(), "a file that is cut was taken");
  }

  const RawFile& ring() const { return *files_[0]; }
  const RawFile& consumers() const { return *files_[1]; }
  const std::filesystem::path& directory() const { return directory_.path(); }

 private:
  static constexpr std::array kNames{"ring", "consumers"};

  std::filesystem::path path(const char* name) const { return directory_.path() / "ring.ring" / name; }

  void open() {
    for (std::size_t i = 0; i < 2; ++i) files_[i] = std::make_unique<RawFile>(path(kNames[i]));
  }

  void make() const {
    auto producer = Producer::create("ring", {.directory = directory(), .capacity = kCapacity});
    {
      auto own = Consumer::attach("ring", {.directory = directory()});
      auto member = Consumer::attach("ring", {.directory = directory(), .group = "group"});
      for (std::size_t i = 0; i < 2000; ++i) {
        require(producer.try_publish(std::vector<std::byte>(i % 200)) == Status::kOk, "publish");
        require(own.try_receive() && member.try_receive(), "receive");
      }
    }
    Child([&] {
      auto own = Consumer::attach("ring", {.directory = directory()});
      auto member = Consumer::attach("ring", {.directory = directory(), .group = "durable", .durable = true});
      std::raise(SIGKILL);
    }).wait();
    const std::vector<std::byte> bytes(kSpacing - 28);
    for (int i = 0; i < 100; ++i) require(producer.try_publish(bytes) == Status::kOk, "publish");
  }

  TemporaryDirectory directory_;
  std::vector<std::vector<std::byte>> images_;
  std::array<std::unique_ptr<RawFile>, 2> files_;
};

// One input: steps of an attacker, who writes what he likes where he likes, and of those who trust none of it.
class Run {
 public:
  Run(Files& files, Program program) : files_(files), program_(program) {}
  ~Run() {
    for (auto& seat : seats_) leave(seat);
    producer_.reset();
  }

  void all() {
    for (std::size_t steps = 0; steps < kMostSteps && !program_.done(); ++steps) {
      try {
        step();
      } catch (const Error& error) {
        require(std::string_view(error.what()).find("ring") != std::string_view::npos, error.what());
      }
    }
  }

 private:
  struct Seat {
    std::optional<Consumer> consumer{};
    std::optional<Message> held{};
  };

  void step() {
    const std::size_t draw = program_.below(16);
    if (draw < 4) return change();
    if (draw == 4) return attach(seat());
    if (draw < 10) return consume(seat());
    if (draw < 14) return produce();
    manage();
  }

  // --- the attacker

  void change() {
    if (program_.one_in(32) && nobody_is_here()) {  // of who is here, it would be the end
      const std::size_t file = program_.below(2);
      const std::size_t size = program_.below((file == 0 ? files_.ring() : files_.consumers()).bytes().size() + 1);
      return files_.with_cut(file, size, [&] {
        switch (program_.below(3)) {
          case 0: static_cast<void>(Consumer::attach("ring", {.directory = files_.directory()})); break;
          case 1: static_cast<void>(Producer::open("ring", {.directory = files_.directory()})); break;
          default: static_cast<void>(statistics("ring", files_.directory()));
        }
      });
    }
    const std::atomic_ref word(place());
    word.store(program_.one_in(4) ? word.load() ^ std::uint64_t{1} << program_.below(64) : lie());
  }

  bool nobody_is_here() const {
    return !producer_ &&
           std::none_of(seats_.begin(), seats_.end(), [](const Seat& seat) { return seat.consumer.has_value(); });
  }

  // The words that steer something, more often than the others.
  std::uint64_t& place() {
    const auto in = [&](const RawFile& file, std::size_t first, std::size_t bytes) -> std::uint64_t& {
      return file.at<std::uint64_t>(first + 8 * program_.below(bytes / 8));
    };
    const RawFile& ring = files_.ring();
    const RawFile& consumers = files_.consumers();
    const std::size_t index = kProducerOffset + offsetof(algorithm::NativeProducerLines, index);
    const Position tail = ring.lines().tail.load();
    switch (program_.below(10)) {
      case 0: return in(ring, 0, sizeof(algorithm::Header));
      case 1:
      case 2: return in(ring, kProducerOffset, index - kProducerOffset);
      case 3: return in(ring, index, kIndexEntries * sizeof(algorithm::NativeIndexEntry));
      case 4: return in(ring, kSlotsOffset + ((tail - kSpacing * program_.below(128)) & (kCapacity - 64)), 16);
      case 5: return in(ring, kSlotsOffset, kCapacity);
      case 6: return in(consumers, 0, 400);
      case 7: return in(consumers, 4096, 4 * sizeof(algorithm::NativeGroupLine));
      case 8: return in(consumers, offsetof(algorithm::NativeConsumersArea, lines), 8 * algorithm::kLineBytes);
      default: return in(consumers, 0, kConsumersBytes);
    }
  }

  std::uint64_t lie() {
    const Position tail = files_.ring().lines().tail.load();
    switch (program_.below(8)) {
      case 0: return kNothing[program_.below(kNothing.size())];
      case 1: return std::uint64_t{1} << program_.below(64);
      case 2: return tail + 64 * (program_.number<std::uint16_t>() - std::uint64_t{0x8000});
      case 3: return tail + program_.number<std::uint8_t>() - 128;
      case 4: return std::uint64_t{program_.number<std::uint8_t>()} << 32 | program_.below(5);
      case 5: return std::uint64_t{program_.number<std::uint8_t>()} << 32 | program_.below(70);
      case 6: return program_.number<std::uint32_t>();
      default: return program_.number<std::uint64_t>();
    }
  }

  // --- consumers

  Seat& seat() { return seats_[program_.below(seats_.size())]; }

  static void leave(Seat& seat) {
    seat.held.reset();
    seat.consumer.reset();
  }

  void attach(Seat& seat) {
    leave(seat);
    ConsumerOptions options{.directory = files_.directory(), .start = start()};
    switch (program_.below(5)) {
      case 0: options.spectator = true; break;
      case 1: options.group = "group"; break;
      case 2:
        options.group = "durable";
        options.durable = true;
        break;
      case 3: options.group = std::string(1 + program_.below(128), 'x'); break;
      default: break;
    }
    seat.consumer.emplace(Consumer::attach("ring", options));
  }

  Start start() {
    switch (program_.below(4)) {
      case 0: return Start::latest();
      case 1: return Start::oldest();
      case 2: return Start::at(files_.ring().lines().tail.load() - program_.below(2 * kCapacity));
      default: return Start::at(program_.number<std::uint64_t>());
    }
  }

  void consume(Seat& seat) {
    if (!seat.consumer) return attach(seat);
    Consumer& consumer = *seat.consumer;
    switch (program_.below(8)) {
      case 0: leave(seat); return;
      case 1: seat.held.reset(); return;
      case 2:
        if (seat.held && *seat.held) seat.held->keep();
        seat.held.reset();
        return;
      case 3:
        seat.held.reset();
        static_cast<void>(consumer.poll(look_at, 2048));
        return;
      case 4: {
        seat.held.reset();
        std::vector<std::byte> buffer(program_.below(256));
        const Copy copy = consumer.try_read(buffer);
        require(!copy || copy.bytes <= buffer.size(), "more was copied than fits");
        return;
      }
      case 5:
        seat.held.reset();
        static_cast<void>(consumer.receive_for(std::chrono::microseconds(1)));
        return;
      default:
        seat.held.reset();
        seat.held.emplace(consumer.try_receive());
        if (*seat.held) look_at(*seat.held);
    }
  }

  // Reads all of it.
  static void look_at(const Message& message) {
    require(message.bytes().size() <= max_message_bytes(kCapacity), "a message longer than any can be");
    require(reinterpret_cast<std::uintptr_t>(message.bytes().data()) % 16 == 0, "a message out of place");
    volatile unsigned sum = 0;
    for (const std::byte byte : message.bytes()) sum = sum + static_cast<unsigned>(byte);
    static_cast<void>(message.still_valid());
  }

  // --- producers

  void produce() {
    if (!producer_) {
      producer_.emplace(Producer::open("ring", {.directory = files_.directory(), .force_unclean = program_.one_in(2)}));
      return;
    }
    const std::vector<std::byte> bytes(program_.one_in(8) ? program_.below(kCapacity) : program_.below(256));
    switch (program_.below(6)) {
      case 0:
        if (program_.one_in(2)) producer_->abandon();
        producer_.reset();
        return;
      case 1: {
        Claim claim = producer_->try_claim(bytes.size());
        if (claim) std::copy(bytes.begin(), bytes.end(), claim.bytes().begin());
        if (claim && program_.one_in(2)) claim.commit(program_.below(256), 7);
        return;
      }
      case 2: static_cast<void>(producer_->wait_for_consumers(program_.below(4), std::chrono::nanoseconds{0})); return;
      case 3: static_cast<void>(producer_->publish_for(bytes, std::chrono::microseconds(1))); return;
      default:
        for (std::size_t i = program_.below(64) + 1; i > 0; --i) static_cast<void>(producer_->try_publish(bytes));
    }
  }

  // --- everybody else

  void manage() {
    const auto& directory = files_.directory();
    switch (program_.below(8)) {
      case 0: return remove_group("ring", program_.one_in(2) ? "group" : "durable", directory);
      case 1: require(list(directory).size() <= 1, "more rings than there are"); return;
      case 2:
        if (nobody_is_here()) ringmain::remove("ring", directory);
        return;
      default: static_cast<void>(statistics("ring", directory));
    }
  }

  static constexpr std::array<std::uint64_t, 4> kNothing{0, ~std::uint64_t{0}, 1, std::uint64_t{1} << 63};

  Files& files_;
  Program program_;
  std::array<Seat, 2> seats_{};
  std::optional<Producer> producer_{};
};

}  // namespace
}  // namespace ringmain::testing

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringmain::testing;
  static Files files;
  expect_no_hang();
  Run(files, Program(data, size)).all();
  files.restore();
  return 0;
}
