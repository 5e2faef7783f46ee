// What a process and a directory of rings take: to see that it doesn't grow.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace ringmain::testing {

// A figure of /proc/PID/status, in kB.
inline std::uint64_t status_figure(pid_t pid, const std::string& name) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(name + ":")) continue;
    std::uint64_t figure = 0;
    std::istringstream(line.substr(name.size() + 1)) >> figure;
    return figure;
  }
  return 0;
}

struct ProcessUse {
  std::uint64_t memory_kb = 0;  // of its own; what is mapped of rings is counted with the directory
  std::uint64_t descriptors = 0;

  static ProcessUse of(pid_t pid) {
    std::error_code ignored;
    const std::filesystem::directory_iterator open("/proc/" + std::to_string(pid) + "/fd", ignored);
    return {status_figure(pid, "RssAnon"), static_cast<std::uint64_t>(std::distance(begin(open), end(open)))};
  }
};

struct DirectoryUse {
  std::uint64_t kb = 0;
  std::uint64_t files = 0;  // and folders

  // Others may come and go in it meanwhile.
  static DirectoryUse of(const std::filesystem::path& directory) {
    DirectoryUse use;
    std::error_code error;
    std::filesystem::recursive_directory_iterator entry(directory, error);
    for (; !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
      ++use.files;
      std::error_code gone;
      const auto size = entry->is_regular_file(gone) ? entry->file_size(gone) : 0;
      if (!gone) use.kb += size / 1024;
    }
    return use;
  }
};

}  // namespace ringmain::testing
