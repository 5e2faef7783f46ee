// SPDX-License-Identifier: MIT
#include "worker.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>
#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "failure.hpp"
#include "interruption.hpp"
#include "process.hpp"

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
  pointers.reserve(texts.size() + 1);
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

// In the child, between vfork() and exec(): only what is safe there.
[[noreturn]] void become(const std::vector<char*>& words, const std::vector<char*>& environment, int input,
                         const sigset_t& signals, volatile int& error) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // who is killed leaves nobody at work on what another is given then
  if (input < 0) input = ::open("/dev/null", O_RDONLY);
  ::dup2(input, STDIN_FILENO);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    ::sigaction(signal, nullptr, &action);
    if (action.sa_handler != SIG_IGN) ::signal(signal, SIG_DFL);
  }
  ::sigprocmask(SIG_SETMASK, &signals, nullptr);
  ::execvpe(words.front(), words.data(), environment.data());
  error = errno;
  ::_exit(127);
}

// `input` < 0: it gets none. Returns the system's error, or 0. vfork() tells at once whether exec() worked; and a copy of
// this process's memory would hold its leases' descriptors.
int start(std::vector<std::string> words, std::vector<std::string> environment, int input, pid_t& pid) {
  const std::vector<char*> arguments = pointers_to(words);
  const std::vector<char*> variables = pointers_to(environment);
  sigset_t all{};
  sigset_t before{};
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);  // our handlers must not run in the child
  volatile int error = 0;
  pid = ::vfork();
  if (pid == 0) become(arguments, variables, input, before, error);
  if (pid < 0) error = errno;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid > 0 && error != 0) ::waitpid(pid, nullptr, 0);
  return error;
}

// An interruption is passed on, once: it may have been sent to us alone.
int wait_for(pid_t pid) {
  const Descriptor process = open_process(pid);
  int status = 0;
  bool passed_on = false;
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    if (interrupted() && !std::exchange(passed_on, true)) ::kill(pid, SIGTERM);
    await_end({process.get()});
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
  std::optional<std::vector<std::string>> words = by_file ? words_ : words_for(message);
  std::optional<MessageFile> file;
  if (by_file) file.emplace(message);
  if (!message.still_valid()) return Outcome::kTorn;
  if (!words) return refuse(message, "can't have a zero byte in its argument; with -- COMMAND it could read it");
  pid_t pid = -1;
  const int error = start(*words, environment_for(ring_, message), file ? file->get() : -1, pid);
  if (error == E2BIG) return refuse(message, "can't have so long an argument; with -- COMMAND it could read it");
  if (error != 0) {
    throw Failure(kCommand, fmt::format("can't run '{}': {}; no message is lost by that", words_.front(),
                                        std::generic_category().message(error)));
  }
  if (const int status = wait_for(pid); status != 0) return refuse(message, end_of(status));
  message.release();
  return Outcome::kDone;
}

Destination::Outcome Worker::refuse(const Message& message, const std::string& why) const {
  report(fmt::format("sub {}: '{}' {}: the message at position {}", ring_, words_.front(), why, message.position()));
  return Outcome::kRefused;
}

// Nothing: the message has a zero byte, so it can't be an argument.
std::optional<std::vector<std::string>> Worker::words_for(const Message& message) const {
  constexpr std::string_view kPlace = "{}";
  const std::string text(text_of(message));  // what is looked at is what is used, whoever overwrites the rest
  if (text.find('\0') != std::string::npos) return std::nullopt;
  std::vector<std::string> words = words_;
  bool placed = false;
  for (std::string& word : words) {
    for (auto at = word.find(kPlace); at != std::string::npos; at = word.find(kPlace, at + text.size())) {
      word.replace(at, kPlace.size(), text);
      placed = true;
    }
  }
  if (!placed) words.push_back(text);
  return words;
}

namespace {

// One word of a command, and whether there was one: '' is one, too.
class Splitter {
 public:
  explicit Splitter(std::string_view command) : rest_(command) {}

  std::vector<std::string> words() {
    while (!rest_.empty()) take(next());
    end_word();
    return std::move(words_);
  }

 private:
  char next() {
    if (rest_.empty()) throw CLI::ValidationError("--exec", "a quote, or a backslash, has no end");
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  void take(char c) {
    if (c == ' ' || c == '\t' || c == '\n') return end_word();
    if (!word_) word_.emplace();
    if (c == '\'' || c == '"') return quoted(c);
    *word_ += c == '\\' ? next() : c;
  }

  // In double quotes a backslash protects these two only, in single ones nothing.
  void quoted(char quote) {
    for (char c = next(); c != quote; c = next()) {
      const bool protects = quote == '"' && c == '\\' && !rest_.empty() && (rest_[0] == '"' || rest_[0] == '\\');
      *word_ += protects ? next() : c;
    }
  }

  void end_word() {
    if (word_) words_.push_back(*std::exchange(word_, std::nullopt));
  }

  std::string_view rest_;
  std::optional<std::string> word_{};
  std::vector<std::string> words_{};
};

}  // namespace

std::vector<std::string> split_words(const std::string& command) {
  std::vector<std::string> words = Splitter(command).words();
  if (words.empty() || words.front().empty()) throw CLI::ValidationError("--exec", "names no command");
  return words;
}

}  // namespace ringmain::cli
