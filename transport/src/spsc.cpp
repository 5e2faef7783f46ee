// spsc:NAME, Boost.Lockfree's spsc_queue in a shared segment: the well-known baseline. One receiver, copies on both
// sides, no bell: who waits longer than the spin budget looks again every 50 us. It trusts the other end.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/lockfree/spsc_queue.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "fail.hpp"
#include "framing.hpp"
#include "packets.hpp"
#include "queue_ends.hpp"
#include "ringmain/algorithm/memory.hpp"
#include "ringmain/transport/address.hpp"
#include "same_file.hpp"

namespace ringmain::transport {
namespace {

struct alignas(64) Slot {
  std::array<std::byte, 64> bytes;
};

constexpr std::size_t kSlots = std::size_t{1} << 17;  // 8 MiB
constexpr std::uint64_t kMagic = 0x3163'7370'7372'6d72;
constexpr std::size_t kLargestPacket = kSlots / 2 * sizeof(Slot) + kWordBytes;
constexpr std::chrono::microseconds kNap{50};

struct Segment {
  std::uint64_t magic = kMagic;
  std::uint64_t bytes = sizeof(Segment);
  alignas(128) boost::lockfree::spsc_queue<Slot, boost::lockfree::capacity<kSlots>> queue{};
};

std::size_t slots_of(std::size_t bytes) noexcept { return (bytes + sizeof(Slot) - 1) / sizeof(Slot); }

class Mapping {
 public:
  Mapping(int file, const std::string& name) {
    void* memory = ::mmap(nullptr, sizeof(Segment), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) fail_system(name, errno);
    memory_ = memory;
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { ::munmap(memory_, sizeof(Segment)); }

  void* memory() const noexcept { return memory_; }
  Segment* operator->() const noexcept { return std::launder(static_cast<Segment*>(memory_)); }

 private:
  void* memory_;
};

std::string path_of(const Address& address) {
  if (address.target().find('/') != std::string::npos) address.refuse("the name of a queue has no '/'");
  const char* standard = std::getenv("RINGMAIN_DIR");
  const std::filesystem::path directory = address.text("dir", standard == nullptr ? "/dev/shm" : standard);
  return directory / (address.target() + ".spsc");
}

Descriptor open_file(const std::string& path, int flags) {
  return Descriptor(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600));
}

// Spins for the budget, then naps. `ready()` ends it: true.
template <class Ready>
bool wait_until(const Ready& ready, std::chrono::nanoseconds at_most, std::chrono::nanoseconds spin) {
  if (ready()) return true;
  const Deadline deadline(at_most);
  for (const Deadline spin_end(std::min(spin, at_most)); !spin_end.passed();) {
    for (int i = 0; i < 64; ++i) {
      algorithm::NativeMemory::pause();
      if (ready()) return true;
    }
  }
  while (!deadline.passed()) {
    std::this_thread::sleep_for(deadline.left(kNap));
    if (ready()) return true;
  }
  return false;
}

class SpscIn final : public PacketIn {
 public:
  explicit SpscIn(const Address& address)
      : path_(path_of(address)), name_(address.text()), spin_(address.duration("spin", std::chrono::microseconds{20})),
        file_(make()), lease_([this] { return opened_anew(file_.get()); }), segment_(file_.get(), name_) {
    new (segment_.memory()) Segment;
    if (!lease_.take(kReceiverByte) || !same_file(open_file(path_, O_RDONLY).get(), file_.get())) fail_received(name_);
  }
  ~SpscIn() override { finish(); }

  std::optional<std::size_t> receive(std::span<std::byte> into, const Deadline& deadline) override {
    return watch_.receive(file_.get(), deadline, [&](std::chrono::nanoseconds at_most) -> std::optional<std::size_t> {
      if (!wait_until([&] { return segment_->queue.read_available() > 0; }, at_most, spin_)) return std::nullopt;
      return take(into);
    });
  }
  std::size_t largest() const noexcept override { return kLargestPacket; }
  void finish() override {
    if (std::exchange(maker_, 0) == ::getpid() && same_file(open_file(path_, O_RDONLY).get(), file_.get())) {
      ::unlink(path_.c_str());
    }
    lease_.drop();
  }
  int descriptor() const noexcept override { return -1; }

 private:
  // A packet is pushed whole, so all its slots are there when the first is.
  std::optional<std::size_t> take(std::span<std::byte> into) {
    std::array<Slot, 1> first{};
    if (segment_->queue.pop(first.data(), 1) == 0) return std::nullopt;
    const std::uint64_t word = load_number(std::span(first.front().bytes).first(kWordBytes));
    const std::uint64_t length = word & kControlLength;
    const std::size_t bytes = kWordBytes + (length == kControlLength ? kControlBytes : length);
    if (bytes > into.size()) fail(Status::kBadFrame, name_ + ": what is in the queue isn't of Ringmain; remove it");
    std::memcpy(into.data(), first.data(), std::min(bytes, sizeof(Slot)));
    const std::size_t more = slots_of(bytes) - 1;
    if (more == 0) return bytes;
    rest_.resize(more);
    for (std::size_t got = 0; got < more;) got += segment_->queue.pop(rest_.data() + got, more - got);
    std::memcpy(into.data() + sizeof(Slot), rest_.data(), bytes - sizeof(Slot));
    return bytes;
  }

