// Unix sockets, by path.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "fail.hpp"
#include "sockets.hpp"

namespace ringmain::transport {
namespace {

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
    Descriptor socket = open();
    if (::bind(socket.get(), generic(), sizeof address_) != 0) {
      if (errno != EADDRINUSE) fail_system(name_, errno);
      clear_stale();
      if (::bind(socket.get(), generic(), sizeof address_) != 0) fail_in_use();
    }
    struct stat made {};
    if (::lstat(path_.c_str(), &made) == 0) inode_ = made.st_ino;
    if (::listen(socket.get(), 16) != 0) fail_system(name_, errno);
    return socket;
  }

  Descriptor try_connect() override {
    Descriptor socket = open();
    if (::connect(socket.get(), generic(), sizeof address_) == 0) return socket;
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
    struct stat now {};
    if (inode_ != 0 && ::lstat(path_.c_str(), &now) == 0 && now.st_ino == inode_) ::unlink(path_.c_str());
    inode_ = 0;
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
    if (const Descriptor probe = open(); ::connect(probe.get(), generic(), sizeof address_) == 0) fail_in_use();
    if (errno != ECONNREFUSED) fail_in_use();
    ::unlink(path_.c_str());
  }

  std::string path_;
  int type_;
  std::string name_;
  sockaddr_un address_{};
  ino_t inode_ = 0;
};

}  // namespace

std::unique_ptr<Place> unix_place(std::string path, int type, std::string name) {
  return std::make_unique<UnixPlace>(std::move(path), type, std::move(name));
}

}  // namespace ringmain::transport
