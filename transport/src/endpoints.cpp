// What most carriers do alike.
// SPDX-License-Identifier: MIT
#include <cstring>

#include "ringmain/transport/sink.hpp"
#include "ringmain/transport/source.hpp"

namespace ringmain::transport {

Status Source::receive_into(Sink& sink, std::chrono::nanoseconds timeout) {
  if (!kept_) {
    if (const Status status = receive(timeout); status != Status::kOk) return status;
    kept_ = true;
  }
  if (sink.send(message_.bytes, message_.type, timeout) != Status::kOk) return Status::kNoRoom;
  kept_ = false;
  release();
  return Status::kOk;
}

Status Sink::send(std::span<const std::byte> bytes, std::uint16_t type, std::chrono::nanoseconds timeout) {
  std::byte* room = claim(bytes.size(), timeout);
  if (room == nullptr) return Status::kNoRoom;
  if (!bytes.empty()) std::memcpy(room, bytes.data(), bytes.size());
  commit(bytes.size(), type);
  return Status::kOk;
}

}  // namespace ringmain::transport
