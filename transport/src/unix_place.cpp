// Unix sockets, by path.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

#include "fail.hpp"
#include "sockets.hpp"

namespace ringmain::transport {
namespace {

// Who makes or clears a socket in a directory does so alone: else one might take the other's, bound but not listening
// yet, for one that a dead process left. Held by somebody else for a second (a program that locks the directory for its own
// ends): done without.
class DirectoryLock {
 public:
  explicit DirectoryLock(const std::string& path)
      : directory_(::open(
            std::filesystem::path(path).parent_path().empty() ? "." : std::filesystem::path(path).parent_path().c_str(),
            O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    for (int attempt = 0; attempt < 100 && directory_; ++attempt) {
      if (::flock(directory_.get(), LOCK_EX | LOCK_NB) == 0) return;
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
  }

 private:
  Descriptor directory_;
};

class UnixPlace final : public Place {
 public:
  UnixPlace(std::string path, int type, std::string name)
      : path_(std::move(path)), type_(type), name_(std::move(name)) {
    if (path_.size() >= sizeof address_.sun_path) {
      fail(Status::kBadAddress,
           fmt::format("'{}': the path of a socket has at most {} bytes", name_, sizeof address_.sun_path - 1));
    }
    address_.sun_family = AF_UNIX;
    std::memcpy(address_.sun_path, path_.c_str(), path_.size() + 1);
  }

  Descriptor listen() override {
    const DirectoryLock lock(path_);
    Descriptor socket = open();
    if (::bind(socket.get(), generic(), sizeof address_) != 0) {
      if (errno != EADDRINUSE) fail_system(name_, errno);
      clear_stale();
      if (::bind(socket.get(), generic(), sizeof address_) != 0) fail_in_use();
    }
    if (::lstat(path_.c_str(), &made_) != 0) made_ = {};
    maker_ = ::getpid();
    if (::listen(socket.get(), 16) != 0) fail_system(name_, errno);
    return socket;
  }

  Descriptor try_connect() override {
    Descriptor socket = open();
    if (connect_soon(socket.get(), generic(), sizeof address_) == 0) return socket;
    const int error = errno;
    if (error == EPROTOTYPE) {
      fail(Status::kBadAddress, name_ + ": who listens there speaks the other kind of socket (stream, seqpacket)");
    }
    socket.reset();
    errno = error;
    return {};
  }

  // Only what this process made: another may have replaced it.
  void forget() noexcept override {
    if (::getpid() != maker_) return;  // a forked child doesn't take the parent's name away
    const DirectoryLock lock(path_);
    struct stat now {};
    const bool ours = made_.st_ino != 0 && ::lstat(path_.c_str(), &now) == 0 && now.st_ino == made_.st_ino &&
                      now.st_dev == made_.st_dev;
    if (ours) ::unlink(path_.c_str());
    made_ = {};
  }

  const std::string& name() const noexcept override { return name_; }

 private:
  const sockaddr* generic() const noexcept { return reinterpret_cast<const sockaddr*>(&address_); }

  Descriptor open() const {
    Descriptor socket(::socket(AF_UNIX, type_ | SOCK_CLOEXEC, 0));
    if (!socket) fail_system(name_, errno);
    return socket;
  }

  [[noreturn]] void fail_in_use() const {
    fail(Status::kAddressInUse, name_ + ": another process listens there; end it, or use another path", EADDRINUSE);
  }

  // A socket on which nobody listens is what a killed process left behind.
  void clear_stale() {
    struct stat found {};
    if (::lstat(path_.c_str(), &found) != 0) return;
    if (!S_ISSOCK(found.st_mode)) {
      fail(Status::kExists, name_ + ": what is there is no socket; remove it, or use another path", EEXIST);
    }
    if (const Descriptor probe = open(); connect_soon(probe.get(), generic(), sizeof address_) == 0) fail_in_use();
    if (errno != ECONNREFUSED) fail_in_use();
    ::unlink(path_.c_str());
  }

  std::string path_;
  int type_;
  std::string name_;
  sockaddr_un address_{};
  struct stat made_ {};  // by this process
  pid_t maker_ = 0;
};

}  // namespace

std::unique_ptr<Place> unix_place(std::string path, int type, std::string name) {
  return std::make_unique<UnixPlace>(std::move(path), type, std::move(name));
}

}  // namespace ringmain::transport
