// The bytes that views point into: slots of the ring, or a private copy. Whoever holds such an object, as every view does,
// holds the bytes: slots are given back to the producer, and private memory to the system, when the last one lets go.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>

#include "plain_object.hpp"
#include "python.hpp"

namespace ringmain::python {

class Memory {
 public:
  // Bytes that belong to `owner`, who is kept alive, and told when they are given up.
  struct Owner {
    virtual ~Owner() = default;
    virtual void give_back(std::uint64_t position) noexcept = 0;
  };

  // Slots of a ring, of the message at `position`.
  Memory(nb::object keeper, Owner& owner, std::uint64_t position, std::span<std::byte> bytes, bool writable) noexcept
      : keeper_(std::move(keeper)), owner_(&owner), position_(position), bytes_(bytes), writable_(writable) {}

  // Private memory, not initialised, so aligned that what is aligned in a slot is so here.
  explicit Memory(std::size_t size);

  Memory(Memory&& other) noexcept
      : keeper_(std::move(other.keeper_)), owner_(std::exchange(other.owner_, nullptr)), position_(other.position_),
        bytes_(other.bytes_), writable_(other.writable_), block_(std::move(other.block_)) {}
  Memory& operator=(Memory&&) = delete;
  ~Memory() {
    if (owner_ != nullptr) owner_->give_back(position_);
  }

  std::span<std::byte> bytes() const noexcept { return bytes_; }
  bool writable() const noexcept { return writable_; }
  void make_read_only() noexcept { writable_ = false; }

 private:
  struct Free {
    void operator()(std::byte* block) const noexcept { std::free(block); }
  };

  nb::object keeper_;
  Owner* owner_ = nullptr;
  std::uint64_t position_ = 0;
  std::span<std::byte> bytes_;
  bool writable_ = true;
  std::unique_ptr<std::byte, Free> block_;
};

// `module`.Memory: an object that has the buffer protocol alone, made by the others.
void bind_memory(nb::module_& module);

// Copies; without the GIL where that takes long.
void copy_bytes(std::byte* to, std::span<const std::byte> from);

// A memoryview of `size` bytes at `offset` of a Python object with the buffer protocol, which it holds.
nb::object view_of(nb::handle exporter, std::size_t offset, std::size_t size);

}  // namespace ringmain::python
