// Which of the messages that were received are held still: they are let go in any order, and given back in theirs.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>

namespace ringmain::python {

class Ledger {
 public:
  // The message at `position`, which ends at `end`, is held from now on. Positions grow.
  void hold(std::uint64_t position, std::uint64_t end) {
    entries_.push_back({position, end, true});
    ++held_;
    ++changes_;
  }

  // It isn't any more. Returns the position below which nothing is held.
  std::uint64_t let_go(std::uint64_t position) noexcept {
    for (Entry& entry : entries_) {
      if (entry.position != position || !entry.held) continue;
      entry.held = false;
      --held_;
      ++changes_;
      break;
    }
    while (!entries_.empty() && !entries_.front().held) {
      free_below_ = entries_.front().end;
      entries_.pop_front();
    }
    return free_below_;
  }

  std::size_t held() const noexcept { return held_; }
  std::uint64_t changes() const noexcept { return changes_; }  // grows when something is held, or let go

 private:
  struct Entry {
    std::uint64_t position;
    std::uint64_t end;
    bool held;
  };
  std::deque<Entry> entries_{};
  std::size_t held_ = 0;
  std::uint64_t changes_ = 0;
  std::uint64_t free_below_ = 0;
};

}  // namespace ringmain::python
