// SPDX-License-Identifier: MIT
#include "lease.hpp"

#include <fcntl.h>
#include <pthread.h>

#include <cerrno>
#include <mutex>

#include "fail.hpp"

namespace ringmain {

namespace {

struct flock byte_range(short type, off_t first, off_t count) noexcept {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = first;
  range.l_len = count;
  return range;
}

int ask(int file, int command, struct flock& range) noexcept {
  return uninterrupted([&] { return ::fcntl(file, command, &range); });
}

}  // namespace

// Every lease of this process, so that a forked child can let go of them.
struct LeaseList {
  std::mutex mutex;
  Lease* first = nullptr;

  static LeaseList& instance() {
    // Never destroyed: leases in static storage may outlive any order of destruction.
    static LeaseList* const list = [] {
      auto* made = new LeaseList;
      ::pthread_atfork([] { instance().mutex.lock(); }, [] { instance().mutex.unlock(); },
                       [] { instance().forsake_all(); });
      return made;
    }();
    return *list;
  }

  void forsake_all() noexcept {
    for (Lease* lease = first; lease != nullptr; lease = lease->next_) {
      lease->file_.reset();
      lease->byte_ = -1;
      if (lease->on_fork_ != nullptr) lease->on_fork_(lease->context_);
    }
    mutex.unlock();
  }
};

bool leased(int file, off_t first, off_t count) noexcept {
  struct flock range = byte_range(F_RDLCK, first, count);
  // Who can't be asked after isn't dead.
  return ask(file, F_OFD_GETLK, range) != 0 || range.l_type != F_UNLCK;
}

bool squatted(int file, off_t byte) noexcept {
  struct flock range = byte_range(F_WRLCK, byte, 1);
  return ask(file, F_OFD_GETLK, range) == 0 && range.l_type == F_RDLCK;
}

Lease::Lease(const std::function<Descriptor()>& open, ForkHandler on_fork, void* context)
    : on_fork_(on_fork), context_(context) {
  LeaseList& list = LeaseList::instance();
  const std::scoped_lock lock(list.mutex);  // no fork between the opening and the entry in the list
  file_ = open();
  next_ = list.first;
  if (next_ != nullptr) next_->previous_ = this;
  list.first = this;
}

Lease::~Lease() {
  LeaseList& list = LeaseList::instance();
  const std::scoped_lock lock(list.mutex);
  (previous_ != nullptr ? previous_->next_ : list.first) = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  file_.reset();
}

bool Lease::take(off_t byte) noexcept {
  struct flock range = byte_range(F_WRLCK, byte, 1);
  if (ask(file_.get(), F_OFD_SETLK, range) != 0) return false;
  byte_ = byte;
  return true;
}

void Lease::drop() noexcept {
  if (byte_ < 0) return;
  if (!file_.intact()) {  // that number may be somebody else's by now, with a lock of his own on that byte
    byte_ = -1;
    return;
  }
  struct flock range = byte_range(F_UNLCK, byte_, 1);
  ask(file_.get(), F_OFD_SETLK, range);
  byte_ = -1;
}

bool Lease::intact() const noexcept {
  if (byte_ < 0 || !file_.intact()) return false;
  struct flock range = byte_range(F_WRLCK, byte_, 1);
  if (ask(file_.get(), F_OFD_SETLK, range) == 0) return true;  // it was ours already
  // By somebody else, or through a descriptor that is not what it was. A kernel that is out of memory says neither.
  return errno != EAGAIN && errno != EACCES && errno != EBADF;
}

}  // namespace ringmain
