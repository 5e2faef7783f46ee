// Appends to a file: gathers, and writes in the background. One write is under way at a time, so whoever is killed leaves
// a beginning of what he appended, with nothing behind a gap. (More would gain nothing: the kernel lets one in at a time.)
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "file_queue.hpp"

namespace ringmain::transport {

class AppendFile {
 public:
  enum class Progress {
    kDone,
    kTimedOut,
    kFailed,  // error() says why; it stays so
  };

  AppendFile(int file, std::uint64_t end) : written_(end), queue_(file) {}

  // Room for so many bytes behind what was gathered. It stays where it is until add() or the next room(), whatever else
  // is called. kTimedOut: the disk is behind.
  Progress room(std::size_t bytes, std::byte*& place, std::chrono::nanoseconds timeout);
  void add(std::size_t bytes) noexcept;  // so many of them are to be written

  // To be called now and then: starts to write what was gathered when nothing is under way.
  Progress go_on();

  // Writes what was gathered and then these parts, at most three, from where they lie. Waits for what is under way until
  // the timeout, then for these without one.
  Progress write(std::span<const iovec> parts, std::chrono::nanoseconds timeout);
  Progress flush(std::chrono::nanoseconds timeout) { return write({}, timeout); }

  // All that was gathered until now will be synced soon, if go_on() is called.
  void want_sync() noexcept {
    if (sync_at_ == 0) sync_at_ = end();  // one that is wanted already isn't put off
  }
  Progress sync();  // waits for it

  std::uint64_t end() const noexcept { return written_ + under_way_ + back_.gathered(); }  // of the file, at last
  std::uint64_t written() const noexcept { return written_; }  // what was under way when it failed began here
  void forsake() noexcept { queue_.forsake(); }                // in a forked child: all this is the parent's

  int error() const noexcept { return error_; }  // an errno

 private:
  struct Buffer {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size = 0;
    std::size_t begin = 0;
    std::size_t end = 0;

    std::size_t gathered() const noexcept { return end - begin; }
    std::span<const std::byte> content() const noexcept { return {bytes.get() + begin, gathered()}; }
    void reserve(std::size_t more);
  };

  Progress finish(const Deadline& deadline);
  Progress take(int result);
  void start_gathered();
  void start_rest();

  Buffer front_{};  // under way
  Buffer back_{};   // gathered
  std::array<iovec, 4> parts_{};
  std::span<iovec> rest_{};      // of what is under way
  std::uint64_t written_;        // the file up to here
  std::uint64_t under_way_ = 0;  // bytes behind it
  std::uint64_t advanced_ = 0;   // of them, already written
  std::uint64_t sync_at_ = 0;    // what is to be synced; 0: nothing
  bool claimed_ = false;         // room behind what was gathered
  int error_ = 0;
  FileQueue queue_;  // gone first, and with it the kernel's look at the rest
};

}  // namespace ringmain::transport
