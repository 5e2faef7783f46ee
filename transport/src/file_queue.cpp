// SPDX-License-Identifier: MIT
#include "file_queue.hpp"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace ringmain::transport {
namespace {

constexpr unsigned kEntries = 4;

template <class Call>
int at_once(Call&& call) {
  for (;;) {
    const auto result = call();
    if (result >= 0) return static_cast<int>(result);
    if (errno != EINTR) return -errno;
  }
}

int count_of(std::span<const iovec> parts) { return static_cast<int>(std::min<std::size_t>(parts.size(), IOV_MAX)); }

}  // namespace

void FileQueue::Exit::operator()(io_uring* uring) const noexcept {
  ::io_uring_queue_exit(uring);
  delete uring;
}

FileQueue::FileQueue(int file) : file_(file) {
  auto uring = std::make_unique<io_uring>();
  if (::io_uring_queue_init(kEntries, uring.get(), 0) == 0) uring_.reset(uring.release());
}

FileQueue::~FileQueue() {
  if (busy_) result(Deadline(kForever));
}

// False: the kernel doesn't take it at this moment. It is not asked again, since what it was offered lies in the queue.
bool FileQueue::submit(int& now) {
  do {
    now = ::io_uring_submit(uring_.get());
  } while (now == -EINTR);
  if (now == 1) return true;
  uring_.reset();
  return false;
}

void FileQueue::write(std::span<const iovec> parts, std::uint64_t at) {
  busy_ = true;
  if (uring_) {
    ::io_uring_prep_writev(::io_uring_get_sqe(uring_.get()), file_, parts.data(),
                           static_cast<unsigned>(count_of(parts)), at);
    if (int now = 0; submit(now)) return;
  }
  result_ = at_once([&] { return ::pwritev(file_, parts.data(), count_of(parts), static_cast<off_t>(at)); });
}

void FileQueue::sync() {
  busy_ = true;
  if (uring_) {
    ::io_uring_prep_fsync(::io_uring_get_sqe(uring_.get()), file_, IORING_FSYNC_DATASYNC);
    if (int now = 0; submit(now)) return;
  }
  result_ = at_once([&] { return ::fdatasync(file_); });
}

std::optional<int> FileQueue::result(const Deadline& deadline) {
  if (!result_) {
    io_uring_cqe* complete = nullptr;
    while (::io_uring_peek_cqe(uring_.get(), &complete) != 0) {
      const auto left = deadline.left(std::chrono::hours(1));
      if (left.count() == 0) return std::nullopt;
      __kernel_timespec timeout{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
      ::io_uring_wait_cqe_timeout(uring_.get(), &complete, &timeout);
    }
    result_ = complete->res;
    ::io_uring_cqe_seen(uring_.get(), complete);
  }
  busy_ = false;
  return std::exchange(result_, std::nullopt);
}

}  // namespace ringmain::transport
