// A full file system: an error that names need, room and remedy, never a signal; and nothing is left behind.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdio>

#include "confined.hpp"
#include "raw_ring.hpp"
#include "refusal.hpp"

namespace ringmain::testing {
namespace {

class SpaceTest : public HostileTest {
 protected:
  void SetUp() override {
    if (!may_mount(directory())) GTEST_SKIP() << "mounting a file system needs root or user namespaces";
  }

  // With 1 MiB of room in the directory.
  template <class Work>
  int in_little_room(Work&& work) {
    return in_child([&] {
      require(mount_own_tmpfs(directory(), "size=1m,mode=1777"), "mount");
      work();
    });
  }
  void remount(const std::string& options) const {
    require(::mount(nullptr, directory().c_str(), nullptr, MS_REMOUNT, options.c_str()) == 0, "remount " + options);
  }
  void resize(std::size_t pages) const { remount("size=" + std::to_string(pages * kPage)); }

  static constexpr std::size_t kPage = 4096;
  RingOptions of_capacity(std::size_t capacity) const { return {.directory = directory(), .capacity = capacity}; }

  std::uintmax_t room() const { return std::filesystem::space(directory()).available; }

  // Takes all the room there is.
  void fill() const {
    const int file = ::open((directory() / "filler").c_str(), O_CREAT | O_WRONLY, 0600);
    const std::string block(4096, 'x');
    while (::write(file, block.data(), block.size()) > 0) {
    }
    ::close(file);
  }
};

TEST_F(SpaceTest, a_ring_too_large_for_the_file_system_is_refused_with_need_room_and_remedy) {
  EXPECT_EQ(in_little_room([&] {
              const auto before = room();
              for (const std::size_t capacity : {std::size_t{8} << 20, std::size_t{1} << 20, algorithm::kMaxCapacity}) {
                const std::string need = capacity == 8 << 20 ? "8.1 MiB" : capacity == 1 << 20 ? "1.1 MiB" : "64.0 TiB";
                require_refused([&] { (void)Producer::create("ring", of_capacity(capacity)); }, Status::kNoSpace,
                                {"needs " + need, "1.0 MiB free", directory().native(), "ringmain rm", "RINGMAIN_DIR",
                                 "--shm-size"});
                require(entries().empty(), "something was left behind");
                require(room() == before, "room was kept");
              }
              auto producer = Producer::create("ring", of_capacity(512 << 10));
            }),
            0);
}

TEST_F(SpaceTest, a_ring_whose_second_file_does_not_fit_is_refused_too) {
  EXPECT_EQ(in_little_room([&] {
              write_file(directory() / "filler", std::string((1 << 20) - (64 << 10) - (512 << 10) - (32 << 10), 'x'));
              const auto before = room();
              require_refused([&] { (void)Producer::create("ring", of_capacity(512 << 10)); }, Status::kNoSpace,
                              {"needs 636.0 KiB", "608.0 KiB free"});  // both files; before either was made
              require(entries().size() == 1 && room() == before, "something was left behind");
            }),
            0);
}

TEST_F(SpaceTest, a_full_file_system_without_even_room_for_a_directory) {
  EXPECT_EQ(in_child([&] {
              require(mount_own_tmpfs(directory(), "size=1m,nr_inodes=3"), "mount");
              require_refused([&] { (void)Producer::create("ring", of_capacity(64 << 10)); }, Status::kNoSpace,
                              {"create"});
              require(entries().empty(), "something was left behind");
            }),
            0);
}

TEST_F(SpaceTest, a_name_that_exists_is_told_even_when_there_is_no_room_for_a_second_ring) {
  EXPECT_EQ(in_little_room([&] {
              auto producer = Producer::create("ring", of_capacity(512 << 10));
              require_refused([&] { (void)Producer::create("ring", of_capacity(512 << 10)); }, Status::kExists,
                              {"'ring'"});
            }),
            0);
}

TEST_F(SpaceTest, a_ring_goes_on_when_its_file_system_fills_up_later) {
  EXPECT_EQ(in_little_room([&] {
              auto producer = Producer::create("ring", of_capacity(256 << 10));
              fill();
              require(room() == 0, "there is room");
              auto consumer = Consumer::attach("ring", attaching());
              auto member = Consumer::attach("ring", joining("group"));
              const std::string text(10000, 'x');
              for (int i = 0; i < 1000; ++i) {  // many times around
                require(producer.try_publish(bytes_of(text)) == Status::kOk, "publish");
                require(text_of(consumer.try_receive()) == text && text_of(member.try_receive()) == text, "receive");
              }
              require(statistics("ring", directory()).messages == 1000, "statistics");
              producer.close();
              auto next = Producer::open("ring", opening());
              require(next.try_publish(bytes_of(text)) == Status::kOk, "publish");
              require_refused([&] { (void)Producer::create("other", of_capacity(64 << 10)); }, Status::kNoSpace,
                              {"0 B free"});
              ringmain::remove("ring", directory(), true);
              require(entries() == std::vector<std::string>{"filler"}, "something was left behind");
            }),
            0);
}

// Short of one page, of two, ... of all that it takes: whichever allocation is the one that fails.
TEST_F(SpaceTest, whichever_page_is_missing_is_an_error_that_leaves_nothing_behind) {
  constexpr std::size_t kPages = (kSlotsOffset + kCapacity + kConsumersBytes) / kPage;
  EXPECT_EQ(in_child([&] {
              require(mount_own_tmpfs(directory(), "size=4k"), "mount");
              for (std::size_t pages = 1; pages < kPages; ++pages) {
                resize(pages);
                require_refused([&] { (void)Producer::create("ring", of_capacity(kCapacity)); }, Status::kNoSpace,
                                {"free"});
                require(entries().empty() && room() == pages * kPage, "something was left behind");
              }
              resize(kPages);
              auto producer = Producer::create("ring", of_capacity(kCapacity));
              require(room() == 0, "more than it needs");
              auto consumer = Consumer::attach("ring", attaching());
              for (int i = 0; i < 1000; ++i) {
                require(producer.try_publish(bytes_of("hello")) == Status::kOk, "publish");
                require(text_of(consumer.try_receive()) == "hello", "receive");
              }
            }),
            0);
  std::printf("PROOF full-tmpfs create: %zu pages, each of them missing once, 0 signals, 0 left behind\n", kPages);
}

TEST_F(SpaceTest, whichever_inode_is_missing_is_an_error_that_leaves_nothing_behind) {
  constexpr int kInodes = 4;  // the root, a directory, two files
  EXPECT_EQ(in_child([&] {
              require(mount_own_tmpfs(directory(), "size=1m,nr_inodes=1"), "mount");
              for (int inodes = 1; inodes < kInodes; ++inodes) {
                remount("nr_inodes=" + std::to_string(inodes));
                require_refused([&] { (void)Producer::create("ring", of_capacity(kCapacity)); }, Status::kNoSpace);
                require(entries().empty(), "something was left behind");
              }
              remount("nr_inodes=" + std::to_string(kInodes));
              auto producer = Producer::create("ring", of_capacity(kCapacity));
            }),
            0);
}

TEST_F(SpaceTest, whichever_page_is_beyond_the_limit_on_files_is_an_error_and_no_signal) {
  constexpr std::size_t kPages = (kSlotsOffset + kCapacity) / kPage;
  EXPECT_EQ(in_child([&] {
              for (std::size_t pages = 0; pages < kPages; ++pages) {
                const rlimit limit{pages * kPage, RLIM_INFINITY};
                ::setrlimit(RLIMIT_FSIZE, &limit);
                require_refused([&] { (void)Producer::create("ring", of_capacity(kCapacity)); }, Status::kNoSpace);
                require_refused([&] { (void)Producer::create_unnamed({.capacity = kCapacity}); }, Status::kNoSpace);
                require(entries().empty(), "something was left behind");
              }
            }),
            0);
}

TEST_F(SpaceTest, a_limit_on_the_size_of_files_is_an_error_and_no_signal) {
  EXPECT_EQ(in_child([&] {
              const rlimit limit{1 << 20, RLIM_INFINITY};
              ::setrlimit(RLIMIT_FSIZE, &limit);
              require_refused([&] { (void)Producer::create("ring", of_capacity(8 << 20)); }, Status::kNoSpace);
              require(entries().empty(), "something was left behind");
              auto producer = Producer::create("ring", of_capacity(64 << 10));
            }),
            0);
}

}  // namespace
}  // namespace ringmain::testing
