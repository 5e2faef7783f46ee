// Pipe and unix stream socket: the rivals that every system has. A message is a length and a payload, written by one
// call; the reader takes as much as it can get with each call and hands the messages out in place.
// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include "carriers/carrier.hpp"
#include "harness/system.hpp"

namespace ringmain::bench {

struct StreamEnds {
  Descriptor read;
  Descriptor write;
};

// With the largest buffer that an unprivileged process may ask for.
inline StreamEnds open_pipe() {
  std::array<int, 2> ends{};
  check(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
  StreamEnds result{Descriptor(ends[0]), Descriptor(ends[1])};
  ::fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
  return result;
}

inline StreamEnds open_unix_stream() {
  std::array<int, 2> ends{};
  check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), "socketpair");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

template <std::size_t kPayload, StreamEnds (*kOpen)()>
class ByteStream {
 public:
  static constexpr std::size_t kBytes = kPayload;

  ByteStream() : ends_(kOpen()) {}

  class Sender {
   public:
    explicit Sender(int fd) : fd_(fd), frame_(kPrefix + kBytes) {}

    template <class Write>
    void send(Write write) {
      const std::uint64_t length = kBytes;
      std::memcpy(frame_.data(), &length, kPrefix);
      write(frame_.data() + kPrefix);
      for (std::size_t sent = 0; sent < frame_.size();) {
        const ssize_t now = check(::write(fd_, frame_.data() + sent, frame_.size() - sent), "write");
        sent += static_cast<std::size_t>(now);
      }
    }

   private:
    int fd_;
    std::vector<std::byte> frame_;
  };

  class Receiver {
   public:
    explicit Receiver(int fd) : fd_(fd), buffer_(std::max(kPrefix + kBytes, kReadAtOnce)) {}

    template <class Read>
    void receive(Read read) {
      fill_up_to(kPrefix);
      std::uint64_t length = 0;
      std::memcpy(&length, buffer_.data() + begin_, kPrefix);
      if (length != kBytes) throw std::runtime_error("byte stream: a message of unexpected length");
      fill_up_to(kPrefix + kBytes);
      read(static_cast<const std::byte*>(buffer_.data() + begin_ + kPrefix));
      begin_ += kPrefix + kBytes;
      if (begin_ == end_) begin_ = end_ = 0;
    }

   private:
    void fill_up_to(std::size_t wanted) {
      while (end_ - begin_ < wanted) {
        if (buffer_.size() - begin_ < wanted) {
          std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
          end_ -= std::exchange(begin_, 0);
        }
        const ssize_t now = check(::read(fd_, buffer_.data() + end_, buffer_.size() - end_), "read");
        if (now == 0) throw std::runtime_error("byte stream: the other side is gone");
        end_ += static_cast<std::size_t>(now);
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

  StreamEnds ends_;
};

template <std::size_t kPayload>
using Pipe = ByteStream<kPayload, open_pipe>;
template <std::size_t kPayload>
using UnixStream = ByteStream<kPayload, open_unix_stream>;

}  // namespace ringmain::bench
