// The typed layer: a ring whose messages are values of one trivially copyable type, written and read in place.
//
//     using Trades = ringmain::Channel<Trade>;
//     auto producer = Trades::create("trades");              auto consumer = Trades::attach("trades");
//     producer.publish({.price = 101, .amount = 7});         if (auto trade = consumer.receive()) use(trade->price);
//
// The ring's header keeps the type's identity: who attaches with another one is refused (kTypeMismatch). The wrappers
// hold nothing but the untyped handles, and are inlined by force to cost nothing; what is said there of blocking,
// threads and outcomes holds here.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "ringmain/consumer.hpp"
#include "ringmain/error.hpp"
#include "ringmain/producer.hpp"
#include "ringmain/segment.hpp"

namespace ringmain {

// FNV-1a, 64 bit, over: the name and a 0 byte, size and alignment (8 bytes each, little-endian), the schema.
constexpr std::uint64_t type_hash(std::string_view name, std::uint64_t size, std::uint64_t alignment,
                                  std::string_view schema = {}) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&hash](std::uint64_t byte) { hash = (hash ^ (byte & 0xff)) * 0x100000001b3; };
  for (const char character : name) add(static_cast<unsigned char>(character));
  add(0);
  for (int shift = 0; shift < 64; shift += 8) add(size >> shift);
  for (int shift = 0; shift < 64; shift += 8) add(alignment >> shift);
  for (const char character : schema) add(static_cast<unsigned char>(character));
  return hash;
}

namespace detail {

// The name as the compiler spells it.
template <class RingmainType>
constexpr std::string_view spelling() noexcept {
  constexpr std::string_view kFunction = __PRETTY_FUNCTION__;
  constexpr std::string_view kBefore = "RingmainType = ";
  constexpr std::size_t kBegin = kFunction.find(kBefore) + kBefore.size();
  return kFunction.substr(kBegin, kFunction.find_first_of(";]", kBegin) - kBegin);
}

// Compilers agree on identifiers and "::", not on template arguments and unnamed namespaces.
constexpr bool portable(std::string_view name) noexcept {
  return !name.empty() && name.find_first_of("<>(){}* ") == std::string_view::npos;
}

template <class T>
constexpr std::string_view arithmetic_name() noexcept {
  constexpr std::size_t kRank = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : sizeof(T) == 8 ? 3 : 4;
  constexpr std::string_view kSigned[] = {"int8", "int16", "int32", "int64", "int128"};
  constexpr std::string_view kUnsigned[] = {"uint8", "uint16", "uint32", "uint64", "uint128"};
  constexpr std::string_view kFloating[] = {"float8", "float16", "float32", "float64", "float128"};
  if constexpr (std::is_same_v<T, bool>) return "bool";
  if constexpr (std::is_floating_point_v<T>) return kFloating[kRank];
  return std::is_signed_v<T> ? kSigned[kRank] : kUnsigned[kRank];
}

template <class T>
concept NamesItself = requires {
  std::string_view(T::ringmain_type_name);
};

template <class T>
concept HasSchema = requires {
  std::string_view(T::ringmain_schema);
};

template <class T>
constexpr std::string_view default_name() noexcept {
  if constexpr (NamesItself<T>) {
    return T::ringmain_type_name;
  } else if constexpr (std::is_arithmetic_v<T>) {
    return arithmetic_name<T>();
  } else {
    static_assert(portable(spelling<T>()),
                  "compilers spell this type differently: give it a static constexpr std::string_view "
                  "ringmain_type_name, or specialise ringmain::TypeName (kName) for it");
    return spelling<T>();
  }
}

template <class T>
constexpr std::string_view default_schema() noexcept {
  if constexpr (HasSchema<T>) return T::ringmain_schema;
  return {};
}

}  // namespace detail

// What a type is called in the ring. By default T::ringmain_type_name and T::ringmain_schema, both optional; without
// the first, the type's qualified name. Specialise it for a type that can't be given members. The schema may say what
// name, size and alignment don't, such as the fields ("price:i64,amount:u32") or a version: it goes into the hash.
template <class T>
struct TypeName {
  static constexpr std::string_view kName = detail::default_name<T>();
  static constexpr std::string_view kSchema = detail::default_schema<T>();
};

template <class T>
class Channel {
  static_assert(std::is_same_v<T, std::remove_cvref_t<T>>, "a plain type: no const, no reference");
  static_assert(std::is_trivially_copyable_v<T>, "its bytes must be all there is to it");
  static_assert(!std::is_pointer_v<T> && !std::is_member_pointer_v<T>, "an address means nothing to another process");
  static_assert(alignof(T) <= 16, "payloads are aligned to 16 bytes");

