// SPDX-License-Identifier: MIT
#include "support/process.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace ringmain::testing {

namespace {

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

OwnedDescriptor memory_file() {
  OwnedDescriptor file(checked(::memfd_create("stream", MFD_CLOEXEC), "memfd_create"));
  // Several processes may write to it; the kernel keeps no common place for the writers of a memfd.
  checked(::fcntl(file.get(), F_SETFL, O_APPEND), "fcntl");
  return file;
}

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EPIPE) return;
    checked(static_cast<int>(written < 0 ? -1 : 0), "write");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

// In the child: from here on it is the program.
[[noreturn]] void become(const std::vector<std::string>& command, const std::array<int, 3>& streams) {
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
  // Out of the way first: a stream may be given as what another one is to become.
  std::array<int, 3> moved{};
  for (std::size_t i = 0; i < streams.size(); ++i) {
    moved[i] = streams[i] < 0 ? streams[i] : checked(::fcntl(streams[i], F_DUPFD_CLOEXEC, 10), "fcntl");
  }
  for (int i = 0; i < 3; ++i) {
    const int stream = moved[static_cast<std::size_t>(i)];
    if (stream < 0) ::close(i);
    if (stream >= 0) checked(::dup2(stream, i), "dup2");
  }
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments.front(), arguments.data());
  ::_exit(127);
}

}  // namespace

void OwnedDescriptor::close() noexcept {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

OwnedDescriptor open_file(const std::string& path, int flags) {
  return OwnedDescriptor(checked(::open(path.c_str(), flags | O_CLOEXEC), path.c_str()));
}

OwnedDescriptor file_of(std::string_view content) {
  OwnedDescriptor file = memory_file();
  write_all(file.get(), content);
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

std::pair<OwnedDescriptor, OwnedDescriptor> make_pipe() {
  std::array<int, 2> ends{};
  checked(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
  return {OwnedDescriptor(ends[0]), OwnedDescriptor(ends[1])};
}

std::string content_of(const OwnedDescriptor& file) {
  std::string content;
  std::array<char, 1 << 16> part{};
  while (true) {
    const ssize_t got = ::pread(file.get(), part.data(), part.size(), static_cast<off_t>(content.size()));
    checked(static_cast<int>(got < 0 ? -1 : 0), "pread");
    if (got == 0) return content;
    content.append(part.data(), static_cast<std::size_t>(got));
  }
}

Process::Process(const std::vector<std::string>& command, Streams streams)
    : output_(memory_file()), errors_(memory_file()) {
  std::signal(SIGPIPE, SIG_IGN);  // a program may end before it has read its input
  OwnedDescriptor other_end;
  if (streams.in == Streams::kDefault) {
    std::tie(other_end, input_) = make_pipe();
    streams.in = other_end.get();
  }
  if (streams.out == Streams::kDefault) streams.out = output_.get();
  if (streams.err == Streams::kDefault) streams.err = errors_.get();
  child_ = Child([&] { become(command, {streams.in, streams.out, streams.err}); });
}

void Process::write(std::string_view text) { write_all(input_.get(), text); }

}  // namespace ringmain::testing
