// Who takes part: births, joins, leaves and burials of consumers and groups, on plain memory. Who is alive is asked of a
// `Leases` type: bool alive(std::size_t line), bool try_take(std::size_t line), void drop().
//
// Invariants:
//   1  A line is in use only by who holds (or held, when it died) the lease of its byte; so a line in use whose lease is
//      free has a dead holder.
//   2  A line's state changes by compare-and-swap on {generation, state}: of several who bury a line, one wins.
//   3  A group's name is decided by who holds the births word.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "ringmain/algorithm/layout.hpp"

namespace ringmain::algorithm {

template <class Memory = NativeMemory>
class Registry {
  using NameWords = std::array<std::uint64_t, kMaxNameBytes / 8>;

 public:
  explicit Registry(ConsumersArea<Memory>& area) noexcept : area_(area) {}

  // --- lines

  enum class Refusal { kNone, kFull, kSquatted };
  struct Taken {
    std::size_t line = 0;
    std::uint32_t generation = 0;
    Refusal refusal = Refusal::kNone;
  };

  // The lowest free line, its lease taken first, then joining.
  template <class Leases>
  Taken take_line(Leases& leases, std::uint32_t pid) noexcept {
    Refusal refusal = Refusal::kFull;
    for (std::size_t i = 0; i < kMaxConsumers; ++i) {
      auto& line = area_.lines[i];
      std::uint64_t word = line.state.load(std::memory_order_acquire);
      if (LineWord::of(word).state != LineState::kFree) continue;
      if (!leases.try_take(i)) {
        if (!leases.alive(i)) refusal = Refusal::kSquatted;  // a read lock; a write lock is who takes it just now
        continue;
      }
      // Ours alone: nobody takes a line without its lease, and nobody buries a free one.
      line.cursor.store(kNowhere, std::memory_order_relaxed);
      line.group.store(0, std::memory_order_relaxed);
      line.lost.store(0, std::memory_order_relaxed);
      line.redelivered.store(0, std::memory_order_relaxed);
      line.pid.store(pid, std::memory_order_relaxed);
      line.sleeping.store(0, std::memory_order_relaxed);
      const std::uint32_t generation = LineWord::of(word).generation + 1;
      raise(area_.lines_used, i + 1);  // first: who buries the dead looks no further
      if (line.state.compare_exchange_strong(word, LineWord{generation, LineState::kJoining}.word(),
                                             std::memory_order_acq_rel)) {
        return Taken{i, generation, Refusal::kNone};
      }
      leases.drop();
    }
    return Taken{0, 0, refusal};
  }

  void activate(std::size_t line, std::uint32_t generation) noexcept {
    move(line, generation, LineState::kJoining, LineState::kActive);
  }

  LineState state_of(std::size_t line, std::uint32_t generation) const noexcept {
    const auto word = LineWord::of(area_.lines[line].state.load(std::memory_order_acquire));
    return word.generation == generation ? word.state : LineState::kEvicted;
  }

  // The own line is free again, and its group, if nobody else in it lives and it isn't durable.
  template <class Leases>
  void leave(std::size_t line, std::uint32_t generation, const Leases& leases) noexcept {
    auto& own = area_.lines[line];
    const auto group = GroupReference::of(own.group.load(std::memory_order_relaxed));
    if (LineWord::of(own.state.load(std::memory_order_acquire)).generation != generation) return;
    own.cursor.store(kNowhere, std::memory_order_release);
    for (const LineState state : {LineState::kJoining, LineState::kActive, LineState::kEvicted}) {
      move(line, generation, state, LineState::kFree);
    }
    if (group.number != 0) dissolve(group, [&](std::size_t other) { return leases.alive(other); });
  }

  // --- groups. Joining is done by who holds the births word.

  // A holder counts only while it joins: the word may be what a peer wrote, naming somebody who knows nothing of it, or
  // us.
  template <class Leases>
  bool try_births(std::size_t line, std::uint32_t generation, Leases& leases) noexcept {
    std::uint64_t holder = area_.births.load(std::memory_order_acquire);
    const std::uint64_t own = births_word(line, generation);
    if (holder != 0 && holder != own) {
      const auto reference = GroupReference::of(holder);  // the same form: {generation, line + 1}
      const std::size_t other = reference.number - 1;
      const bool lives =
          other < kMaxConsumers && state_of(other, reference.generation) == LineState::kJoining && leases.alive(other);
      if (lives) return false;
    }
    return area_.births.compare_exchange_strong(holder, own, std::memory_order_acq_rel);
  }
  void end_births(std::size_t line, std::uint32_t generation) noexcept {
    std::uint64_t mine = births_word(line, generation);
    area_.births.compare_exchange_strong(mine, 0, std::memory_order_acq_rel);  // no longer ours: stolen, so be it
  }

