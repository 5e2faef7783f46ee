// One process publishes, another receives: a ring in shared memory, opened by name.
// The two halves are usually two programs; here one forks the other.
// SPDX-License-Identifier: MIT
#include <ringmain/consumer.hpp>
#include <ringmain/producer.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string_view>

int consume() {
  auto consumer = ringmain::Consumer::attach("greetings", {.wait_for_ring = ringmain::kForever});
  int count = 0;
  while (const auto message = consumer.receive()) {  // sleeps until there is one; ends when the producer does
    const auto* text = reinterpret_cast<const char*>(message.bytes().data());  // in place: nothing was copied
    std::printf("%.*s\n", static_cast<int>(message.bytes().size()), text);
    ++count;
  }
  return count == 3 ? 0 : 1;
}

int produce() {
  auto producer = ringmain::Producer::create("greetings");
  producer.wait_for_consumers(1);
  for (const std::string_view text : {"hello", "from another", "process"}) {
    if (producer.publish(std::as_bytes(std::span(text))) != ringmain::Status::kOk) return 1;
  }
  return 0;  // the producer's destructor closes the ring
}

int main() {
  if (fork() == 0) return consume();
  const int produced = produce();
  int consumed = 1;
  wait(&consumed);
  ringmain::remove("greetings");
  return produced + consumed;
}
