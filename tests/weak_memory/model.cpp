// The only file that knows Relacy: its headers redefine `new` and the names of the memory orders.
//
// What it knows: acquire and release, of accesses and of fences; sequentially consistent fences; loads that return one of
// the last three values stored (in a search of all executions: of the last two) where no order forbids it; races on what
// isn't atomic. What it doesn't: loads that are overtaken by a store behind them, except that what isn't atomic is found
// in a race; C++20's shorter release sequences (a relaxed store after a release store of the same party still releases).
// SPDX-License-Identifier: MIT
#include "weak_memory/model.hpp"

#include <array>
#include <cstring>
#include <new>
#include <optional>
#include <sstream>
#include <stdexcept>

#include <relacy/relacy.hpp>

#undef new
#undef delete
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef assert
#undef errno
#undef memory_order_relaxed
#undef memory_order_consume
#undef memory_order_acquire
#undef memory_order_release
#undef memory_order_acq_rel
#undef memory_order_seq_cst

namespace ringmain::testing::model {

namespace {

// Relacy replaces these by inline functions: all of them must come into the program, or none.
[[gnu::used]] void* (*const new_one)(std::size_t) = &::operator new;
[[gnu::used]] void* (*const new_many)(std::size_t) = &::operator new[];
[[gnu::used]] void (*const delete_one)(void*) = &::operator delete;
[[gnu::used]] void (*const delete_many)(void*) = &::operator delete[];

constexpr std::size_t kMaxWords = 96;
constexpr std::size_t kMaxSinking = 4;
constexpr std::size_t kMaxParties = 3;

rl::memory_order order_of(std::memory_order order) {
  switch (order) {
    case std::memory_order_relaxed: return rl::mo_relaxed;
    case std::memory_order_consume: return rl::mo_consume;
    case std::memory_order_acquire: return rl::mo_acquire;
    case std::memory_order_release: return rl::mo_release;
    case std::memory_order_acq_rel: return rl::mo_acq_rel;
    case std::memory_order_seq_cst: break;
  }
  return rl::mo_seq_cst;
}

rl::debug_info info_of(Site site) { return {"", site.file, static_cast<unsigned>(site.line)}; }

}  // namespace

class World {
 public:
  Verdict run(Scenario& scenario, Search search, std::uint64_t limit, Mutation* mutation);
  bool running() const { return scenario_ != nullptr; }

  // --- for Relacy

  void begin_execution() {
    for (std::size_t i = 0; i < written().size(); ++i) {
      if (written()[i].atomic) {
        ::new (&words_[i]) Atomic(written()[i].initial);
      } else {
        ::new (&words_[i]) Plain(written()[i].initial);
      }
    }
    sinking_ = {};
    scenario_->begin();
  }
  void act(unsigned party) {
    scenario_->act(party);
    surface();
  }
  void end_execution() {
    scenario_->end();
    for (std::size_t i = 0; i < written().size(); ++i) {
      if (written()[i].atomic) {
        atomic(static_cast<int>(i)).~Atomic();
      } else {
        plain(static_cast<int>(i)).~Plain();
      }
    }
  }

  // --- for the parties

  std::uint64_t load(Word word, std::memory_order order, Site site) {
    if (weakened(site)) order = std::memory_order_relaxed;
    const int index = index_of(word, true);
    if (index < 0) return word.value;
    const std::uint64_t value = atomic(index).load(order_of(order), info_of(site));
    surface();
    return value;
  }

  bool store(Word word, std::uint64_t value, std::memory_order order, Site site) {
    if (!shared(word)) return false;
    if (weakened(site)) order = std::memory_order_relaxed;
    const Store made{index_of_written(word, true), value, order, site};
    if (sinks(site)) {
      auto& sinking = sinking_[rl::thread_index()];
      require(sinking.count < kMaxSinking, "too many stores sink");
      sinking.stores[sinking.count++] = made;
    } else {
      perform(made);
      surface();
    }
    return true;
  }

  bool exchange(Word word, std::uint64_t& expected, std::uint64_t desired, Exchange how, Site site) {
    if (weakened(site)) how.success = std::memory_order_acquire;
    const int index = index_of_written(word, true);
    const auto swap = [&](auto weak) {
      return atomic(index).compare_exchange(weak, expected, desired, order_of(how.success), order_of(how.failure),
                                            info_of(site));
    };
    const bool done = how.weak ? swap(rl::bool_t<true>()) : swap(rl::bool_t<false>());
    surface();
    return done;
  }

  std::uint64_t read(Word word) {
    const int index = index_of(word, false);
    return index < 0 ? word.value : plain(index)(RL_INFO).load();
  }
  void write(Word word, std::uint64_t value) { plain(index_of_written(word, false))(RL_INFO).store(value); }

  void fence(std::memory_order order, Site site) {
    if (weakened(site)) return;
    if (overtaken(site)) order = std::memory_order_acq_rel;
    rl::atomic_thread_fence(order_of(order), info_of(site));
  }
  void membarrier(std::string_view label) {
    rl::ctx().sched();
    if (mutation_ != nullptr && mutation_->lazy == label) {
      mutation_->planted = true;
    } else {
      rl::systemwide_fence(RL_INFO);
    }
  }

  void require(bool right, const char* what) {
    if (!right) rl::ctx().fail_test(what, rl::test_result_user_assert_failed, RL_INFO);
  }

