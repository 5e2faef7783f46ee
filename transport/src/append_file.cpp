// SPDX-License-Identifier: MIT
#include "append_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "byte_stream.hpp"

namespace ringmain::transport {
namespace {

constexpr std::size_t kGather = std::size_t{1} << 20;  // more than this isn't gathered behind a slow disk
// Less isn't worth a write of its own, unless it is waited for.
constexpr std::size_t kWorthIt = std::size_t{256} << 10;

}  // namespace

void AppendFile::Buffer::reserve(std::size_t more) {
  if (size - end >= more) return;
  const std::size_t wanted = std::max(gathered() + more, kGather + kGather / 8);
  auto larger = std::make_unique_for_overwrite<std::byte[]>(wanted);
  if (gathered() != 0) std::memcpy(larger.get(), content().data(), gathered());
  bytes = std::move(larger);
  size = wanted;
  end -= std::exchange(begin, 0);
}

AppendFile::Progress AppendFile::room(std::size_t bytes, std::byte*& place, std::chrono::nanoseconds timeout) {
  claimed_ = false;
  if (error_ != 0) return Progress::kFailed;
  if (back_.gathered() >= kGather) {
    if (const Progress progress = finish(Deadline(timeout)); progress != Progress::kDone) return progress;
    start_gathered();
  }
  back_.reserve(bytes);
  claimed_ = true;
  place = back_.bytes.get() + back_.end;
  return Progress::kDone;
}

void AppendFile::add(std::size_t bytes) noexcept {
  back_.end += bytes;
  claimed_ = false;
}

AppendFile::Progress AppendFile::go_on() {
  if (queue_.busy() && finish(Deadline(std::chrono::nanoseconds{0})) == Progress::kTimedOut) return Progress::kDone;
  if (error_ != 0) return Progress::kFailed;
  if (sync_at_ != 0 && written_ >= sync_at_) {
    sync_at_ = 0;
    queue_.sync();
  } else if (!claimed_ && back_.gathered() >= (sync_at_ != 0 ? 1 : kWorthIt)) {
    start_gathered();
  }
  return Progress::kDone;
}

AppendFile::Progress AppendFile::write(std::span<const iovec> parts, std::chrono::nanoseconds timeout) {
  if (const Progress progress = finish(Deadline(timeout)); progress != Progress::kDone) return progress;
  parts_[0] = part(back_.content());
  std::copy(parts.begin(), parts.end(), parts_.begin() + 1);
  rest_ = std::span(parts_).first(1 + parts.size());
  under_way_ = 0;
  for (const iovec& listed : rest_) under_way_ += listed.iov_len;
  drop(rest_, 0);
  if (rest_.empty()) return Progress::kDone;
  // What was gathered is under way, but stays where it is, since there may be a claim behind it.
  back_.begin = back_.end;
  start_rest();
  const Progress progress = finish(Deadline(kForever));
  if (!claimed_) back_.begin = back_.end = 0;
  return progress;
}

AppendFile::Progress AppendFile::sync() {
  if (const Progress progress = flush(kForever); progress != Progress::kDone) return progress;
  sync_at_ = 0;
  queue_.sync();
  return finish(Deadline(kForever));
}

void AppendFile::start_gathered() {
  if (back_.gathered() == 0) return;
  std::swap(front_, back_);
  back_.begin = back_.end = 0;
  parts_[0] = part(front_.content());
  rest_ = std::span(parts_).first(1);
  under_way_ = front_.gathered();
  start_rest();
}

void AppendFile::start_rest() { queue_.write(rest_, written_ + advanced_); }

// Until nothing is under way.
AppendFile::Progress AppendFile::finish(const Deadline& deadline) {
  while (error_ == 0 && queue_.busy()) {
    const auto result = queue_.result(deadline);
    if (!result) return Progress::kTimedOut;
    if (take(*result) == Progress::kFailed) return Progress::kFailed;
  }
  return error_ == 0 ? Progress::kDone : Progress::kFailed;
}

AppendFile::Progress AppendFile::take(int result) {
  const bool writing = !rest_.empty();
  if (result == -EINTR || result == -EAGAIN || result == -ECANCELED) {  // its thread ended, say
    writing ? start_rest() : queue_.sync();
    return Progress::kDone;
  }
  if (result < 0 || (writing && result == 0)) {
    error_ = result < 0 ? -result : EIO;
    return Progress::kFailed;
  }
  if (!writing) return Progress::kDone;
  drop(rest_, static_cast<std::size_t>(result));
  advanced_ += static_cast<std::uint64_t>(result);
  if (!rest_.empty()) {
    start_rest();
    return Progress::kDone;
  }
  written_ += std::exchange(under_way_, 0);
  advanced_ = 0;
  return Progress::kDone;
}

}  // namespace ringmain::transport
