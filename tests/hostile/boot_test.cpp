// Rings on a disk: they survive a restart of the machine if they were closed before.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/vfs.h>

#include <cstdlib>

#include "confined.hpp"
#include "raw_ring.hpp"
#include "refusal.hpp"

namespace ringmain::testing {
namespace {

// A directory that a restart would leave as it is; nothing if there is none.
std::filesystem::path make_directory_on_disk() {
  for (const std::filesystem::path& parent :
       {std::filesystem::temp_directory_path(), std::filesystem::path("/var/tmp"), std::filesystem::current_path()}) {
    struct statfs system {};
    constexpr long kTmpfs = 0x01021994;
    if (::statfs(parent.c_str(), &system) != 0 || system.f_type == kTmpfs) continue;
    std::string name = (parent / "ringmain-test.XXXXXX").native();
    if (::mkdtemp(name.data()) != nullptr) return name;
  }
  return {};
}

class BootTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kCapacity = 64 << 10;

  void SetUp() override {
    if (disk_.empty()) GTEST_SKIP() << "no directory on a disk to write to";
  }
  ~BootTest() override {
    std::error_code ignored;
    if (!disk_.empty()) std::filesystem::remove_all(disk_, ignored);
  }

  const std::filesystem::path& directory() const { return disk_; }
  std::filesystem::path ring_path() const { return disk_ / "ring.ring"; }
  RingOptions making() const { return {.directory = disk_, .capacity = kCapacity}; }
  OpenOptions opening() const { return {.directory = disk_}; }
  ConsumerOptions attaching(Start start = Start::latest()) const { return {.directory = disk_, .start = start}; }
  ConsumerOptions watching() const { return {.directory = disk_, .spectator = true}; }

  // As if another boot had left the ring so.
  void age(bool clean) {
    const RawFile file(ring_path() / "ring");
    file.lines().boot[0] = 1;
    file.lines().boot[1] = 2;
    file.lines().clean = clean ? 1 : 0;
  }
  void expect_message(Start start) {
    auto consumer = Consumer::attach("ring", attaching(start));
    EXPECT_EQ(text_of(consumer.try_receive()), "hello");
  }

 private:
  std::filesystem::path disk_ = make_directory_on_disk();
};

TEST_F(BootTest, a_ring_of_this_boot_opens_clean_or_not) {
  { auto producer = Producer::create("ring", making()); }
  RawFile(ring_path() / "ring").lines().clean = 0;
  auto producer = Producer::open("ring", opening());
  auto consumer = Consumer::attach("ring", attaching());
}

TEST_F(BootTest, an_unclean_ring_of_an_earlier_boot_is_refused) {
  {
    auto producer = Producer::create("ring", making());
    ASSERT_EQ(producer.publish(bytes_of("hello")), Status::kOk);
  }
  age(false);
  const std::initializer_list<std::string_view> words = {"'ring'", "not closed", "force_unclean", "remove"};
  EXPECT_TRUE(refused([&] { (void)Producer::open("ring", opening()); }, Status::kUnclean, words));
  EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", attaching()); }, Status::kUnclean, words));
  EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", watching()); }, Status::kUnclean, words));
  EXPECT_EQ(statistics("ring", directory()).messages, 1U);
  auto producer = Producer::open("ring", {.directory = directory(), .force_unclean = true});
  expect_message(Start::oldest());
}

TEST_F(BootTest, an_unclean_ring_can_be_removed) {
  { auto producer = Producer::create("ring", making()); }
  age(false);
  ringmain::remove("ring", directory());
  EXPECT_TRUE(std::filesystem::is_empty(directory()));
}

TEST_F(BootTest, a_clean_ring_of_an_earlier_boot_opens) {
  {
    auto producer = Producer::create("ring", making());
    ASSERT_EQ(producer.publish(bytes_of("hello")), Status::kOk);
  }
  age(true);
  expect_message(Start::oldest());
  auto producer = Producer::open("ring", opening());
  EXPECT_EQ(RawFile(ring_path() / "ring").lines().clean, 0U);
  expect_message(Start::oldest());
}

TEST_F(BootTest, only_a_close_makes_a_ring_clean) {
  const auto clean = [&] { return RawFile(ring_path() / "ring").lines().clean.load(); };
  ASSERT_EQ(in_child([&] {
              auto producer = Producer::create("ring", making());
              require(clean() == 0, "clean while in use");
              ::kill(::getpid(), SIGKILL);
            }),
            -SIGKILL);
  EXPECT_EQ(clean(), 0U);
  Producer::open("ring", opening()).close();
  EXPECT_EQ(clean(), 1U);
}

TEST_F(BootTest, a_ring_on_a_disk_works) {
  {
    auto producer = Producer::create("ring", making());
    auto consumer = Consumer::attach("ring", attaching());
    for (int i = 0; i < 1000; ++i) {
      ASSERT_EQ(producer.try_publish(std::vector<std::byte>(1000)), Status::kOk);
      ASSERT_TRUE(consumer.try_receive());
    }
  }
  auto producer = Producer::open("ring", opening());
  EXPECT_EQ(statistics("ring", directory()).messages, 1000U);
  producer.close();
  ringmain::remove("ring", directory());
  EXPECT_TRUE(std::filesystem::is_empty(directory()));
}

// A container may have a boot id of its own; memory outlives no boot.
TEST_F(HostileTest, a_ring_in_memory_is_of_this_boot_whatever_it_says) {
  auto producer = Producer::create("ring", making());
  RawFile(ring_path() / "ring").lines().boot[0] = 1;
  auto consumer = Consumer::attach("ring", attaching());
  ASSERT_EQ(producer.publish(bytes_of("hello")), Status::kOk);
  EXPECT_EQ(text_of(consumer.try_receive()), "hello");
}

}  // namespace
}  // namespace ringmain::testing
