// A named group in a random run: its members take, give back, leave, die and inherit.
// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/attached.hpp"
#include "support/model.hpp"

namespace ringmain::testing {

class ModelGroup {
  struct Member {
    std::unique_ptr<Attached<>> attached;
    std::optional<std::uint64_t> held;  // the number of a message
    bool alive = true;
  };

 public:
  ModelGroup(PlainRing<>& ring, Model& model, Deeds& deeds, std::string name, bool durable)
      : ring_(ring), model_(model), deeds_(deeds), name_(std::move(name)), durable_(durable) {}

  // The lowest position that the group still needs.
  Position gate() const {
    Position lowest = founded_ ? model_.position_of(next_) : kNowhere;
    for (const Member& member : members_) {
      if (member.held) lowest = std::min(lowest, model_.position_of(*member.held));
    }
    return lowest;
  }

  void play(Dice& dice) {
    const bool deserted = !anybody_lives();
    if (deserted || members_.size() < 4) {
      if (dice.one_in(deserted ? 3 : 30)) return join();
    }
    if (members_.empty()) return;
    const std::size_t who = dice.roll(members_.size());
    if (!members_[who].alive) return;
    switch (dice.roll(60)) {
      case 0: return leave(who);
      case 1: return die(who);
      default: return members_[who].held ? give_back(who) : dice.one_in(8) ? reap(who) : take(who);
    }
  }

  // Somebody left or buried the dead: a group without a living member is dissolved, unless it is durable.
  void buried() {
    if (!founded_ || durable_ || anybody_lives()) return;
    members_.clear();
    founded_ = false;
    ++deeds_.dissolved;
  }

 private:
  bool anybody_lives() const {
    return std::any_of(members_.begin(), members_.end(), [](const Member& member) { return member.alive; });
  }

  void join() {
    Member member{.attached = std::make_unique<Attached<>>(ring_, name_, Start::oldest(), durable_), .held = {}};
    ASSERT_TRUE(member.attached->begun);
    if (!founded_) {
      const Position head = member.attached->head().load();
      ASSERT_TRUE(model_.may_start(head, 0)) << head;
      next_ = model_.first_at_or_above(head);
      founded_ = true;
    }
    members_.push_back(std::move(member));
    ++deeds_.attached;
  }

  void take(std::size_t who) {
    Member& member = members_[who];
    auto& reader = member.attached->reader;
    const Status status = reader.examine();
    if (next_ == model_.count()) {
      EXPECT_EQ(status, Status::kEmpty);
      return;
    }
    ASSERT_EQ(status, Status::kOk);
    EXPECT_TRUE(model_.is_right(reader, next_));
    EXPECT_FALSE(reader.redelivered());
    member.held = next_++;
    EXPECT_EQ(member.attached->head().load(), model_.position_of(next_));
    ++deeds_.shared;
  }

  void give_back(std::size_t who) {
    Member& member = members_[who];
    EXPECT_TRUE(model_.is_right(member.attached->reader, *member.held));
    (void)member.attached->reader.release();
    member.held.reset();
    EXPECT_EQ(member.attached->own().cursor.load(), kNowhere);
  }

  // Inherits from the first of the dead that held something; buries those before him.
  void reap(std::size_t who) {
    auto& self = *members_[who].attached;
    const bool reaped = self.registry.for_each_dead_member(
        self.group, self.line, self.leases,
        [&](auto& line, std::uint64_t word) { return self.reader.reap(line, word); });
    bool expected = false;
    const auto in_order_of_lines = [](const Member& a, const Member& b) { return a.attached->line < b.attached->line; };
    std::sort(members_.begin(), members_.end(), in_order_of_lines);
    for (auto member = members_.begin(); member != members_.end() && !expected;) {
      if (member->alive) {
        ++member;
        continue;
      }
      expected = member->held.has_value();
      if (expected) inherit(self, *member->held);
      EXPECT_EQ(member->attached->state(), LineState::kFree);
      member = members_.erase(member);
    }
    EXPECT_EQ(reaped, expected);
  }

  void inherit(Attached<>& self, std::uint64_t number) {
    EXPECT_TRUE(self.reader.redelivered());
    EXPECT_TRUE(model_.is_right(self.reader, number));
    for (Member& member : members_) {
      if (member.attached.get() == &self) member.held = number;
    }
    ++deeds_.redelivered;
  }

  void leave(std::size_t who) {
    if (members_[who].held) give_back(who);
    members_[who].attached->leave();
    members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(who));
    buried();
    EXPECT_EQ(Registry<>(ring_.area()).find(name_).has_value(), founded_);
  }

  void die(std::size_t who) {
    members_[who].attached->die();
    members_[who].alive = false;
  }

  PlainRing<>& ring_;
  Model& model_;
  Deeds& deeds_;
  std::string name_;
  bool durable_;
  bool founded_ = false;
  std::uint64_t next_ = 0;  // the message that the head points to
  std::vector<Member> members_;
};

}  // namespace ringmain::testing
