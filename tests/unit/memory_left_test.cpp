// How much memory a ring may take: of the machine, and of cgroups.
// SPDX-License-Identifier: MIT
#include "memory_left.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <string>
#include <string_view>

#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kMiB = 1 << 20;

class MemoryLeftTest : public ::testing::Test {
 protected:
  void write(std::string_view path, std::string_view text) const {
    const auto file = root_.path() / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  // 1 GiB and, without limits, 100 MiB of swap.
  void describe_machine() const {
    write("proc/meminfo",
          "MemTotal:       2097152 kB\nMemFree:          12345 kB\nMemAvailable:   1048576 kB\nSwapFree:        102400 "
          "kB\n");
  }
  std::uint64_t left() const { return memory_left(root_.path()); }

 private:
  TemporaryDirectory root_;
};

TEST_F(MemoryLeftTest, is_unlimited_where_nothing_can_be_read) {
  EXPECT_EQ(left(), kUnlimited);
  write("proc/meminfo", "MemAvailable: much\n");
  write("proc/self/cgroup", "nonsense\n0\n0:\n::\n7:cpu:/a\n");
  EXPECT_EQ(left(), kUnlimited);
}

TEST_F(MemoryLeftTest, is_what_the_kernel_says_is_available_and_the_swap) {
  describe_machine();
  EXPECT_EQ(left(), 1124 * kMiB);
}

TEST_F(MemoryLeftTest, is_limited_by_a_cgroup_of_version_2_and_those_above) {
  describe_machine();
  write("proc/self/cgroup", "0::/a/b\n");
  write("sys/fs/cgroup/a/b/memory.max", "max\n");
  EXPECT_EQ(left(), 1124 * kMiB);
  write("sys/fs/cgroup/a/b/memory.max", std::to_string(500 * kMiB));
  EXPECT_EQ(left(), 600 * kMiB);
  write("sys/fs/cgroup/a/memory.max", std::to_string(400 * kMiB));
  EXPECT_EQ(left(), 500 * kMiB);
  write("sys/fs/cgroup/memory.max", std::to_string(300 * kMiB));  // of a container, which sees itself as the root
  EXPECT_EQ(left(), 400 * kMiB);
  write("sys/fs/cgroup/memory.stat", "anon_thp 5\nanon " + std::to_string(50 * kMiB) + "\nfile 999999999\nshmem " +
                                         std::to_string(30 * kMiB) + "\n");
  EXPECT_EQ(left(), 320 * kMiB);  // the page cache can be dropped
  write("sys/fs/cgroup/memory.swap.max", std::to_string(10 * kMiB));
  write("sys/fs/cgroup/memory.swap.current", std::to_string(4 * kMiB));
  EXPECT_EQ(left(), 226 * kMiB);
  write("sys/fs/cgroup/memory.max", std::to_string(10 * kMiB));
  EXPECT_EQ(left(), 6 * kMiB);  // above its limit
}

TEST_F(MemoryLeftTest, is_limited_by_a_cgroup_of_version_1) {
  describe_machine();
  write("proc/self/cgroup", "4:cpu,cpuacct:/c\n3:blkio,memory:/m\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(left(), 1124 * kMiB);
  write("sys/fs/cgroup/memory/m/memory.limit_in_bytes", std::to_string(200 * kMiB) + "\n");
  write("sys/fs/cgroup/memory/m/memory.stat", "rss 1\ntotal_rss " + std::to_string(20 * kMiB) + "\n");
  EXPECT_EQ(left(), 280 * kMiB);
}

}  // namespace
}  // namespace ringmain::testing
