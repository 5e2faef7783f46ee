// A weak-memory checker's view of a ring: what is accessed, in which order, from which line of the code. Who includes this
// needn't know the checker, which is Relacy (model.cpp).
//
// The words of the ring that a party writes are learned: a run that meets a new one is started again with that word known.
// All others are constants, so that the checker spends no step on them.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringmain::testing::model {

// A line of code that makes an access.
struct Site {
  const char* file;
  int line;

  // As the default of an argument: the line of the call. (The older clang has no std::source_location.)
  static constexpr Site here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) { return {file, line}; }
};

// A word of the memory, and what it holds where nobody writes.
struct Word {
  const void* address;
  std::uint64_t value;
};

// Parties that act at the same time on one piece of memory.
class Scenario {
 public:
  virtual ~Scenario() = default;

  virtual std::span<std::byte> memory() = 0;  // what they share, as it is before each execution
  virtual unsigned parties() const { return 2; }
  virtual void begin() = 0;  // of an execution: everybody is as new
  virtual void act(unsigned party) = 0;
  virtual void end() {}

 private:
  friend class World;
  struct Written {
    std::size_t offset;
    bool atomic;
    std::uint64_t initial;
  };
  std::vector<Written> written_;  // as far as it is known
};

using Lines = std::set<std::pair<std::string, int>>;  // of files, without their folder

// What a mutant does to the code.
struct Mutation {
  Lines weakened{};    // a load or store there is relaxed, an exchange doesn't release, a fence is none
  Lines overtaken{};   // a full fence there lets loads overtake stores
  Lines sinking{};     // a store there comes after the next access, as a compiler may have it that isn't told otherwise
  std::string lazy{};  // who sleeps without membarrier()

  bool planted = false;  // the code came by there
};

enum class Search {
  kRandom,   // `limit` executions, drawn by lot
  kBounded,  // all executions with at most `limit` preemptions
  kAll,
};

struct Verdict {
  bool right = false;
  std::uint64_t executions = 0;
  std::string trace;  // of the wrong one
};

Verdict run(Scenario& scenario, Search search, std::uint64_t limit, Mutation* mutation = nullptr);

// --- for the parties of a scenario that runs

bool running();

std::uint64_t load(Word word, std::memory_order order, Site site);
bool store(Word word, std::uint64_t value, std::memory_order order, Site site);  // false: not of the memory shared
struct Exchange {
  bool weak;
  std::memory_order success, failure;
};
bool exchange(Word word, std::uint64_t& expected, std::uint64_t desired, Exchange how, Site site);

// A word that isn't atomic: access by two parties, one of them writing, must be ordered.
std::uint64_t read(Word word);
void write(Word word, std::uint64_t value);

void fence(std::memory_order order, Site site);
// What membarrier(2) does: every party executes a full fence at this moment, wherever it is. So its own stores and loads
// are kept apart for the caller, or not at all; nothing is asked of them, nor is more promised. `label`: for mutants.
void membarrier(std::string_view label = "");

// Ends the execution: it went wrong.
void require(bool right, const char* what);

}  // namespace ringmain::testing::model
