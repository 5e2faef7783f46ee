// The carriers of the transport library.
// SPDX-License-Identifier: MIT
#include "carriers/transported.hpp"

#include "programs/bench/entrant.hpp"
#include "programs/bench/rivals.hpp"

namespace ringmain::bench {
namespace {

std::unique_ptr<Contestant> enter(Scheme scheme, const char* name, const Task& task,
                                  const std::filesystem::path& directory) {
  const TransportSetup setup{scheme, directory, task.payload.bytes, task.work == Work::kStream ? task.batch : 1};
  if (scheme == Scheme::kSeqpacket || scheme == Scheme::kSpsc) {
    if (Transported(setup).largest() < setup.bytes) throw NotHere("it can't take messages of this size");
  }
  return entrant<Transported>(name, task, setup);
}

}  // namespace

std::unique_ptr<Contestant> enter_pipe(const Task& task, const std::filesystem::path& directory) {
  return enter(Scheme::kPipe, "pipe", task, directory);
}
std::unique_ptr<Contestant> enter_unix(const Task& task, const std::filesystem::path& directory) {
  return enter(Scheme::kUnix, "unix", task, directory);
}
std::unique_ptr<Contestant> enter_seqpacket(const Task& task, const std::filesystem::path& directory) {
  return enter(Scheme::kSeqpacket, "seqpacket", task, directory);
}
std::unique_ptr<Contestant> enter_tcp(const Task& task, const std::filesystem::path& directory) {
  return enter(Scheme::kTcp, "tcp", task, directory);
}
std::unique_ptr<Contestant> enter_uring_unix(const Task& task, const std::filesystem::path& directory) {
  return enter(Scheme::kUringUnix, "uring+unix", task, directory);
}
std::unique_ptr<Contestant> enter_uring_tcp(const Task& task, const std::filesystem::path& directory) {
  return enter(Scheme::kUringTcp, "uring+tcp", task, directory);
}
std::unique_ptr<Contestant> enter_spsc(const Task& task, const std::filesystem::path& directory) {
  return enter(Scheme::kSpsc, "spsc", task, directory);
}
std::unique_ptr<Contestant> enter_transported_ring(const Task& task, const std::filesystem::path& directory) {
  return enter(Scheme::kRing, "ring-transport", task, directory);
}

}  // namespace ringmain::bench
