// Rings whose files are shorter than they say, or say what can't be.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "confined.hpp"
#include "raw_ring.hpp"
#include "refusal.hpp"

namespace ringmain::testing {
namespace {

namespace fs = std::filesystem;
using algorithm::Header;

class DamagedTest : public HostileTest {
 protected:
  DamagedTest() {
    auto producer = Producer::create("ring", making());
    for (int i = 0; i < 100; ++i) EXPECT_EQ(producer.publish(bytes_of("some message")), Status::kOk);
  }

  // Whoever opens the ring is refused; which message it is doesn't depend on who.
  void expect_refused(Status status, std::initializer_list<std::string_view> words = {}) {
    EXPECT_TRUE(refused([&] { (void)Producer::open("ring", opening()); }, status, words));
    EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", attaching()); }, status, words));
    EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", joining("group")); }, status, words));
    EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", watching()); }, status, words));
    EXPECT_TRUE(refused([&] { (void)statistics("ring", directory()); }, status, words));
    EXPECT_TRUE(refused([&] { remove_group("ring", "group", directory()); }, status, words));
    EXPECT_EQ(list(directory()), std::vector<std::string>{"ring"});
  }

  // With the header changed.
  void expect_header_refused(const std::function<void(Header&)>& change, Status status,
                             std::initializer_list<std::string_view> words = {}) {
    const RawFile file(ring_path() / "ring");
    const Header before = file.header();
    change(file.header());
    expect_refused(status, words);
    file.header() = before;
  }

