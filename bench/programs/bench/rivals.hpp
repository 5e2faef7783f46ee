// The carriers that the ring is compared with. Those whose package wasn't there when this was built say so.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <memory>

#include "programs/bench/carriers.hpp"

namespace ringmain::bench {

std::unique_ptr<Contestant> enter_pipe(const Task& task, const std::filesystem::path& directory);
std::unique_ptr<Contestant> enter_polled_pipe(const Task& task, const std::filesystem::path& directory);
std::unique_ptr<Contestant> enter_unix(const Task& task, const std::filesystem::path& directory);
std::unique_ptr<Contestant> enter_seqpacket(const Task& task, const std::filesystem::path& directory);
std::unique_ptr<Contestant> enter_tcp(const Task& task, const std::filesystem::path& directory);
std::unique_ptr<Contestant> enter_uring_unix(const Task& task, const std::filesystem::path& directory);
std::unique_ptr<Contestant> enter_uring_tcp(const Task& task, const std::filesystem::path& directory);
std::unique_ptr<Contestant> enter_posix_queue(const Task& task, const std::filesystem::path& directory);
std::unique_ptr<Contestant> enter_spsc(const Task& task, const std::filesystem::path& directory);
std::unique_ptr<Contestant> enter_transported_ring(const Task& task, const std::filesystem::path& directory);
std::unique_ptr<Contestant> enter_boost_queue(const Task& task, const std::filesystem::path& directory);

#ifdef RINGMAIN_BENCH_ZEROMQ
std::unique_ptr<Contestant> enter_zeromq(const Task& task, const std::filesystem::path& directory);
#else
inline std::unique_ptr<Contestant> enter_zeromq(const Task& /*task*/, const std::filesystem::path& /*directory*/) {
  throw NotHere("built without ZeroMQ (Debian: libzmq3-dev)");
}
#endif

#ifdef RINGMAIN_BENCH_ICEORYX
std::unique_ptr<Contestant> enter_iceoryx(const Task& task, const std::filesystem::path& directory);
#else
inline std::unique_ptr<Contestant> enter_iceoryx(const Task& /*task*/, const std::filesystem::path& /*directory*/) {
  throw NotHere("built without Eclipse iceoryx (Debian: libiceoryx-posh-dev)");
}
#endif

}  // namespace ringmain::bench
