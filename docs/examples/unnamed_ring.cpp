// A ring without a name, between a process and its children: nothing in the file system, gone with its last holder.
// The child inherits the two descriptors; they could as well be passed over a unix socket.
// SPDX-License-Identifier: MIT
#include <ringmain/channel.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>

using Numbers = ringmain::Channel<std::uint64_t>;

constexpr std::uint64_t kCount = 10'000;

int consume(ringmain::RingDescriptors descriptors) {
  auto consumer = Numbers::attach(descriptors);
  std::uint64_t sum = 0;
  while (const auto number = consumer.receive()) sum += *number;
  return sum == kCount * (kCount - 1) / 2 ? 0 : 1;
}

int main() {
  auto producer = Numbers::create_unnamed();
  const ringmain::RingDescriptors descriptors = producer.untyped().descriptors();
  const pid_t child = fork();
  if (child == 0) _exit(consume(descriptors));  // the child's copy of `producer` is of no use: it is the parent's

  producer.wait_for_consumers(1);
  for (std::uint64_t i = 0; i < kCount; ++i) {
    if (producer.publish(i) != ringmain::Status::kOk) return 1;
  }
  producer.close();
  int status = 1;
  waitpid(child, &status, 0);
  return status == 0 ? 0 : 1;
}
