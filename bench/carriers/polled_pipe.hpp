// A pipe that is asked again and again, rather than slept on: as fast as the kernel can be without waking anybody. A
// message is a length and a payload, written by one call; the reader takes as much as it can get with each call and hands
// the messages out in place.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include "carriers/carrier.hpp"
#include "harness/cpu.hpp"
#include "harness/system.hpp"

namespace ringmain::bench {

struct PipeEnds {
  Descriptor read;
  Descriptor write;
};
PipeEnds open_pipe();  // with the largest buffer that an unprivileged process may ask for

class PolledPipe {
 public:
  PolledPipe();

  class Sender {
   public:
    explicit Sender(int fd) : fd_(fd) {}

    template <class Write>
    void send(std::size_t bytes, Write write) {
      frame_.resize(kPrefix + bytes);
      const std::uint64_t length = bytes;
      std::memcpy(frame_.data(), &length, kPrefix);
      write(frame_.data() + kPrefix);
      for (std::size_t sent = 0; sent < frame_.size();) {
        sent += moved(::write(fd_, frame_.data() + sent, frame_.size() - sent), "write");
      }
    }

   private:
    int fd_;
    std::vector<std::byte> frame_{};
  };

  class Receiver {
   public:
    explicit Receiver(int fd) : fd_(fd), buffer_(kReadAtOnce) {}

    template <class Read>
    void receive(std::size_t bytes, Read read) {
      fill_up_to(kPrefix);
      std::uint64_t length = 0;
      std::memcpy(&length, buffer_.data() + begin_, kPrefix);
      if (length != bytes) throw std::runtime_error("pipe: a message of unexpected length");
      fill_up_to(kPrefix + bytes);
      read(static_cast<const std::byte*>(buffer_.data() + begin_ + kPrefix));
      begin_ += kPrefix + bytes;
      if (begin_ == end_) begin_ = end_ = 0;
    }

   private:
    void fill_up_to(std::size_t wanted) {
      while (end_ - begin_ < wanted) {
        if (buffer_.size() - begin_ < wanted) {
          std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
          end_ -= std::exchange(begin_, 0);
          buffer_.resize(std::max(buffer_.size(), wanted));
        }
        const ssize_t now = ::read(fd_, buffer_.data() + end_, buffer_.size() - end_);
        if (now == 0) throw std::runtime_error("pipe: the other side is gone");
        end_ += moved(now, "read");
      }
    }

    int fd_;
    std::vector<std::byte> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
  };

  Sender sender() const { return Sender(ends_.write.get()); }
  Receiver receiver() const { return Receiver(ends_.read.get()); }

 private:
  static constexpr std::size_t kPrefix = sizeof(std::uint64_t);
  static constexpr std::size_t kReadAtOnce = std::size_t{64} << 10;

  // The number of bytes that a call moved: none, if it would have had to wait and may not.
  static std::size_t moved(ssize_t result, const char* what) {
    if (result >= 0) return static_cast<std::size_t>(result);
    if (errno != EAGAIN) throw_errno(what);
    pause();
    return 0;
  }

  PipeEnds ends_;
};

}  // namespace ringmain::bench
