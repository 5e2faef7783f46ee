// A stream socket through io_uring.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "byte_stream.hpp"
#include "descriptor.hpp"
#include "uring.hpp"
#include "uring_inbox.hpp"

namespace ringmain::transport {

// Bytes that trickle in arrive in the inbox by themselves: to look is no system call, to wait is one. Bytes that pour
// in, so that the inbox runs out of buffers, are received to where they are wanted, until they trickle again.
//
// Nothing is sent without a copy: SEND_ZC costs more at every size where both ends are on one machine (docs/uring.md).
class UringStream final : public ByteStream {
 public:
  UringStream(Descriptor connected, std::string name);
  ~UringStream() override;

  std::optional<std::size_t> read(std::span<std::byte> into, const Deadline& deadline) override;
  std::optional<std::size_t> write(std::span<const iovec> parts, const Deadline& deadline) override;
  void finish_writing() noexcept override;
  int descriptor() const noexcept override { return uring_.descriptor(); }
  bool arm() override;

 private:
  std::optional<std::size_t> read_directly(std::span<std::byte> into, const Deadline& deadline);
  template <class Prepare>
  std::optional<int> perform(const Prepare& prepare, const Deadline& deadline);
  int finish(const Deadline& deadline);
  void listen();
  void stop_listening();
  void cancel(std::uint64_t tag);
  void reap();

  Descriptor socket_;
  Uring uring_;
  UringInbox inbox_;
  const void* listener_ = nullptr;  // the thread that armed the inbox
  bool pouring_ = false;            // bytes, as of late
  std::optional<int> result_{};     // of the operation on the caller's memory
  bool cancelled_ = false;          // what cancels has completed
};

}  // namespace ringmain::transport