  std::optional<GroupReference> find(std::string_view name) const noexcept {
    return find_if([&](std::size_t group) { return name_of(group) == words_of(name); });
  }

  // The first group for whose index matches(index) is true.
  template <class Matches>
  std::optional<GroupReference> find_if(Matches&& matches) const {
    for (std::size_t i = 0; i < groups_used(); ++i) {
      const auto word = GroupWord::of(area_.groups[i].state.load(std::memory_order_acquire));
      if (word.state == LineState::kActive && matches(i)) {
        return GroupReference{word.generation, static_cast<std::uint32_t>(i + 1)};
      }
    }
    return std::nullopt;
  }

  // Joins a group that exists. The own line names the group before joins counts up: who saw the old count and found only
  // dead members can't dissolve it any more; who sees the new one sees the line. False: it was dissolved.
  bool join(std::size_t line, GroupReference group, bool durable) noexcept {
    area_.lines[line].group.store(group.word(), std::memory_order_release);
    auto& target = area_.groups[group.number - 1];
    std::uint64_t word = target.state.load(std::memory_order_acquire);
    for (;;) {
      auto state = GroupWord::of(word);
      if (state.generation != group.generation || state.state != LineState::kActive) break;
      ++state.joins;
      if (target.state.compare_exchange_weak(word, state.word(), std::memory_order_acq_rel)) {
        if (durable) target.durable.store(1, std::memory_order_release);
        return true;
      }
    }
    area_.lines[line].group.store(0, std::memory_order_release);
    return false;
  }

  // A new group with nothing in it: its head is kNowhere until its first member begins. Nothing: all lines are taken.
  std::optional<GroupReference> found(std::size_t line, std::string_view name, bool durable) noexcept {
    for (std::size_t i = 0; i < kMaxGroups; ++i) {
      auto& group = area_.groups[i];
      std::uint64_t word = group.state.load(std::memory_order_acquire);
      if (GroupWord::of(word).state != LineState::kFree) continue;
      const GroupReference reference{GroupWord::of(word).generation + 1, static_cast<std::uint32_t>(i + 1)};
      const NameWords words = words_of(name);
      for (std::size_t k = 0; k < words.size(); ++k) group.name[k].store(words[k], std::memory_order_relaxed);
      group.durable.store(durable ? 1 : 0, std::memory_order_relaxed);
      group.head.store(kNowhere, std::memory_order_relaxed);
      area_.lines[line].group.store(reference.word(), std::memory_order_release);
      raise(area_.groups_used, i + 1);
      if (group.state.compare_exchange_strong(word, GroupWord{reference.generation, 1, LineState::kActive}.word(),
                                              std::memory_order_acq_rel)) {
        return reference;
      }
    }
    area_.lines[line].group.store(0, std::memory_order_release);
    return std::nullopt;
  }

  bool exists(GroupReference group) const noexcept {
    const auto word = GroupWord::of(area_.groups[group.number - 1].state.load(std::memory_order_acquire));
    return word.generation == group.generation && word.state == LineState::kActive;
  }

  // The group's line, if the reference can be one: it may come from a line that a peer wrote.
  GroupLine<Memory>* line_of(GroupReference group) const noexcept {
    return group.number >= 1 && group.number <= kMaxGroups ? &area_.groups[group.number - 1] : nullptr;
  }

  // --- burials

  // Frees the lines of dead consumers, except members of a group that lives on: those are for a member to reap, message
  // and all. With `dissolving`, groups that have only dead members and aren't durable go, too. True: something was freed.
  template <class Leases>
  bool bury(Leases& leases, bool dissolving) noexcept {
    bool freed = false;
    const auto alive = [&](std::size_t line) { return leases.alive(line); };
    if (dissolving) {
      for (std::size_t i = 0; i < groups_used(); ++i) {
        const auto word = GroupWord::of(area_.groups[i].state.load(std::memory_order_acquire));
        if (word.state == LineState::kFree) continue;
        freed |= dissolve(GroupReference{word.generation, static_cast<std::uint32_t>(i + 1)}, alive);
      }
    }
    for (std::size_t i = 0; i < lines_used(); ++i) {
      std::uint64_t word = area_.lines[i].state.load(std::memory_order_acquire);
      const auto group = GroupReference::of(area_.lines[i].group.load(std::memory_order_acquire));
      if (LineWord::of(word).state == LineState::kFree || leases.alive(i)) continue;
      if (group.number != 0 && group.number <= kMaxGroups && exists(group)) continue;
      freed |= free_line(i, word);
    }
    return freed;
  }

