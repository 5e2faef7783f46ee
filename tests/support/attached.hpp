// A consumer put together by hand: lease, line, group and reader, in the order that attaching demands.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string_view>

#include "ringmain/algorithm/reader.hpp"
#include "ringmain/algorithm/registry.hpp"
#include "support/plain_ring.hpp"

namespace ringmain::testing {

using algorithm::GroupReference;
using algorithm::GroupWord;
using algorithm::LineState;
using algorithm::LineWord;
using algorithm::Registry;

template <class Memory = algorithm::NativeMemory>
class Attached {
 public:
  // A group of its own.
  explicit Attached(PlainRing<Memory>& ring, Start start = Start::latest()) : Attached(ring, Unattached{}) {
    reader = algorithm::Reader<Memory>(ring.ring(), &own().cursor, nullptr, false);
    begin_and_activate(start);
  }

  // A member of a named group, which it founds if there is none.
  Attached(PlainRing<Memory>& ring, std::string_view name, Start start = Start::latest(), bool durable = false)
      : Attached(ring, Unattached{}) {
    const auto found = registry.find(name);
    const bool joined = found && registry.join(line, *found, durable);
    group = joined ? *found : registry.found(line, name, durable).value();
    auto& head = ring.area().groups[group.number - 1].head;
    reader = algorithm::Reader<Memory>(ring.ring(), &own().cursor, &head, false);
    if (joined) {
      registry.activate(line, generation);
    } else {
      begin_and_activate(start);
    }
  }

  auto& own() const { return area_->lines[line]; }
  auto& head() const { return area_->groups[group.number - 1].head; }
  LineState state() const { return registry.state_of(line, generation); }

  void die() { leases.drop(); }  // the line stays as it was
  void leave() {
    registry.leave(line, generation, leases);
    leases.drop();
  }

  FakeLeases leases;
  Registry<Memory> registry;
  std::size_t line = 0;
  std::uint32_t generation = 0;
  GroupReference group{};
  bool begun = true;  // false: the reader found no place to begin
  algorithm::Reader<Memory> reader;

 private:
  struct Unattached {};
  Attached(PlainRing<Memory>& ring, Unattached) : leases(ring.leases()), registry(ring.area()), area_(&ring.area()) {
    const auto taken = registry.take_line(leases, 4711);
    if (taken.refusal != Registry<Memory>::Refusal::kNone) throw std::runtime_error("no line is free");
    line = taken.line;
    generation = taken.generation;
  }

  void begin_and_activate(Start start) {
    begun = reader.begin(start);
    if (begun) registry.activate(line, generation);
  }

  algorithm::ConsumersArea<Memory>* area_;
};

}  // namespace ringmain::testing
