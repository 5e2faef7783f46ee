// Every system call that an operation makes fails in turn, and every allocation: the first, the second, ... until all goes
// well. What then throws is an Error that says what failed, nothing is left behind, and the next attempt succeeds.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "raw_ring.hpp"
#include "refusal.hpp"

namespace ringmain::testing {

struct Fault {
  const char* name;
  std::vector<int> numbers;  // of system calls; none: allocations
  int error;
};

class FaultInjectionTest : public HostileTest {
 protected:
  using Step = std::function<void()>;

  struct Operation {
    const char* name;
    Step prepare;                    // in peace, before each attempt
    Step action;                     // under fire
    Step finish = [] {};             // in peace: must succeed, whatever happened to the action
    bool changes_directory = false;  // the action adds or removes entries, and may fail half-way: a sweep does the rest
    std::vector<int> forbidden{};    // system calls that this kernel doesn't have
  };

  // Tries the operation with every fault, and prints what it did.
  void expect_clean(const Operation& operation);

 private:
  // What is left behind by who isn't clean.
  struct Holdings {
    std::size_t descriptors = 0;
    std::size_t mappings = 0;  // of files
    bool operator==(const Holdings&) const = default;
  };
  // Ranges of addresses that were reserved and not given back, by their size. Without an allocation: who is watched may
  // hold the allocator's lock just now.
  struct Reservations {
    struct OfSize {
      std::uint64_t bytes = 0;
      int count = 0;
    };
    std::array<OfSize, 8> sizes{};
    void add(std::uint64_t bytes);
    void subtract(std::uint64_t bytes);
  };
  struct Outcome {
    bool hit = false;                  // something was made to fail
    std::optional<Refusal> refusal{};  // nothing: all went well
    std::string foreign{};             // an exception that is no Error
    Reservations reserved{};

    template <class Action>
    void catch_all(Action&& action) {
      try {
        action();
      } catch (const Error& error) {
        refusal = Refusal{error.status(), error.what()};
      } catch (const std::exception& error) {
        foreign = error.what();
      }
    }
  };

  Holdings holdings() const;
  void expect_known_calls(const Operation& operation);
  bool attempt(const Operation& operation, const Fault& fault, int nth);
  void expect_fair(const Fault& fault, int nth, const Outcome& outcome, bool same_entries);
  Outcome run_with_fault(const Operation& operation, const Fault& fault, int nth);

  int runs_ = 0;
  int failures_ = 0;
};

}  // namespace ringmain::testing