 public:
  static constexpr std::string_view kTypeName = TypeName<T>::kName;
  static constexpr std::uint64_t kTypeHash = [] {
    std::string_view schema;
    if constexpr (requires { TypeName<T>::kSchema; }) schema = TypeName<T>::kSchema;
    return type_hash(kTypeName, sizeof(T), alignof(T), schema);
  }();
  static_assert(!kTypeName.empty() && kTypeName.size() <= kMaxNameBytes, "1 to kMaxNameBytes characters");
  static TypeIdentity identity() { return {.name = std::string(kTypeName), .size = sizeof(T), .hash = kTypeHash}; }

  class Claim;
  class Producer;
  class Message;
  class Consumer;

  // As the untyped ones; the option `type` is filled in. create throws kTooLarge for a ring too small for one T.
  static Producer create(std::string_view name, RingOptions options = {}) {
    return Producer(ringmain::Producer::create(name, typed(fitting(std::move(options)))));
  }
  static Producer create_unnamed(RingOptions options = {}) {
    return Producer(ringmain::Producer::create_unnamed(typed(fitting(std::move(options)))));
  }
  static Producer open(std::string_view name, OpenOptions options = {}) {
    return Producer(ringmain::Producer::open(name, typed(std::move(options))));
  }
  static Consumer attach(std::string_view name, ConsumerOptions options = {}) {
    return Consumer(ringmain::Consumer::attach(name, typed(std::move(options))));
  }
  static Consumer attach(RingDescriptors descriptors, ConsumerOptions options = {}) {
    return Consumer(ringmain::Consumer::attach(descriptors, typed(std::move(options))));
  }

 private:
  template <class Options>
  static Options typed(Options options) {
    options.type = identity();
    return options;
  }
  static RingOptions fitting(RingOptions options) {
    if (max_message_bytes(options.capacity) < sizeof(T)) {
      throw Error(Status::kTooLarge, std::string(kTypeName) + " has " + std::to_string(sizeof(T)) +
                                         " bytes, too many for a ring of this capacity; it needs " +
                                         std::to_string(capacity_for(sizeof(T))));
    }
    return options;
  }
};

// A value being written in place. Falsy when there is none, then status() says why. Its destructor aborts.
template <class T>
class [[nodiscard]] Channel<T>::Claim {
 public:
  explicit operator bool() const noexcept { return static_cast<bool>(claim_); }
  Status status() const noexcept { return claim_.status(); }

  // Default-initialised: members without an initialiser hold old bytes of the ring.
  T& operator*() const noexcept { return *operator->(); }
  T* operator->() const noexcept { return std::launder(reinterpret_cast<T*>(claim_.bytes().data())); }

  [[gnu::always_inline]] void commit(std::uint16_t type = 0) noexcept { claim_.commit(sizeof(T), type); }
  void abort() noexcept { claim_.abort(); }

 private:
  friend class Producer;
  [[gnu::always_inline]] explicit Claim(ringmain::Claim&& claim) noexcept : claim_(std::move(claim)) {
    static_assert(std::is_nothrow_default_constructible_v<T>, "to be written in place, it must begin somehow");
    if (claim_) ::new (static_cast<void*>(claim_.bytes().data())) T;
  }

  ringmain::Claim claim_;
};

template <class T>
class Channel<T>::Producer {
 public:
  [[nodiscard, gnu::always_inline]] Status publish(const T& value, std::uint16_t type = 0) noexcept {
    return untyped_.publish(bytes_of(value), type);
  }
  [[nodiscard, gnu::always_inline]] Status try_publish(const T& value, std::uint16_t type = 0) noexcept {
    return untyped_.try_publish(bytes_of(value), type);
  }
  [[nodiscard]] Status publish_for(const T& value, std::chrono::nanoseconds timeout, std::uint16_t type = 0) noexcept {
    return untyped_.publish_for(bytes_of(value), timeout, type);
  }

  [[gnu::always_inline]] Claim claim() noexcept { return Claim(untyped_.claim(sizeof(T))); }
  [[gnu::always_inline]] Claim try_claim() noexcept { return Claim(untyped_.try_claim(sizeof(T))); }
  Claim claim_for(std::chrono::nanoseconds timeout) noexcept { return Claim(untyped_.claim_for(sizeof(T), timeout)); }

