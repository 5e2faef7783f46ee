// A program that a test runs: its standard streams, what it wrote, and how it ended.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/child.hpp"

namespace ringmain::testing {

// A descriptor that a program doesn't inherit unless it becomes one of its standard streams.
class OwnedDescriptor {
 public:
  explicit OwnedDescriptor(int descriptor = -1) noexcept : descriptor_(descriptor) {}
  OwnedDescriptor(OwnedDescriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  OwnedDescriptor& operator=(OwnedDescriptor&& other) noexcept {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
    return *this;
  }
  ~OwnedDescriptor() { close(); }

  int get() const noexcept { return descriptor_; }
  void close() noexcept;

 private:
  int descriptor_;
};

OwnedDescriptor open_file(const std::string& path, int flags);
OwnedDescriptor file_of(std::string_view content);        // in memory, to be read from its start
std::pair<OwnedDescriptor, OwnedDescriptor> make_pipe();  // to read from, to write to
std::string content_of(const OwnedDescriptor& file);

// What a program's standard streams are. Closed: it is started without that stream.
struct Streams {
  static constexpr int kDefault = -1;  // in: a pipe that write() fills; out, err: a file that output(), errors() read
  static constexpr int kClosed = -2;
  int in = kDefault;
  int out = kDefault;
  int err = kDefault;
};

class Process {
 public:
  explicit Process(const std::vector<std::string>& command, Streams streams = {});

  void write(std::string_view text);  // all of it, unless the program stops reading
  void end_input() { input_.close(); }

  std::string output() const { return content_of(output_); }  // until now
  std::string errors() const { return content_of(errors_); }

  // Ends its input. Returns its exit status; minus the signal that killed it.
  int wait() {
    end_input();
    return child_.wait();
  }
  Child& child() { return child_; }  // to send signals to

 private:
  OwnedDescriptor input_{};
  OwnedDescriptor output_;
  OwnedDescriptor errors_;
  Child child_;
};

}  // namespace ringmain::testing
