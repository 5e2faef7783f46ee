// A ring that never makes its producer wait: whoever is too slow is overtaken, and told exactly what it missed.
// What is read in place may be overwritten meanwhile, so one asks still_valid() after the last use.
// SPDX-License-Identifier: MIT
#include <ringmain/channel.hpp>

#include <cstdint>
#include <cstdio>

using Samples = ringmain::Channel<std::uint64_t>;

int main() {
  constexpr std::uint64_t kSamples = 100'000;
  auto producer = Samples::create("samples", {.capacity = 64 << 10, .policy = ringmain::Policy::kOverwrite});
  auto consumer = Samples::attach("samples");

  for (std::uint64_t i = 0; i < kSamples; ++i) {
    if (producer.publish(i) != ringmain::Status::kOk) return 1;  // a hundred times what the ring holds: never waits
  }

  std::uint64_t received = 0;
  std::uint64_t lost = 0;    // overtaken: skipped
  std::uint64_t spoilt = 0;  // overtaken while we looked
  while (const auto sample = consumer.try_receive()) {
    lost += sample.lost();
    const std::uint64_t value = *sample;
    if (!sample.still_valid()) {  // `value` may be anything
      ++spoilt;
      continue;
    }
    if (value != received + lost + spoilt) return 1;
    ++received;
  }
  std::printf("received %llu, lost %llu\n", static_cast<unsigned long long>(received),
              static_cast<unsigned long long>(lost));
  if (received == 0 || received + lost + spoilt != kSamples || lost != consumer.untyped().lost()) return 1;
  ringmain::remove("samples", {}, true);
}
