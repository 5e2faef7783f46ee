// SPDX-License-Identifier: MIT
#include "memory_left.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace ringmain {

namespace {

using Path = std::filesystem::path;

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

std::uint64_t difference(std::uint64_t from, std::uint64_t what) noexcept { return from > what ? from - what : 0; }
std::uint64_t sum(std::uint64_t one, std::uint64_t other) noexcept {
  return one > kUnlimited - other ? kUnlimited : one + other;
}

// The number in the line that begins with `key`; an empty key: in the first line. Nothing: there is none, or "max".
std::optional<std::uint64_t> number_in(const Path& path, std::string_view key = {}) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t begin = std::min(line.find_first_not_of(' ', key.size()), line.size());
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(line.data() + begin, line.data() + line.size(), number);
    return error == std::errc{} ? std::optional(number) : std::nullopt;
  }
  return std::nullopt;
}

// The two kinds of cgroups. What their files are called, and which of what they have in use can't be dropped.
struct Kind {
  const char* mount;
  const char* limit;
  const char* swap_limit;  // beyond what is used of it; version 1 limits only memory and swap together
  const char* swap_used;
  std::string_view anonymous;
  std::string_view shared;
};
constexpr Kind kVersion1{"sys/fs/cgroup/memory", "memory.limit_in_bytes", nullptr, nullptr,
                         "total_rss ",           "total_shmem "};
constexpr Kind kVersion2{"sys/fs/cgroup", "memory.max", "memory.swap.max", "memory.swap.current", "anon ", "shmem "};

std::uint64_t left_in(const Path& cgroup, const Kind& kind, std::uint64_t swap) {
  const auto limit = number_in(cgroup / kind.limit);
  if (!limit) return kUnlimited;
  if (kind.swap_limit != nullptr) {
    const std::uint64_t most = number_in(cgroup / kind.swap_limit).value_or(kUnlimited);
    swap = std::min(swap, difference(most, number_in(cgroup / kind.swap_used).value_or(0)));
  }
  const Path used = cgroup / "memory.stat";
  const std::uint64_t held = sum(number_in(used, kind.anonymous).value_or(0), number_in(used, kind.shared).value_or(0));
  return sum(difference(*limit, held), swap);
}

// In the cgroup of a line "NUMBER:CONTROLLERS:PATH" of /proc/self/cgroup, and in those above it.
std::uint64_t left_by(const Path& root, std::string_view line, std::uint64_t swap) {
  const std::size_t first = line.find(':');
  const std::size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
  if (second == line.npos) return kUnlimited;
  const std::string controllers = "," + std::string(line.substr(first + 1, second - first - 1)) + ",";
  const bool version2 = controllers == ",,";
  if (!version2 && controllers.find(",memory,") == controllers.npos) return kUnlimited;
  const Kind& kind = version2 ? kVersion2 : kVersion1;
  const Path mount = root / kind.mount;
  std::uint64_t left = left_in(mount, kind, swap);
  Path cgroup = mount;
  for (const Path& step : Path(line.substr(second + 1)).relative_path()) {
    cgroup /= step;
    left = std::min(left, left_in(cgroup, kind, swap));
  }
  return left;
}

}  // namespace

std::uint64_t memory_left(const Path& root) {
  constexpr std::uint64_t kKibibyte = 1024;
  const Path meminfo = root / "proc/meminfo";
  const auto available = number_in(meminfo, "MemAvailable:");
  const std::uint64_t swap = number_in(meminfo, "SwapFree:").value_or(0) * kKibibyte;
  std::uint64_t left = available ? sum(*available * kKibibyte, swap) : kUnlimited;
  std::ifstream cgroups(root / "proc/self/cgroup");
  for (std::string line; std::getline(cgroups, line);) left = std::min(left, left_by(root, line, swap));
  return left;
}

}  // namespace ringmain