 private:
  using Atomic = rl::atomic<std::uint64_t>;
  using Plain = rl::var<std::uint64_t>;
  union Room {  // for one of them, that lives as long as an execution
    alignas(Atomic) std::array<std::byte, sizeof(Atomic)> atomic;
    alignas(Plain) std::array<std::byte, sizeof(Plain)> plain;
  };
  struct Store {
    int index = 0;
    std::uint64_t value = 0;
    std::memory_order order = std::memory_order_relaxed;
    Site site{};
  };
  struct Sinking {
    std::array<Store, kMaxSinking> stores{};
    std::size_t count = 0;
  };

  std::vector<Scenario::Written>& written() const { return scenario_->written_; }
  Atomic& atomic(int index) {
    return *std::launder(reinterpret_cast<Atomic*>(&words_[static_cast<std::size_t>(index)]));
  }
  Plain& plain(int index) { return *std::launder(reinterpret_cast<Plain*>(&words_[static_cast<std::size_t>(index)])); }

  bool shared(Word word) const {
    const auto* at = static_cast<const std::byte*>(word.address);
    return at >= memory_.data() && at < memory_.data() + memory_.size();
  }
  std::size_t offset_of(Word word) const {
    return static_cast<std::size_t>(static_cast<const std::byte*>(word.address) - memory_.data());
  }
  int index_of(Word word, bool atomic) {
    const int index = shared(word) ? indices_[offset_of(word) / 4] : -1;
    require(index < 0 || written()[static_cast<std::size_t>(index)].atomic == atomic, "a word of two kinds");
    return index;
  }
  int index_of_written(Word word, bool atomic) {
    const int index = index_of(word, atomic);
    if (index < 0) {
      unknown_ = Scenario::Written{offset_of(word), atomic, word.value};
      require(false, "a word that nobody was known to write");
    }
    return index;
  }

  void perform(const Store& made) { atomic(made.index).store(made.value, order_of(made.order), info_of(made.site)); }
  // What sank comes after the access that was just made.
  void surface() {
    if (mutation_ == nullptr) return;
    auto& sinking = sinking_[rl::thread_index()];
    for (std::size_t i = 0; i < sinking.count; ++i) perform(sinking.stores[i]);
    sinking.count = 0;
  }

  bool weakened(Site site) const { return mutation_ != nullptr && planted_at(mutation_->weakened, site); }
  bool overtaken(Site site) const { return mutation_ != nullptr && planted_at(mutation_->overtaken, site); }
  bool sinks(Site site) const { return mutation_ != nullptr && planted_at(mutation_->sinking, site); }
  bool planted_at(const Lines& lines, Site site) const {
    const char* slash = std::strrchr(site.file, '/');
    const char* name = slash == nullptr ? site.file : slash + 1;
    for (const auto& [file, line] : lines) {
      if (line != site.line || file != name) continue;
      mutation_->planted = true;
      return true;
    }
    return false;
  }

  Scenario* scenario_ = nullptr;
  Mutation* mutation_ = nullptr;
  std::span<std::byte> memory_;
  std::vector<std::int16_t> indices_;  // of each four bytes of the memory; -1: nobody writes there
  std::array<Room, kMaxWords> words_;
  std::array<Sinking, kMaxParties> sinking_;
  std::optional<Scenario::Written> unknown_;
};

namespace {

World world;

template <int kParties>
struct Suite : rl::test_suite<Suite<kParties>, kParties> {
  void before() { world.begin_execution(); }
  void thread(unsigned party) { world.act(party); }
  void after() { world.end_execution(); }
};

Verdict simulate(unsigned parties, Search search, std::uint64_t limit) {
  rl::ostringstream told;
  rl::test_params params;
  params.output_stream = &told;
  params.progress_stream = &told;
  params.execution_depth_limit = 20'000;
  if (search == Search::kRandom) {
    params.iteration_count = limit;
  } else {
    params.search_type = search == Search::kAll ? rl::sched_full : rl::sched_bound;
    params.context_bound = static_cast<unsigned>(limit);
  }
  const bool right = parties == 2 ? rl::simulate<Suite<2>>(params) : rl::simulate<Suite<3>>(params);
  return Verdict{right, params.stop_iteration, told.str().c_str()};
}

}  // namespace

Verdict World::run(Scenario& scenario, Search search, std::uint64_t limit, Mutation* mutation) {
  memory_ = scenario.memory();
  mutation_ = mutation;
  for (;;) {
    indices_.assign(memory_.size() / 4, -1);
    for (std::size_t i = 0; i < scenario.written_.size(); ++i) {
      indices_[scenario.written_[i].offset / 4] = static_cast<std::int16_t>(i);
    }
    unknown_.reset();
    scenario_ = &scenario;
    const Verdict verdict = simulate(scenario.parties(), search, limit);
    scenario_ = nullptr;
    if (!unknown_) return verdict;
    if (scenario.written_.size() == kMaxWords) throw std::length_error("a scenario writes too many words");
    scenario.written_.push_back(*unknown_);
  }
}

Verdict run(Scenario& scenario, Search search, std::uint64_t limit, Mutation* mutation) {
  return world.run(scenario, search, limit, mutation);
}

bool running() { return world.running(); }
std::uint64_t load(Word word, std::memory_order order, Site site) { return world.load(word, order, site); }
bool store(Word word, std::uint64_t value, std::memory_order order, Site site) {
  return world.store(word, value, order, site);
}
bool exchange(Word word, std::uint64_t& expected, std::uint64_t desired, Exchange how, Site site) {
  return world.exchange(word, expected, desired, how, site);
}
std::uint64_t read(Word word) { return world.read(word); }
void write(Word word, std::uint64_t value) { world.write(word, value); }
void fence(std::memory_order order, Site site) { world.fence(order, site); }
void membarrier(std::string_view label) { world.membarrier(label); }
void require(bool right, const char* what) { world.require(right, what); }

}  // namespace ringmain::testing::model
