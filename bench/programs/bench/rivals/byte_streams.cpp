// Pipe, unix and TCP sockets.
// SPDX-License-Identifier: MIT
#include "carriers/byte_stream.hpp"
#include "programs/bench/entrant.hpp"
#include "programs/bench/rivals.hpp"

namespace ringmain::bench {

std::unique_ptr<Contestant> enter_pipe(const Task& task, const std::filesystem::path& /*directory*/) {
  return entrant<ByteStream>("pipe", task, open_pipe);
}

std::unique_ptr<Contestant> enter_polled_pipe(const Task& task, const std::filesystem::path& /*directory*/) {
  return entrant<ByteStream>("pipe-polled", task, open_pipe, Waiting::kPolls);
}

std::unique_ptr<Contestant> enter_unix(const Task& task, const std::filesystem::path& /*directory*/) {
  return entrant<ByteStream>("unix", task, open_unix_stream);
}

std::unique_ptr<Contestant> enter_tcp(const Task& task, const std::filesystem::path& /*directory*/) {
  return entrant<ByteStream>("tcp", task, open_tcp);
}

}  // namespace ringmain::bench
