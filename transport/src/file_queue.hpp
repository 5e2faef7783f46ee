// A file that is written in the background, one operation at a time: by io_uring, or, where that is blocked, at once.
// SPDX-License-Identifier: MIT
#pragma once

#include <liburing.h>
#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "clock.hpp"

namespace ringmain::transport {

class FileQueue {
 public:
  explicit FileQueue(int file);
  FileQueue(const FileQueue&) = delete;
  FileQueue& operator=(const FileQueue&) = delete;
  ~FileQueue();  // waits for what is under way: the kernel reads the writer's memory

  // Start an operation; none is under way. `parts`, and what they list, stay as they are until it is complete.
  void write(std::span<const iovec> parts, std::uint64_t at);
  void sync();  // the data, and what is needed to find it again

  // In a forked child, whose parent it is that waits.
  void forsake() noexcept { busy_ = false; }

  bool busy() const noexcept { return busy_; }

  // The result of the operation: bytes written, perhaps fewer than wanted, or -errno. Nothing: not complete until the
  // deadline.
  std::optional<int> result(const Deadline& deadline);

 private:
  struct Exit {
    void operator()(io_uring* uring) const noexcept;
  };
  bool submit(int& now);

  int file_;
  std::unique_ptr<io_uring, Exit> uring_;  // null: it is blocked
  std::optional<int> result_{};            // of what was done at once
  bool busy_ = false;
};

}  // namespace ringmain::transport