  // Calls visit(line, word) for every dead member of the group but `except`, until it returns true.
  template <class Leases, class Visit>
  bool for_each_dead_member(GroupReference group, std::size_t except, Leases& leases, Visit&& visit) noexcept {
    for (std::size_t i = 0; i < lines_used(); ++i) {
      const std::uint64_t word = area_.lines[i].state.load(std::memory_order_acquire);
      if (i == except || LineWord::of(word).state == LineState::kFree || !belongs(i, group)) continue;
      if (!leases.alive(i) && visit(area_.lines[i], word)) return true;
    }
    return false;
  }

  // Evicts who has the line, and the whole group it is a member of. False: nobody has it, or not for long.
  bool evict(std::size_t line) noexcept {
    const std::uint64_t word = area_.lines[line].state.load(std::memory_order_acquire);
    if (!LineWord::of(word).in_use()) return false;
    const auto group = GroupReference::of(area_.lines[line].group.load(std::memory_order_acquire));
    // Another may have the line by now, and the group may be his.
    if (area_.lines[line].state.load(std::memory_order_acquire) != word) return false;
    const bool of_group = group.number != 0 && group.number <= kMaxGroups && exists(group);
    return of_group ? evict_group(group) : evict_line(line, word);  // whatever it names: it must not gate for ever
  }
  bool evict_group(GroupReference group) noexcept {  // whose number the caller has bounded
    auto& target = area_.groups[group.number - 1];
    std::uint64_t word = target.state.load(std::memory_order_acquire);
    auto state = GroupWord::of(word);
    if (state.generation != group.generation || state.state != LineState::kActive) return false;
    state.state = LineState::kEvicted;
    if (!target.state.compare_exchange_strong(word, state.word(), std::memory_order_acq_rel)) return false;
    for (std::size_t i = 0; i < lines_used(); ++i) {
      const std::uint64_t line = area_.lines[i].state.load(std::memory_order_acquire);
      if (LineWord::of(line).in_use() && belongs(i, group)) evict_line(i, line);
    }
    return true;
  }

  // Evicts every group that stands below `wanted` (and still holds the producer: at or above `floor`). True: there was one.
  bool evict_below(Position wanted, Position floor) noexcept {
    bool evicted = false;
    const auto lags = [&](Position cursor) { return cursor >= floor && cursor < wanted; };
    for (std::size_t i = 0; i < lines_used(); ++i) {
      const auto& line = area_.lines[i];
      const auto word = LineWord::of(line.state.load(std::memory_order_acquire));
      if (word.in_use() && lags(line.cursor.load(std::memory_order_acquire))) evicted |= evict(i);
    }
    for (std::size_t i = 0; i < groups_used(); ++i) {
      const auto word = GroupWord::of(area_.groups[i].state.load(std::memory_order_acquire));
      if (word.state != LineState::kActive || !lags(area_.groups[i].head.load(std::memory_order_acquire))) continue;
      evicted |= evict_group(GroupReference{word.generation, static_cast<std::uint32_t>(i + 1)});
    }
    return evicted;
  }

  // Frees a group and the lines of its members if nobody in it is `alive`. True: done.
  template <class Alive>
  bool dissolve(GroupReference group, Alive&& alive, bool even_if_durable = false) noexcept {
    GroupLine<Memory>* target = line_of(group);
    if (target == nullptr) return false;
    std::uint64_t word = target->state.load(std::memory_order_acquire);  // before the members, as join() counts after
    const auto state = GroupWord::of(word);
    if (state.generation != group.generation || state.state == LineState::kFree) return false;
    const bool keep = target->durable.load(std::memory_order_acquire) != 0 && state.state == LineState::kActive;
    if (keep && !even_if_durable) return false;
    for (std::size_t i = 0; i < lines_used(); ++i) {
      if (occupied(i) && belongs(i, group) && alive(i)) return false;
    }
    if (!target->state.compare_exchange_strong(word, GroupWord{group.generation, 0, LineState::kFree}.word(),
                                               std::memory_order_acq_rel)) {
      return false;
    }
    for (std::size_t i = 0; i < lines_used(); ++i) {
      const std::uint64_t line = area_.lines[i].state.load(std::memory_order_acquire);
      if (LineWord::of(line).state != LineState::kFree && belongs(i, group) && !alive(i)) free_line(i, line);
    }
    return true;
  }

