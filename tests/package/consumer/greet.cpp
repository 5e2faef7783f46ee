// Moves one message through a ring.
// SPDX-License-Identifier: MIT
#include <ringmain/consumer.hpp>
#include <ringmain/producer.hpp>
#include <ringmain/segment.hpp>

#include <cstdio>
#include <span>
#include <string_view>

int main() {
  constexpr std::string_view kGreeting = "hello, ring";
  auto producer = ringmain::Producer::create("greetings");
  auto consumer = ringmain::Consumer::attach("greetings");
  if (producer.publish(std::as_bytes(std::span(kGreeting))) != ringmain::Status::kOk) return 1;

  const auto message = consumer.receive();
  const std::string_view received(reinterpret_cast<const char*>(message.bytes().data()), message.bytes().size());
  std::printf("%.*s\n", static_cast<int>(received.size()), received.data());
  ringmain::remove("greetings", {}, true);  // the message stays readable until its holder lets go
  return received == kGreeting ? 0 : 1;
}