  Descriptor make() {
    if (const Descriptor found = open_file(path_, O_RDWR); found) {
      if (leased(found.get(), kReceiverByte)) fail_received(name_);
      ::unlink(path_.c_str());  // what a killed receiver left behind
    }
    Descriptor file = open_file(path_, O_RDWR | O_CREAT | O_EXCL);
    if (!file) fail_system(name_, errno);
    if (const int error = ::posix_fallocate(file.get(), 0, sizeof(Segment)); error != 0) {
      ::unlink(path_.c_str());
      fail_system(name_ + ": " + human_bytes(sizeof(Segment)), error);
    }
    return file;
  }

  std::string path_;
  std::string name_;
  std::chrono::nanoseconds spin_;
  Descriptor file_;
  Lease lease_;
  Mapping segment_;
  std::vector<Slot> rest_{};
  pid_t maker_ = ::getpid();
  SenderWatch watch_{};
};

class SpscOut final : public PacketOut {
 public:
  explicit SpscOut(const Address& address)
      : path_(path_of(address)), name_(address.text()), spin_(address.duration("spin", std::chrono::microseconds{20})),
        file_(open_when_received([this] { return open_file(path_, O_RDWR); },
                                 Deadline(address.duration("wait", std::chrono::seconds{1})), name_)),
        lease_([this] { return opened_anew(file_.get()); }), segment_(file_.get(), name_) {
    check_size();
    if (segment_->magic != kMagic || segment_->bytes != sizeof(Segment)) {
      fail(Status::kLayoutMismatch, name_ + ": made by another build; remove it, and start both ends of the same one");
    }
    if (!lease_.take(kSenderByte)) fail_sent(name_);
  }

  bool send(std::span<const std::byte> word, std::span<const std::byte> payload, const Deadline& deadline) override {
    const std::size_t slots = slots_of(word.size() + payload.size());
    if (staged_.size() < slots) staged_.resize(slots);
    auto* bytes = reinterpret_cast<std::byte*>(staged_.data());
    std::memcpy(bytes, word.data(), word.size());
    if (!payload.empty()) std::memcpy(bytes + word.size(), payload.data(), payload.size());
    while (!wait_until([&] { return segment_->queue.write_available() >= slots; }, deadline.left(kLookPeriod), spin_)) {
      check_receiver();
      if (deadline.passed()) return false;
    }
    segment_->queue.push(staged_.data(), slots);
    return true;
  }
  std::size_t largest() const noexcept override { return kLargestPacket; }

  // The receiver lets go of the queue when it has received the end.
  bool drain(const Deadline& deadline) override {
    while (leased(file_.get(), kReceiverByte)) {
      if (deadline.passed()) return false;
      std::this_thread::sleep_for(deadline.left(std::chrono::milliseconds{1}));
    }
    if (segment_->queue.write_available() < kSlots) check_receiver();
    return true;
  }

 private:
  // The receiver takes its lease when the queue is made.
  void check_size() const {
    struct stat found {};
    if (::fstat(file_.get(), &found) == 0 && static_cast<std::size_t>(found.st_size) >= sizeof(Segment)) return;
    fail(Status::kTruncated, name_ + ": the file is too short to be a queue; remove it");
  }

  void check_receiver() const {
    if (!leased(file_.get(), kReceiverByte)) fail_unreceived(name_);
  }

  std::string path_;
  std::string name_;
  std::chrono::nanoseconds spin_;
  Descriptor file_;
  Lease lease_;
  Mapping segment_;
  std::vector<Slot> staged_{};
};

}  // namespace

Carrier spsc_carrier() {
  using End = CarrierOption::End;
  return {"spsc",
          "spsc:NAME",
          "Boost.Lockfree's spsc_queue in shared memory, of 8 MiB",
          {{"dir", "DIR", "where its file is [default: $RINGMAIN_DIR, else /dev/shm]"},
           {"spin", "DURATION", "how long to spin before looking every 50us only [default: 20us]"},
           {"wait", "DURATION", "for the receiver [default: 1s]", End::kSink}},
          [](const Address& address) { return packet_source(std::make_unique<SpscIn>(address), address.text()); },
          [](const Address& address) { return packet_sink(std::make_unique<SpscOut>(address), address.text()); }};
}

}  // namespace ringmain::transport