  // --- counting and telling

  // How often a line was taken so far.
  std::uint64_t attachments() const noexcept {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < lines_used(); ++i) {
      count += LineWord::of(area_.lines[i].state.load(std::memory_order_acquire)).generation;
    }
    return count;
  }
  bool any_durable() const noexcept {
    for (std::size_t i = 0; i < groups_used(); ++i) {
      const auto word = GroupWord::of(area_.groups[i].state.load(std::memory_order_acquire));
      if (word.state == LineState::kActive && area_.groups[i].durable.load(std::memory_order_acquire) != 0) return true;
    }
    return false;
  }

  // Groups with a living consumer, one without a named group being a group of its own.
  template <class Leases>
  std::size_t groups_attached(Leases& leases) const noexcept {
    std::array<bool, kMaxGroups> seen{};
    std::size_t count = 0;
    for (std::size_t i = 0; i < lines_used(); ++i) {
      if (LineWord::of(area_.lines[i].state.load(std::memory_order_acquire)).state != LineState::kActive ||
          !leases.alive(i)) {
        continue;
      }
      const auto group = GroupReference::of(area_.lines[i].group.load(std::memory_order_acquire));
      if (group.number == 0) ++count;
      if (group.number == 0 || group.number > kMaxGroups || seen[group.number - 1]) continue;
      seen[group.number - 1] = true;
      ++count;
    }
    return count;
  }

  std::size_t lines_used() const noexcept {
    return std::min<std::size_t>(area_.lines_used.load(std::memory_order_acquire), kMaxConsumers);
  }
  std::size_t groups_used() const noexcept {
    return std::min<std::size_t>(area_.groups_used.load(std::memory_order_acquire), kMaxGroups);
  }
  bool occupied(std::size_t line) const noexcept {
    return LineWord::of(area_.lines[line].state.load(std::memory_order_acquire)).state != LineState::kFree;
  }
  bool belongs(std::size_t line, GroupReference group) const noexcept {
    return GroupReference::of(area_.lines[line].group.load(std::memory_order_acquire)) == group;
  }
  NameWords name_of(std::size_t group) const noexcept {
    NameWords words{};
    for (std::size_t k = 0; k < words.size(); ++k) {
      words[k] = area_.groups[group].name[k].load(std::memory_order_relaxed);
    }
    return words;
  }

 private:
  static NameWords words_of(std::string_view name) noexcept {
    NameWords words{};
    std::memcpy(words.data(), name.data(), std::min(name.size(), kMaxNameBytes));
    return words;
  }
  static std::uint64_t births_word(std::size_t line, std::uint32_t generation) noexcept {
    return GroupReference{generation, static_cast<std::uint32_t>(line + 1)}.word();
  }

  template <class Counter>
  static void raise(Counter& counter, std::size_t at_least) noexcept {
    auto seen = counter.load(std::memory_order_acquire);
    while (seen < at_least &&
           !counter.compare_exchange_weak(seen, static_cast<std::uint32_t>(at_least), std::memory_order_acq_rel)) {
    }
  }

  bool move(std::size_t line, std::uint32_t generation, LineState from, LineState to) noexcept {
    std::uint64_t word = LineWord{generation, from}.word();
    return area_.lines[line].state.compare_exchange_strong(word, LineWord{generation, to}.word(),
                                                           std::memory_order_acq_rel);
  }
  bool free_line(std::size_t line, std::uint64_t word) noexcept {
    return area_.lines[line].state.compare_exchange_strong(
        word, LineWord{LineWord::of(word).generation, LineState::kFree}.word(), std::memory_order_acq_rel);
  }
  bool evict_line(std::size_t line, std::uint64_t word) noexcept {
    return area_.lines[line].state.compare_exchange_strong(
        word, LineWord{LineWord::of(word).generation, LineState::kEvicted}.word(), std::memory_order_acq_rel);
  }

  ConsumersArea<Memory>& area_;
};

}  // namespace ringmain::algorithm