  // With a file cut to these sizes, from the largest to the smallest.
  void expect_cuts_refused(const char* name, std::vector<std::size_t> sizes) {
    const fs::path path = ring_path() / name;
    std::sort(sizes.rbegin(), sizes.rend());
    for (const std::size_t size : sizes) {
      SCOPED_TRACE(std::string(name) + " of " + std::to_string(size) + " bytes");
      fs::resize_file(path, size);
      expect_refused(Status::kTruncated, {"ring 'ring'", "remove the ring"});
    }
  }
};

TEST_F(DamagedTest, a_ring_cut_anywhere_is_truncated) {
  std::vector<std::size_t> sizes;
  for (std::size_t page = 0; page <= kSlotsOffset + kCapacity; page += 4096) {
    for (const std::size_t size : {page - 1, page, page + 1}) {
      if (size < kSlotsOffset + kCapacity) sizes.push_back(size);
    }
  }
  for (const std::size_t size : {std::size_t{7}, std::size_t{8}, sizeof(Header) - 1, sizeof(Header)})
    sizes.push_back(size);
  expect_cuts_refused("ring", sizes);
}

TEST_F(DamagedTest, consumers_cut_anywhere_are_truncated) {
  std::vector<std::size_t> sizes;
  for (std::size_t page = 0; page <= kConsumersBytes; page += 4096) {
    for (const std::size_t size : {page - 1, page, page + 1}) {
      if (size < kConsumersBytes) sizes.push_back(size);
    }
  }
  for (const std::size_t size : {std::size_t{8}, std::size_t{16}, std::size_t{31}, std::size_t{32}})
    sizes.push_back(size);
  expect_cuts_refused("consumers", sizes);
}

TEST_F(DamagedTest, a_truncated_ring_can_be_removed) {
  fs::resize_file(ring_path() / "ring", 4096);
  ringmain::remove("ring", directory());
  EXPECT_TRUE(entries().empty());
  auto producer = Producer::create("ring", making());
}

TEST_F(DamagedTest, foreign_content_is_no_ring) {
  write_file(ring_path() / "ring", std::string(kSlotsOffset + kCapacity, 'x'));
  expect_refused(Status::kNotARing, {"ring 'ring'", "something else"});
  write_file(ring_path() / "ring", std::string(kSlotsOffset + kCapacity, '\0'));
  expect_refused(Status::kNotARing, {"ring 'ring'"});
}

TEST_F(DamagedTest, one_wrong_bit_of_the_magic_is_no_ring) {
  for (int bit = 0; bit < 64; ++bit) {
    expect_header_refused([&](Header& header) { header.magic ^= std::uint64_t{1} << bit; }, Status::kNotARing);
  }
}

TEST_F(DamagedTest, other_layouts_are_told_from_garbage) {
  for (const std::uint32_t version : {0U, 2U, 0x01000000U, ~0U}) {
    expect_header_refused([&](Header& header) { header.layout_version = version; }, Status::kLayoutMismatch,
                          {"ring 'ring'", "layout version " + std::to_string(version), "remove it"});
  }
  for (int bit = 0; bit < 64; ++bit) {
    expect_header_refused([&](Header& header) { header.layout_signature ^= std::uint64_t{1} << bit; },
                          Status::kLayoutMismatch, {"ring 'ring'", "rebuild"});
  }
}

TEST_F(DamagedTest, capacities_that_can_not_be_are_corrupt) {
  for (const std::uint64_t capacity :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{63}, std::uint64_t{64}, std::uint64_t{4096},
        std::uint64_t{kCapacity / 2}, std::uint64_t{kCapacity - 1}, std::uint64_t{kCapacity + 1},
        std::uint64_t{3 * kCapacity / 2}, std::uint64_t{1} << 47, std::uint64_t{1} << 63,
        std::numeric_limits<std::uint64_t>::max(), std::uint64_t{0} - kSlotsOffset}) {
    SCOPED_TRACE(capacity);
    expect_header_refused([&](Header& header) { header.capacity = capacity; }, Status::kCorrupt,
                          {"ring 'ring'", "header", "remove the ring"});
  }
}

TEST_F(DamagedTest, capacities_beyond_the_file_are_truncated) {
  for (int shift = 17; shift <= 46; ++shift) {
    SCOPED_TRACE(shift);
    expect_header_refused([&](Header& header) { header.capacity = std::uint64_t{1} << shift; }, Status::kTruncated,
                          {"ring 'ring'", "128.0 KiB of", "remove the ring"});
  }
}

TEST_F(DamagedTest, a_capacity_below_the_files_size_is_corrupt) {
  fs::resize_file(ring_path() / "ring", kSlotsOffset + 2 * kCapacity);
  EXPECT_TRUE(refused([&] { (void)Producer::open("ring", opening()); }, Status::kCorrupt, {"ring 'ring'"}));
  EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", attaching()); }, Status::kCorrupt, {"ring 'ring'"}));
}

TEST_F(DamagedTest, other_numbers_that_can_not_be_are_corrupt) {
  const std::vector<std::function<void(Header&)>> changes = {
      [](Header& header) { header.header_bytes -= 8; },
      [](Header& header) { header.slots_offset = 4096; },
      [](Header& header) { header.slots_offset = ~std::uint64_t{0}; },
      [](Header& header) { header.consumers_bytes *= 2; },
      [](Header& header) { header.consumers_bytes = 0; },
      [](Header& header) { header.max_consumers = ~0U; },
      [](Header& header) { header.max_consumers = kMaxConsumers + 1; },
      [](Header& header) { header.max_groups = kMaxGroups + 1; },
      [](Header& header) { header.max_groups = 0; },
      [](Header& header) { header.policy = 2; },
      [](Header& header) { header.policy = ~0U; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    SCOPED_TRACE(i);
    expect_header_refused(changes[i], Status::kCorrupt, {"ring 'ring'", "header"});
  }
}

TEST_F(DamagedTest, consumers_of_another_ring_are_refused) {
  {
    auto other = Producer::create("other", making());
    fs::copy_file(ring_path("other") / "consumers", ring_path() / "consumers", fs::copy_options::overwrite_existing);
  }
  ringmain::remove("other", directory());
  expect_refused(Status::kNotARing, {"ring 'ring'", "'consumers' belongs to another ring"});
}

TEST_F(DamagedTest, one_wrong_bit_of_the_identity_is_another_ring) {
  const RawFile file(ring_path() / "consumers");
  for (std::size_t bit = 0; bit < 32 * 8; ++bit) {
    file.bytes()[bit / 8] ^= std::byte{1} << (bit % 8);
    expect_refused(Status::kNotARing, {"'consumers'"});
    file.bytes()[bit / 8] ^= std::byte{1} << (bit % 8);
  }
  EXPECT_EQ(statistics("ring", directory()).messages, 100U);
}

TEST_F(DamagedTest, producers_lines_that_contradict_each_other_are_corrupt) {
  const RawFile file(ring_path() / "ring");
  file.lines().tail = file.lines().tail + 64;
  EXPECT_TRUE(
      refused([&] { (void)Producer::open("ring", opening()); }, Status::kCorrupt, {"'ring'", "remove the ring"}));
  EXPECT_TRUE(
      refused([&] { (void)Consumer::attach("ring", attaching()); }, Status::kCorrupt, {"'ring'", "remove the ring"}));
  EXPECT_TRUE(refused([&] { (void)statistics("ring", directory()); }, Status::kCorrupt, {"'ring'", "remove the ring"}));
  ringmain::remove("ring", directory());
}

TEST_F(DamagedTest, a_hole_in_the_slots_is_never_a_message) {
  auto consumer = Consumer::attach("ring", attaching(Start::oldest()));
  ASSERT_TRUE(consumer.try_receive());
  const int file = ::open((ring_path() / "ring").c_str(), O_RDWR);
  ASSERT_EQ(::fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(kSlotsOffset), kCapacity),
            0);
  ::close(file);
  EXPECT_EQ(consumer.try_receive().status(), Status::kProducerLost);
  EXPECT_TRUE(refused([&] { (void)Producer::open("ring", opening()); }, Status::kCorrupt));  // it can't count on
}

TEST_F(DamagedTest, a_capacity_beyond_the_addresses_of_a_process_is_an_error) {
  RawFile(ring_path() / "ring").header().capacity = algorithm::kMaxCapacity;
  fs::resize_file(ring_path() / "ring", kSlotsOffset + algorithm::kMaxCapacity);  // of holes
  expect_refused(Status::kSystem, {"128.0 TiB of addresses"});
}

// A file may claim gigabytes and have none of them: that is found out without a signal, and without taking them.
TEST_F(DamagedTest, a_ring_of_holes_on_a_small_file_system_is_truncated) {
  if (!may_mount(directory())) GTEST_SKIP() << "mounting a file system needs root or user namespaces";
  EXPECT_EQ(
      in_child([&] {
        std::vector<std::byte> head;
        std::vector<std::byte> consumers;
        {
          const RawFile ring(ring_path() / "ring");
          const RawFile area(ring_path() / "consumers");
          head.assign(ring.bytes().begin(), ring.bytes().end());
          consumers.assign(area.bytes().begin(), area.bytes().end());
        }
        reinterpret_cast<Header*>(head.data())->capacity = std::uint64_t{1} << 30;
        require(mount_own_tmpfs(directory(), "size=1m"), "mount");
        fs::create_directory(ring_path());
        write_file(ring_path() / "ring", {reinterpret_cast<const char*>(head.data()), head.size()});
        write_file(ring_path() / "consumers", {reinterpret_cast<const char*>(consumers.data()), consumers.size()});
        fs::resize_file(ring_path() / "ring", kSlotsOffset + (std::uint64_t{1} << 30));
        require_refused([&] { (void)Consumer::attach("ring", attaching()); }, Status::kTruncated, {"ring"});
        require_refused([&] { (void)statistics("ring", directory()); }, Status::kTruncated, {"ring"});
        require_refused([&] { (void)Producer::open("ring", opening()); }, Status::kTruncated, {"ring"});
      }),
      0);
}

}  // namespace
}  // namespace ringmain::testing
