// Relays: a ring is recorded to a journal, and replayed into another ring.
// SPDX-License-Identifier: MIT
#include <ringmain/transport/address.hpp>
#include <ringmain/transport/relay.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

using namespace ringmain;

int main() {
  const char* directory = std::getenv("RINGMAIN_DIR");
  const std::string journal = "file:" + std::string(directory == nullptr ? "/dev/shm" : directory) + "/example.journal";

  {
    const auto producer = transport::open_sink("ring:live?rm");
    const auto recorded = transport::open_source("ring:live");
    for (const std::string text : {"to be", "or not", "to be"}) {
      if (producer->send(std::as_bytes(std::span(text))) != Status::kOk) return 1;
    }
    if (producer->close() != Status::kOk) return 1;

    const auto recorder = transport::open_sink(journal + "?overwrite");
    transport::RelayCounters counters;
    transport::relay(*recorded, *recorder, counters);  // until the ring is closed
    std::printf("recorded %llu messages\n", static_cast<unsigned long long>(counters.messages));
  }

  const auto replay = transport::open_source(journal + "?from=1");  // all but message 0
  int replayed = 0;
  while (replay->receive() == Status::kOk) {
    const auto bytes = replay->message().bytes;
    std::printf("%.*s\n", static_cast<int>(bytes.size()), reinterpret_cast<const char*>(bytes.data()));
    ++replayed;
  }
  return replayed == 2 ? 0 : 1;
}