  Status wait_for_consumers(std::size_t groups, std::chrono::nanoseconds timeout = kForever) noexcept {
    return untyped_.wait_for_consumers(groups, timeout);
  }
  void close() noexcept { untyped_.close(); }
  void remove() { untyped_.remove(); }
  void close_and_remove() { untyped_.close_and_remove(); }

  // For all that has nothing to do with T. What is published there must be of sizeof(T).
  ringmain::Producer& untyped() noexcept { return untyped_; }
  const ringmain::Producer& untyped() const noexcept { return untyped_; }

 private:
  friend class Channel;
  explicit Producer(ringmain::Producer&& untyped) noexcept : untyped_(std::move(untyped)) {}
  static std::span<const std::byte> bytes_of(const T& value) noexcept {
    return std::as_bytes(std::span<const T, 1>(&value, 1));
  }

  ringmain::Producer untyped_;
};

// A borrowed value. Falsy when there is none, then status() says why. A message that isn't of sizeof(T) is never read
// as a T: it is skipped, and status() is kCorrupt.
template <class T>
class [[nodiscard]] Channel<T>::Message {
 public:
  explicit operator bool() const noexcept { return static_cast<bool>(message_); }
  Status status() const noexcept { return status_; }

  const T& operator*() const noexcept { return *operator->(); }
  const T* operator->() const noexcept { return std::launder(reinterpret_cast<const T*>(message_.bytes().data())); }

  std::uint16_t type() const noexcept { return message_.type(); }
  std::uint64_t position() const noexcept { return message_.position(); }
  std::uint64_t lost() const noexcept { return message_.lost(); }
  bool redelivered() const noexcept { return message_.redelivered(); }
  bool still_valid() const noexcept { return message_.still_valid(); }
  void release() noexcept { message_.release(); }

 private:
  friend class Consumer;
  [[gnu::always_inline]] explicit Message(ringmain::Message&& message) noexcept
      : message_(std::move(message)), status_(message_.status()) {
    if (message_ && message_.bytes().size() != sizeof(T)) [[unlikely]] {
      message_.release();
      status_ = Status::kCorrupt;
    }
  }

  ringmain::Message message_;
  Status status_;
};

template <class T>
class Channel<T>::Consumer {
 public:
  [[gnu::always_inline]] Message receive() noexcept { return Message(untyped_.receive()); }
  [[gnu::always_inline]] Message try_receive() noexcept { return Message(untyped_.try_receive()); }
  Message receive_for(std::chrono::nanoseconds timeout) noexcept { return Message(untyped_.receive_for(timeout)); }
  Message receive_until(std::chrono::steady_clock::time_point deadline) noexcept {
    return Message(untyped_.receive_until(deadline));
  }

  // Calls handler(const T&), or else handler(const Message&), for up to `limit` values that are there now.
  template <class Handler>
  Poll poll(Handler&& handler, std::size_t limit) {
    Poll result;
    while (result.messages < limit) {
      const Message message = try_receive();
      if (!message) {
        result.status = message.status();
        break;
      }
      if constexpr (std::invocable<Handler&, const T&>) {
        handler(*message);
      } else {
        handler(message);
      }
      ++result.messages;
    }
    return result;
  }

  // Copies the next value, which was not overwritten meanwhile, whatever the policy. Anything but kOk leaves garbage in
  // `value`. kCorrupt: a message that isn't of sizeof(T); it was skipped.
  Copy try_read(T& value) noexcept { return checked(untyped_.try_read(bytes_of(value))); }
  Copy read(T& value) noexcept { return checked(untyped_.read(bytes_of(value))); }
  Copy read_for(T& value, std::chrono::nanoseconds timeout) noexcept {
    return checked(untyped_.read_for(bytes_of(value), timeout));
  }

  // For all that has nothing to do with T: position(), lost(), capacity().
  ringmain::Consumer& untyped() noexcept { return untyped_; }
  const ringmain::Consumer& untyped() const noexcept { return untyped_; }

 private:
  friend class Channel;
  explicit Consumer(ringmain::Consumer&& untyped) noexcept : untyped_(std::move(untyped)) {}
  static std::span<std::byte> bytes_of(T& value) noexcept { return std::as_writable_bytes(std::span<T, 1>(&value, 1)); }

  Copy checked(Copy copy) noexcept {
    if (copy.status == Status::kTooLarge) [[unlikely]] {
      untyped_.try_receive().release();  // it would stay
      copy.status = Status::kCorrupt;
    } else if (copy && copy.bytes != sizeof(T)) [[unlikely]] {
      copy.status = Status::kCorrupt;
    }
    return copy;
  }

  ringmain::Consumer untyped_;
};

}  // namespace ringmain
