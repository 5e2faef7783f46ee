// Messages written in place and read in place: claim, fill, commit; receive, look, release.
// A megabyte crosses without a copy; a claim that isn't committed was never there.
// SPDX-License-Identifier: MIT
#include <ringmain/consumer.hpp>
#include <ringmain/producer.hpp>

#include <algorithm>
#include <cstdio>

using std::byte;

int main() {
  constexpr std::size_t kFrame = 1 << 20;
  auto producer = ringmain::Producer::create("frames", {.capacity = ringmain::capacity_for(kFrame)});
  auto consumer = ringmain::Consumer::attach("frames");

  {
    auto claim = producer.claim(kFrame);  // room for up to a frame; waits for it if need be
    if (!claim) return 1;
    std::ranges::fill(claim.bytes().first(kFrame / 2), byte{7});
    claim.commit(kFrame / 2, 1);  // half was enough; 1 is a type of our own
  }
  {
    auto claim = producer.try_claim(100);
    if (!claim) return 1;
  }  // goes out of scope without a commit: aborted, nobody will see it

  {
    const auto message = consumer.receive();
    if (!message || message.bytes().size() != kFrame / 2 || message.type() != 1) return 1;
    if (!std::ranges::all_of(message.bytes(), [](byte value) { return value == byte{7}; })) return 1;
    std::printf("received %zu bytes at position %llu\n", message.bytes().size(),
                static_cast<unsigned long long>(message.position()));
  }  // goes out of scope: released, and the producer may use the room again

  if (consumer.try_receive().status() != ringmain::Status::kEmpty) return 1;
  ringmain::remove("frames", {}, true);
}
