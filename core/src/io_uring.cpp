// SPDX-License-Identifier: MIT
#include "io_uring.hpp"

#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace ringmain {

namespace {

// Of kernel headers that may be newer than ours: io_uring_enter(2), IORING_OP_FUTEX_WAIT (Linux 6.7).
constexpr std::uint8_t kOpFutexWait = 51;
constexpr std::uint32_t kFutexSizeU32 = 2;

std::byte* at(void* base, std::uint32_t offset) noexcept { return static_cast<std::byte*>(base) + offset; }
std::uint32_t* word_at(void* base, std::uint32_t offset) noexcept {
  return reinterpret_cast<std::uint32_t*>(at(base, offset));
}

}  // namespace

void describe_futex_wait(io_uring_sqe& entry, FutexWord word) noexcept {
  std::memset(&entry, 0, sizeof entry);
  entry.opcode = kOpFutexWait;
  entry.fd = kFutexSizeU32;  // shared between processes
  entry.addr = reinterpret_cast<std::uintptr_t>(word.word);
  entry.off = word.expected;
  const std::uint64_t any_waker = 0xffffffff;
  std::memcpy(reinterpret_cast<std::byte*>(&entry) + 48, &any_waker, sizeof any_waker);  // addr3
}

std::unique_ptr<FutexUring> FutexUring::open(std::size_t entries) noexcept {
  std::unique_ptr<FutexUring> uring(new (std::nothrow) FutexUring);
  if (!uring || !uring->set_up(entries) || !uring->understands_futexes()) return nullptr;
  return uring;
}

bool FutexUring::set_up(std::size_t entries) noexcept {
  io_uring_params parameters{};
  file_ = Descriptor(static_cast<int>(::syscall(SYS_io_uring_setup, entries, &parameters)));
  constexpr std::uint32_t kNeeded = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG;
  if (!file_ || (parameters.features & kNeeded) != kNeeded) return false;
  rings_bytes_ = std::max<std::size_t>(parameters.sq_off.array + parameters.sq_entries * sizeof(std::uint32_t),
                                       parameters.cq_off.cqes + parameters.cq_entries * sizeof(io_uring_cqe));
  entries_bytes_ = parameters.sq_entries * sizeof(io_uring_sqe);
  void* rings =
      ::mmap(nullptr, rings_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file_.get(), IORING_OFF_SQ_RING);
  if (rings == MAP_FAILED) return false;
  rings_ = rings;
  void* submissions =
      ::mmap(nullptr, entries_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file_.get(), IORING_OFF_SQES);
  if (submissions == MAP_FAILED) return false;
  entries_ = static_cast<io_uring_sqe*>(submissions);
  submit_tail_ = word_at(rings_, parameters.sq_off.tail);
  submit_mask_ = *word_at(rings_, parameters.sq_off.ring_mask);
  submit_array_ = word_at(rings_, parameters.sq_off.array);
  complete_head_ = word_at(rings_, parameters.cq_off.head);
  complete_tail_ = word_at(rings_, parameters.cq_off.tail);
  complete_mask_ = *word_at(rings_, parameters.cq_off.ring_mask);
  completions_ = at(rings_, parameters.cq_off.cqes);
  return true;
}

FutexUring::~FutexUring() {
  // Unmapped before the descriptor is closed: a mapping would keep the armed waits alive.
  if (entries_ != nullptr) ::munmap(entries_, entries_bytes_);
  if (rings_ != nullptr) ::munmap(rings_, rings_bytes_);
}

// A wait for what is not there is answered at once: EAGAIN by who knows it.
bool FutexUring::understands_futexes() noexcept {
  static const std::atomic<std::uint32_t> word{1};
  push_wait({&word, 0}, 0);
  if (!submit()) return false;
  const auto answer = take();
  return answer && answer->result == -EAGAIN;
}

io_uring_sqe& FutexUring::next_entry() noexcept {
  const std::uint32_t index = *submit_tail_ & submit_mask_;  // ours alone
  submit_array_[index] = index;
  return entries_[index];
}

// release: the kernel reads the entry after the tail.
void FutexUring::tell_entry() noexcept {
  ++pending_;
  std::atomic_ref(*submit_tail_).store(*submit_tail_ + 1, std::memory_order_release);
}

void FutexUring::push_wait(FutexWord word, std::uint64_t ticket) noexcept {
  io_uring_sqe& entry = next_entry();
  describe_futex_wait(entry, word);
  entry.user_data = ticket;
  tell_entry();
}

void FutexUring::push_timeout(std::chrono::nanoseconds timeout, std::uint64_t ticket) noexcept {
  timeout_ = Time::of(timeout);
  io_uring_sqe& entry = next_entry();
  std::memset(&entry, 0, sizeof entry);
  entry.opcode = IORING_OP_TIMEOUT;
  entry.fd = -1;
  entry.addr = reinterpret_cast<std::uintptr_t>(&timeout_);
  entry.len = 1;
  entry.user_data = ticket;
  tell_entry();
}

bool FutexUring::sleep(std::chrono::nanoseconds timeout) noexcept {
  const Time time = Time::of(timeout);
  io_uring_getevents_arg argument{};
  argument.ts = reinterpret_cast<std::uintptr_t>(&time);
  return enter(IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &argument, sizeof argument);
}

bool FutexUring::enter(unsigned flags, const void* argument, std::size_t size) noexcept {
  const unsigned awaited = flags == 0 ? 0 : 1;
  if (pending_ == 0 && awaited == 0) return true;
  const long submitted = ::syscall(SYS_io_uring_enter, file_.get(), pending_, awaited, flags, argument, size);
  if (submitted > 0) pending_ -= std::min(pending_, static_cast<std::uint32_t>(submitted));
  const bool worked = submitted >= 0 || errno == ETIME || errno == EINTR;
  return worked && pending_ == 0;
}

std::optional<FutexUring::Completion> FutexUring::take() noexcept {
  const std::uint32_t head = *complete_head_;  // ours alone
  if (head == std::atomic_ref(*complete_tail_).load(std::memory_order_acquire)) return std::nullopt;
  const auto& completion = static_cast<const io_uring_cqe*>(completions_)[head & complete_mask_];
  const Completion taken{completion.user_data, completion.res};
  std::atomic_ref(*complete_head_).store(head + 1, std::memory_order_release);
  return taken;
}

}  // namespace ringmain
