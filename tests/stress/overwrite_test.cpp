// A lossy ring: who is overtaken learns the exact number of messages lost, and never takes a torn message for a whole one.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>

#include <atomic>
#include <cstdio>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"
#include "support/child.hpp"
#include "support/publishing.hpp"
#include "support/scale.hpp"
#include "support/shared.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

constexpr const char* kName = "lossy";
constexpr std::size_t kCapacity = std::size_t{128} << 10;
constexpr std::uint64_t kMessages = scaled(600'000u);
constexpr std::uint64_t kLapsLost = kCapacity / 64;  // messages in a lap, at most

struct Report {
  std::atomic<std::uint64_t> received;
  std::atomic<std::uint64_t> lost;
  std::atomic<std::uint64_t> gaps;         // times overtaken
  std::atomic<std::uint64_t> overwritten;  // borrowed messages that did not survive the look
  std::atomic<std::uint64_t> held_up;      // copies held up in the midst
};

// Follows one reader's numbers: the next is always the last + 1 + what was reported lost.
class Follower {
 public:
  Follower(const Stream& stream, Report& report) : stream_(stream), report_(report) {}

  // The number that a message with this `lost` must have.
  std::uint64_t advance(std::uint64_t lost) {
    report_.received.fetch_add(1);
    report_.lost.fetch_add(lost);
    if (lost != 0) report_.gaps.fetch_add(1);
    next_ += lost + 1;
    return next_ - 1;
  }
  std::uint64_t next() const { return next_; }

  // After the last message; `total` is what the consumer says.
  void finish(std::uint64_t total) {
    require(report_.lost.load() <= total, "the messages told of more losses than the consumer");
    require(next_ + (total - report_.lost.load()) == kMessages, "received and lost don't add up to what was published");
    report_.lost.store(total);
  }

  const Stream& stream() const { return stream_; }
  Report& report() { return report_; }

 private:
  const Stream& stream_;
  Report& report_;
  std::uint64_t next_ = 0;
};

// Looks at messages in place, now and then for so long that the producer comes round.
void borrow(ringmain::Consumer& consumer, Follower& follower, std::uint64_t lot) {
  for (;;) {
    const Message message = consumer.receive();
    if (message.status() == Status::kEnd) return;
    require(static_cast<bool>(message), describe(message.status()));
    const std::uint64_t number = follower.advance(message.lost());
    if (mix(lot) % 300 == 0) ::usleep(static_cast<useconds_t>(mix(lot) % 2000));
    const bool whole = follower.stream().is(number, message);
    if (message.still_valid()) {
      require(whole, "torn or wrong, but valid: expected number " + std::to_string(number));
    } else {
      follower.report().overwritten.fetch_add(1);
    }
  }
}

// A buffer that holds up who copies more than a page into it: long enough to be overtaken in the midst of it.
class SlowBuffer {
 public:
  explicit SlowBuffer(std::function<void()> meanwhile) {
    meanwhile_ = std::move(meanwhile);
    trap_ = bytes_.data() + kPage;
    struct sigaction action {};
    action.sa_handler = [](int) {
      disarm();
      meanwhile_();
    };
    ::sigaction(SIGSEGV, &action, nullptr);
  }
  ~SlowBuffer() { ::signal(SIGSEGV, SIG_DFL); }
  SlowBuffer(const SlowBuffer&) = delete;
  SlowBuffer& operator=(const SlowBuffer&) = delete;

  static void arm() { ::mprotect(trap_, kPage, PROT_NONE); }  // for one copy
  static void disarm() { ::mprotect(trap_, kPage, PROT_READ | PROT_WRITE); }
  std::span<std::byte> bytes() { return bytes_; }

 private:
  static constexpr std::size_t kPage = 4096;
  static inline std::byte* trap_ = nullptr;
  static inline std::function<void()> meanwhile_;
  Shared<std::byte> pages_{max_message_bytes(kCapacity)};
  std::span<std::byte> bytes_{&pages_[0], max_message_bytes(kCapacity)};
};

void copy(ringmain::Consumer& consumer, Follower& follower, std::uint64_t lot) {
  SlowBuffer buffer([&] {
    ::usleep(1000);
    follower.report().held_up.fetch_add(1);
  });
  for (;;) {
    if (mix(lot) % 100 == 0) buffer.arm();
    const Copy copied = consumer.read(buffer.bytes());
    buffer.disarm();
    if (copied.status == Status::kEnd) return;
    require(copied.status == Status::kOk, describe(copied.status));
    const std::uint64_t number = follower.advance(copied.lost);
    require(copied.type == Stream::type_of(number) || copied.type == kBatchType, "wrong type");
    require(follower.stream().is(number, copied.position, buffer.bytes().first(copied.bytes)),
            "torn or wrong copy: expected number " + std::to_string(number));
    if (mix(lot) % 300 == 0) ::usleep(static_cast<useconds_t>(mix(lot) % 2000));
  }
}

// The loss as a stranger sees it.
std::uint64_t lost_by_statistics(const std::filesystem::path& directory) {
  for (const auto& consumer : statistics(kName, directory).consumers) {
    if (consumer.pid == static_cast<std::uint32_t>(::getpid())) return consumer.lost;
  }
  throw std::runtime_error("not in the statistics");
}

class Overwriting : public ::testing::Test {
 protected:
  using Consume = void (*)(ringmain::Consumer&, Follower&, std::uint64_t);

  Child consumer(int index, bool spectator, Consume consume) {
    return Child([=, this] {
      auto consumer = ringmain::Consumer::attach(
          kName, {.directory = directory_.path(), .start = Start::oldest(), .spectator = spectator});
      ready_->fetch_add(1);
      Follower follower(stream_, reports_[static_cast<std::size_t>(index)]);
      consume(consumer, follower, static_cast<std::uint64_t>(index));
      follower.finish(consumer.lost());
      if (!spectator)
        require(lost_by_statistics(directory_.path()) == consumer.lost(), "statistics() counts otherwise");
    });
  }

  static constexpr int kConsumers = 4;
  TemporaryDirectory directory_;
  Stream stream_{3, 16, 20'000};
  Shared<Report> reports_{kConsumers};
  Shared<std::atomic<int>> ready_;
};

TEST_F(Overwriting, LossesAreExactAndNothingTornIsValid) {
  const Watchdog watchdog(300);
  auto producer = ringmain::Producer::create(
      kName, {.directory = directory_.path(), .capacity = kCapacity, .policy = Policy::kOverwrite});
  std::vector<Child> children;
  children.push_back(consumer(0, false, borrow));
  children.push_back(consumer(1, false, copy));
  children.push_back(consumer(2, true, borrow));
  children.push_back(consumer(3, true, copy));
  wait_until([&] { return ready_->load() == kConsumers; });

  MixedPublisher publisher(producer, stream_, 12);
  while (publisher.next() < kMessages) publisher.step(kMessages);
  EXPECT_GT(producer.position() / kCapacity, scaled(1000u));
  producer.close();
  for (Child& child : children) EXPECT_EQ(child.wait(), 0);

  for (std::size_t i = 0; i < kConsumers; ++i) {
    const Report& report = reports_[i];
    std::printf("  received %lu, lost %lu in %lu gaps, overwritten %lu, held up %lu\n", report.received.load(),
                report.lost.load(), report.gaps.load(), report.overwritten.load(), report.held_up.load());
    EXPECT_GT(report.received.load(), kMessages / 100);
    EXPECT_GT(report.lost.load(), kLapsLost / 4);
    EXPECT_GT(report.gaps.load(), 10u);
  }
  EXPECT_GT(reports_[0].overwritten.load() + reports_[2].overwritten.load(), 5u);
  EXPECT_GT(reports_[1].held_up.load() + reports_[3].held_up.load(), 5u);
  const Statistics statistics = ringmain::statistics(kName, directory_.path());
  EXPECT_EQ(statistics.messages, kMessages);
  EXPECT_EQ(statistics.room_waits, 0u);
  ringmain::remove(kName, directory_.path());
}

// Overtaken once, and again in the midst of a copy: both losses are told with the message that arrives at last.
TEST_F(Overwriting, ACopyThatWasOvertakenTellsAllThatWasLost) {
  auto producer = ringmain::Producer::create(
      kName, {.directory = directory_.path(), .capacity = kCapacity, .policy = Policy::kOverwrite});
  auto consumer = ringmain::Consumer::attach(kName, {.directory = directory_.path()});
  const Stream stream(4, 5000, 5000);
  std::uint64_t published = 0;
  bool failed = false;
  auto publish_laps = [&, message = std::vector<std::byte>(5000)]() mutable {  // runs in a signal handler, too
    const std::uint64_t end = producer.position() + 3 * kCapacity;
    while (producer.position() < end) {
      stream.write(published, producer.position(), message);
      failed |= producer.publish(message, Stream::type_of(published)) != Status::kOk;
      ++published;
    }
  };
  publish_laps();
  SlowBuffer buffer([&] { publish_laps(); });
  buffer.arm();
  const Copy copied = consumer.try_read(buffer.bytes());
  EXPECT_FALSE(failed);
  ASSERT_EQ(copied.status, Status::kOk);
  EXPECT_GT(copied.lost, published / 2);
  EXPECT_EQ(copied.lost, consumer.lost());
  EXPECT_TRUE(stream.is(copied.lost, copied.position, buffer.bytes().first(copied.bytes)));
}

}  // namespace
}  // namespace ringmain::testing
