// SPDX-License-Identifier: MIT
#include "harness/outcome.hpp"

#include <algorithm>
#include <utility>

namespace ringmain::bench {

Outcome::Outcome(std::size_t contestants, std::size_t rounds, std::span<const Sample> samples,
                 std::vector<SystemCalls> system_calls)
    : samples_(contestants), system_calls_(std::move(system_calls)) {
  for (std::size_t i = 0; i < contestants * rounds; ++i) samples_[i % contestants].push_back(samples[i]);
}

Spread Outcome::ns_per_message(std::size_t contestant) const {
  std::vector<double> times;
  for (const Sample& sample : samples_[contestant]) times.push_back(sample.ns_per_message);
  return spread(times);
}

Spread Outcome::ratio(std::size_t contestant, std::size_t to) const {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < samples_[contestant].size(); ++i) {
    ratios.push_back(samples_[contestant][i].ns_per_message / samples_[to][i].ns_per_message);
  }
  return spread(ratios);
}

double Outcome::preemptions_per_round(std::size_t contestant) const {
  std::uint64_t sum = 0;
  for (const Sample& sample : samples_[contestant]) sum += sample.preemptions;
  return static_cast<double>(sum) / static_cast<double>(std::max<std::size_t>(1, samples_[contestant].size()));
}

double Outcome::cpu_ns_per_message(std::size_t contestant) const {
  std::vector<double> times;
  for (const Sample& sample : samples_[contestant]) times.push_back(sample.cpu_ns);
  return quantile(times, 0.5);
}

std::optional<double> Outcome::system_calls_per_message(std::size_t contestant) const {
  if (system_calls_.empty()) return std::nullopt;
  const SystemCalls& found = system_calls_[contestant];
  return static_cast<double>(found.calls) / static_cast<double>(std::max<std::uint64_t>(1, found.messages));
}

std::size_t Outcome::fastest_of_first(std::size_t count) const {
  std::size_t best = 0;
  for (std::size_t i = 1; i < count; ++i) {
    if (ns_per_message(i).median < ns_per_message(best).median) best = i;
  }
  return best;
}

}  // namespace ringmain::bench
