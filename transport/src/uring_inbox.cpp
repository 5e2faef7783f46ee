// SPDX-License-Identifier: MIT
#include "uring_inbox.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>

#include "fail.hpp"

namespace ringmain::transport {
namespace {

constexpr unsigned short kGroup = 0;  // of buffers; a ring has one
constexpr int kMask = UringInbox::kBuffers - 1;

}  // namespace

// What the kernel knows of free buffers, and the buffers.
struct UringInbox::Pool {
  alignas(4096) std::array<io_uring_buf, kBuffers> free;  // an io_uring_buf_ring: its tail lies in the first entry
  alignas(4096) std::array<std::array<std::byte, kBufferBytes>, kBuffers> buffers;

  io_uring_buf_ring* ring() noexcept { return reinterpret_cast<io_uring_buf_ring*>(free.data()); }
};

UringInbox::UringInbox(Uring& uring, int socket, std::uint64_t tag) : uring_(uring), socket_(socket), tag_(tag) {}
UringInbox::~UringInbox() = default;

// The pool is made when it is needed: a sink receives nothing but the end.
void UringInbox::open() {
  pool_ = std::make_unique<Pool>();
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(pool_->ring());
  registration.ring_entries = kBuffers;
  registration.bgid = kGroup;
  if (const int result = io_uring_register_buf_ring(uring_.get(), &registration, 0); result < 0) {
    pool_.reset();
    fail_system(uring_.name() + ": io_uring's buffers", -result);
  }
  for (std::uint16_t number = 0; number < kBuffers; ++number) provide(number);
}

std::span<std::byte> UringInbox::buffer(std::uint16_t number) noexcept { return pool_->buffers[number]; }

void UringInbox::provide(std::uint16_t number) noexcept {
  const auto free = buffer(number);
  io_uring_buf_ring_add(pool_->ring(), free.data(), static_cast<unsigned>(free.size()), number, kMask, 0);
  io_uring_buf_ring_advance(pool_->ring(), 1);
}

void UringInbox::arm() {
  if (!pool_) open();
  io_uring_sqe& entry = uring_.prepare(tag_);
  io_uring_prep_recv_multishot(&entry, socket_, nullptr, 0, 0);
  entry.flags |= IOSQE_BUFFER_SELECT;
  entry.buf_group = kGroup;
  armed_ = true;
}

bool UringInbox::note(const Completion& completion) noexcept {
  if (completion.result > 0) {
    arrived_[(first_ + count_++) % kBuffers] = {static_cast<std::uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT),
                                                static_cast<std::size_t>(completion.result)};
  }
  if ((completion.flags & IORING_CQE_F_MORE) != 0) return true;
  armed_ = false;
  if (completion.result == -ENOBUFS) return false;
  if (completion.result <= 0 && completion.result != -ECANCELED && completion.result != -EINTR) {
    ended_ = -completion.result;
  }
  return true;
}

std::size_t UringInbox::take(std::span<std::byte> into) noexcept {
  std::size_t taken = 0;
  while (count_ > 0 && taken < into.size()) {
    const Arrived& arrived = arrived_[first_];
    const std::size_t bytes = std::min(arrived.bytes - begin_, into.size() - taken);
    std::memcpy(into.data() + taken, buffer(arrived.buffer).data() + begin_, bytes);
    taken += bytes;
    begin_ += bytes;
    if (begin_ < arrived.bytes) break;
    provide(arrived.buffer);
    begin_ = 0;
    first_ = (first_ + 1) % kBuffers;
    --count_;
  }
  return taken;
}

}  // namespace ringmain::transport
