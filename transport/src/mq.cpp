// mq:NAME, a POSIX message queue. The source makes it, the sink opens it; a lock on the queue itself tells each whether
// the other lives.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <mqueue.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "fail.hpp"
#include "framing.hpp"
#include "packets.hpp"
#include "queue_ends.hpp"
#include "ringmain/transport/address.hpp"
#include "same_file.hpp"

namespace ringmain::transport {
namespace {

constexpr std::size_t kDefaultSize = 8192 - kWordBytes;  // what the kernel allows everybody: fs/mqueue/msgsize_max
constexpr std::size_t kDefaultDepth = 10;                // fs/mqueue/msg_max

std::string path_of(const Address& address) {
  if (address.target().find('/') != std::string::npos) address.refuse("the name of a queue has no '/'");
  return "/" + address.target();
}

Descriptor open_queue(const std::string& path, int flags) {
  return Descriptor(static_cast<int>(::mq_open(path.c_str(), flags | O_CLOEXEC)));
}

std::size_t largest_packet(int queue, const std::string& name) {
  mq_attr attributes{};
  if (::mq_getattr(queue, &attributes) != 0) fail_system(name, errno);
  return static_cast<std::size_t>(attributes.mq_msgsize);
}

// By the clock that the queue's calls want.
timespec in(std::chrono::nanoseconds span) noexcept {
  const std::int64_t at = read_clock(CLOCK_REALTIME) + span.count();
  return {at / 1'000'000'000, at % 1'000'000'000};
}

class QueueIn final : public PacketIn {
 public:
  explicit QueueIn(const Address& address)
      : path_(path_of(address)), name_(address.text()), queue_(make(address)),
        lease_([this] { return opened_anew(queue_.get()); }), largest_(largest_packet(queue_.get(), name_)) {
    if (!lease_.take(kReceiverByte) || !same_file(open_queue(path_, O_RDONLY).get(), queue_.get()))
      fail_received(name_);
  }
  ~QueueIn() override { finish(); }

  std::optional<std::size_t> receive(std::span<std::byte> into, const Deadline& deadline) override {
    return watch_.receive(queue_.get(), deadline,
                          [&](std::chrono::nanoseconds at_most) { return take(into, at_most); });
  }
  std::size_t largest() const noexcept override { return largest_; }
  void finish() override {
    if (std::exchange(maker_, 0) == ::getpid() && same_file(open_queue(path_, O_RDONLY).get(), queue_.get())) {
      ::mq_unlink(path_.c_str());
    }
    lease_.drop();
  }
  int descriptor() const noexcept override { return queue_.get(); }

 private:
  std::optional<std::size_t> take(std::span<std::byte> into, std::chrono::nanoseconds at_most) const {
    for (const timespec until = in(at_most);;) {
      const ssize_t got =
          ::mq_timedreceive(queue_.get(), reinterpret_cast<char*>(into.data()), into.size(), nullptr, &until);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno == ETIMEDOUT) return std::nullopt;
      if (errno != EINTR) fail_system(name_, errno);
    }
  }

  Descriptor make(const Address& address) const {
    if (const Descriptor found = open_queue(path_, O_RDONLY); found && leased(found.get(), kReceiverByte)) {
      fail_received(name_);
    }
    ::mq_unlink(path_.c_str());  // what a killed receiver left behind
    mq_attr attributes{};
    attributes.mq_msgsize = static_cast<long>(address.size("size", kDefaultSize) + kWordBytes);
    attributes.mq_maxmsg = static_cast<long>(address.number("depth", kDefaultDepth));
    constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC;
    Descriptor queue(static_cast<int>(::mq_open(path_.c_str(), kFlags, 0600, &attributes)));
    if (!queue) fail_to_make(attributes);
    return queue;
  }

  [[noreturn]] void fail_to_make(const mq_attr& wanted) const {
    if (errno == EINVAL || errno == EMFILE) {
      fail(Status::kNoSpace,
           fmt::format(
               "{}: the system allows no queue of {} messages of {} bytes; see /proc/sys/fs/mqueue and ulimit -q",
               name_, wanted.mq_maxmsg, wanted.mq_msgsize),
           errno);
    }
    fail_system(name_, errno);
  }

  std::string path_;
  std::string name_;
  Descriptor queue_;
  Lease lease_;
  std::size_t largest_;
  pid_t maker_ = ::getpid();
  SenderWatch watch_{};
};

class QueueOut final : public PacketOut {
 public:
  explicit QueueOut(const Address& address)
      : path_(path_of(address)), name_(address.text()),
        queue_(open_when_received([this] { return open_queue(path_, O_RDWR); },
                                  Deadline(address.duration("wait", std::chrono::seconds{1})), name_)),
        lease_([this] { return opened_anew(queue_.get()); }), packet_(largest_packet(queue_.get(), name_)) {
    if (!lease_.take(kSenderByte)) fail_sent(name_);
  }

  bool send(std::span<const std::byte> word, std::span<const std::byte> payload, const Deadline& deadline) override {
    std::memcpy(packet_.data(), word.data(), word.size());
    if (!payload.empty()) std::memcpy(packet_.data() + word.size(), payload.data(), payload.size());
    const std::size_t bytes = word.size() + payload.size();
    for (;;) {
      if (look_.due()) check_receiver();
      const timespec until = in(deadline.left(kLookPeriod));
      if (::mq_timedsend(queue_.get(), reinterpret_cast<const char*>(packet_.data()), bytes, 0, &until) == 0)
        return true;
      if (errno == EINTR) continue;
      if (errno != ETIMEDOUT) fail_system(name_, errno);
      check_receiver();
      if (deadline.passed()) return false;
    }
  }
  std::size_t largest() const noexcept override { return packet_.size(); }

  // The receiver lets go of the queue when it has received the end.
  bool drain(const Deadline& deadline) override {
    for (;;) {
      const bool gone = !leased(queue_.get(), kReceiverByte);
      mq_attr left{};
      ::mq_getattr(queue_.get(), &left);
      if (gone && left.mq_curmsgs == 0) return true;
      if (gone) fail_unreceived(name_);
      if (deadline.passed()) return false;
      std::this_thread::sleep_for(deadline.left(std::chrono::milliseconds{1}));
    }
  }

 private:
  void check_receiver() const {
    if (!leased(queue_.get(), kReceiverByte)) fail_unreceived(name_);
  }

  std::string path_;
  std::string name_;
  Descriptor queue_;
  Lease lease_;
  std::vector<std::byte> packet_;
  Every look_{kLookPeriod};
};

}  // namespace

Carrier mq_carrier() {
  using End = CarrierOption::End;
  return {"mq",
          "mq:NAME",
          "a POSIX message queue",
          {{"size", "SIZE", "of the largest message [default: 8184]", End::kSource},
           {"depth", "N", "messages that it holds [default: 10]", End::kSource},
           {"wait", "DURATION", "for the receiver [default: 1s]", End::kSink}},
          [](const Address& address) { return packet_source(std::make_unique<QueueIn>(address), address.text()); },
          [](const Address& address) { return packet_sink(std::make_unique<QueueOut>(address), address.text()); }};
}

}  // namespace ringmain::transport
