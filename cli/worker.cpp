// SPDX-License-Identifier: MIT
#include "worker.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>
#include <CLI/CLI.hpp>
#include <boost/tokenizer.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

#include "failure.hpp"
#include "interruption.hpp"
#include "output.hpp"

namespace ringmain::cli {
namespace {

std::string_view text_of(const Message& message) {
  return {reinterpret_cast<const char*>(message.bytes().data()), message.bytes().size()};
}

// The message as a file: a command may read as little of it as it likes, and nobody waits for it to do so.
class MessageFile {
 public:
  explicit MessageFile(const Message& message) : file_(::memfd_create("message", MFD_CLOEXEC)) {
    std::string_view rest = text_of(message);
    while (file_ >= 0 && !rest.empty()) {
      const ssize_t written = ::write(file_, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) break;
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
    if (file_ < 0 || !rest.empty() || ::lseek(file_, 0, SEEK_SET) != 0)
      throw io_failure("the message as a file", errno);
  }
  MessageFile(const MessageFile&) = delete;
  MessageFile& operator=(const MessageFile&) = delete;
  ~MessageFile() { ::close(file_); }

  int get() const noexcept { return file_; }

 private:
  int file_;
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> environment_for(const std::string& ring, const Message& message) {
  std::vector<std::string> all{fmt::format("RINGMAIN_RING={}", ring),
                               fmt::format("RINGMAIN_POSITION={}", message.position()),
                               fmt::format("RINGMAIN_REDELIVERED={}", message.redelivered() ? 1 : 0)};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const bool ours = text.starts_with("RINGMAIN_RING=") || text.starts_with("RINGMAIN_POSITION=") ||
                      text.starts_with("RINGMAIN_REDELIVERED=");
    if (!ours) all.emplace_back(text);
  }
  return all;
}

// `input` < 0: it gets none.
pid_t start(std::vector<std::string> words, std::vector<std::string> environment, int input) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  if (input >= 0) {
    ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  } else {
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, words.front().c_str(), &actions, nullptr, pointers_to(words).data(),
                                   pointers_to(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (error == 0) return pid;
  throw Failure(kCommand, fmt::format("can't run '{}': {}; the message is not dealt with{}", words.front(),
                                      std::generic_category().message(error),
                                      error == E2BIG ? ": it is too large for an argument, so use -- COMMAND" : ""));
}

// An interruption is passed on, once: it may have been sent to us alone.
int wait_for(pid_t pid) {
  int status = 0;
  bool passed_on = false;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    if (interrupted() && !std::exchange(passed_on, true)) ::kill(pid, SIGTERM);
  }
  return status;
}

std::string end_of(int status) {
  if (WIFSIGNALED(status)) return fmt::format("was killed by signal {}", WTERMSIG(status));
  return fmt::format("failed with {}", WEXITSTATUS(status));
}

}  // namespace

Destination::Outcome Worker::take(Message& message, std::size_t /*at_most*/) {
  const bool by_file = input_ == Input::kStandard;
  std::vector<std::string> words = by_file ? words_ : words_for(message);
  std::optional<MessageFile> file;
  if (by_file) file.emplace(message);
  if (!message.still_valid()) return Outcome::kTorn;
  const int status = wait_for(start(std::move(words), environment_for(ring_, message), file ? file->get() : -1));
  if (status != 0) {
    report(fmt::format("sub {}: '{}' {} for the message at position {}", ring_, words_.front(), end_of(status),
                       message.position()));
    return Outcome::kRefused;
  }
  message.release();
  return Outcome::kDone;
}

std::vector<std::string> Worker::words_for(const Message& message) const {
  constexpr std::string_view kPlace = "{}";
  const std::string_view text = text_of(message);
  if (text.find('\0') != std::string_view::npos) {
    throw Failure(kCommand, fmt::format("the message at position {} has a zero byte, so it can't be an argument; use "
                                        "-- COMMAND, which reads it",
                                        message.position()));
  }
  std::vector<std::string> words = words_;
  bool placed = false;
  for (std::string& word : words) {
    for (auto at = word.find(kPlace); at != std::string::npos; at = word.find(kPlace, at + text.size())) {
      word.replace(at, kPlace.size(), text);
      placed = true;
    }
  }
  if (!placed) words.emplace_back(text);
  return words;
}

std::vector<std::string> split_words(const std::string& command) {
  std::vector<std::string> words;
  try {
    const boost::escaped_list_separator<char> shell_like("\\", " \t\n", "'\"");
    for (const std::string& word : boost::tokenizer(command, shell_like)) {
      if (!word.empty()) words.push_back(word);
    }
  } catch (const boost::escaped_list_error&) {
    throw CLI::ValidationError("--exec", "a backslash stands before a character that needs none");
  }
  if (words.empty()) throw CLI::ValidationError("--exec", "names no command");
  return words;
}

}  // namespace ringmain::cli
