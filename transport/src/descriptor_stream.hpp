// A byte stream by plain system calls. The descriptor may be in blocking mode, and shared with others: its flags are left
// alone.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "byte_stream.hpp"
#include "descriptor.hpp"

namespace ringmain::transport {

class DescriptorStream final : public ByteStream {
 public:
  enum class Kind { kSocket, kFile };  // kFile: pipes, terminals and files

  // `name` goes before error messages: "tcp:host:7000", "standard input".
  DescriptorStream(Descriptor owned, Kind kind, std::string name);
  DescriptorStream(int borrowed, Kind kind, std::string name);

  std::optional<std::size_t> read(std::span<std::byte> into, const Deadline& deadline) override;
  std::optional<std::size_t> write(std::span<const iovec> parts, const Deadline& deadline) override;
  void finish_writing() noexcept override;
  int descriptor() const noexcept override { return fd_; }

 private:
  enum class Way { kTry, kBlock };
  ssize_t read_now(std::span<std::byte> into, Way way) const noexcept;
  ssize_t write_now(std::span<const iovec> parts, Way way) const noexcept;
  bool wait(short events, const Deadline& deadline) const;

  Descriptor owned_{};
  int fd_;
  Kind kind_;
  bool never_waits_ = false;  // a regular file: all of it is taken or had at once
  std::string name_;
};

bool out_of_space(int system_error) noexcept;  // the disk, or as much of it as this process may have

// A connection broke, or there is no way there: another one may be had.
bool connection_broke(int system_error) noexcept;

// Throws what a failed read or write with `system_error` means.
[[noreturn]] void fail_read(const std::string& name, int system_error);
[[noreturn]] void fail_write(const std::string& name, int system_error);

}  // namespace ringmain::transport
