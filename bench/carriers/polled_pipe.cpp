// SPDX-License-Identifier: MIT
#include "carriers/polled_pipe.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>

namespace ringmain::bench {

PipeEnds open_pipe() {
  std::array<int, 2> ends{};
  check(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
  PipeEnds result{Descriptor(ends[0]), Descriptor(ends[1])};
  ::fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
  return result;
}

PolledPipe::PolledPipe() : ends_(open_pipe()) {
  for (const int fd : {ends_.read.get(), ends_.write.get()}) check(::fcntl(fd, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
}

}  // namespace ringmain::bench
