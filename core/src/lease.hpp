// Leases: kernel-held proofs that a participant lives. A lease is an OFD write lock on one byte of a file, held through a
// descriptor of its own. The kernel drops it when its process dies, in whatever container that ran.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <functional>

#include "descriptor.hpp"

namespace ringmain {

inline constexpr off_t kProducerByte = 0;  // of `ring`
inline constexpr off_t kRemoverByte = 1;   // of `ring`; who builds or removes it
// Of `consumers`: byte i is consumer line i.

// Somebody else holds the lease of one of `count` bytes. Asked as a reader: a read lock, which anybody with read
// permission can take, is no life. `file` may be read-only.
bool leased(int file, off_t first, off_t count = 1) noexcept;

// Somebody sits on `byte` with a read lock: that is no lease, but keeps one from being taken.
bool squatted(int file, off_t byte) noexcept;

class Lease {
 public:
  using ForkHandler = void (*)(void*) noexcept;

  // `open` opens a file for this lease alone: never inherited (it would share its owner), never mapped (a mapping keeps
  // the lock), close-on-exec. In a forked child the descriptor is closed (never unlocked: that would drop the parent's
  // lease) and `on_fork(context)` is called there, if there is one: it may only store to private memory.
  explicit Lease(const std::function<Descriptor()>& open, ForkHandler on_fork = nullptr, void* context = nullptr);
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease();

  [[nodiscard]] bool take(off_t byte) noexcept;  // false: somebody holds a lock on it
  void drop() noexcept;

  // Still held? A stray closefrom() may have lost it.
  [[nodiscard]] bool intact() const noexcept;

 private:
  friend struct LeaseList;
  Descriptor file_;
  off_t byte_ = -1;
  ForkHandler on_fork_;
  void* context_;
  Lease* previous_ = nullptr;
  Lease* next_ = nullptr;
};

}  // namespace ringmain
