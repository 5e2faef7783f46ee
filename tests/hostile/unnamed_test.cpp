// Rings without a name: descriptors that are not what they should be, and what the seals keep out.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "confined.hpp"
#include "memory_left.hpp"
#include "raw_ring.hpp"
#include "refusal.hpp"
#include "segment.hpp"
#include "support/intercept.hpp"

namespace ringmain::testing {
namespace {

class UnnamedTest : public HostileTest {
 protected:
  void expect_not_a_ring(RingDescriptors descriptors, const char* what) {
    EXPECT_TRUE(refused([&] { (void)Consumer::attach(descriptors); }, Status::kNotARing, {"unnamed ring"})) << what;
    EXPECT_TRUE(
        refused([&] { (void)Consumer::attach(descriptors, {.spectator = true}); }, Status::kNotARing, {"unnamed ring"}))
        << what;
  }
  static std::vector<std::byte> bytes_in(int file, std::size_t size) {
    std::vector<std::byte> bytes(size);
    EXPECT_EQ(::pread(file, bytes.data(), size, 0), static_cast<ssize_t>(size));
    return bytes;
  }
  // A memfd with these bytes and seals.
  static Descriptor memory(std::span<const std::byte> bytes, int seals) {
    Descriptor file(::memfd_create("forged", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    EXPECT_EQ(::write(file.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    EXPECT_EQ(::fcntl(file.get(), F_ADD_SEALS, seals), 0);
    return file;
  }

  Producer producer_ = Producer::create_unnamed({.capacity = kCapacity});
  RingDescriptors ring_ = producer_.descriptors();
};

TEST_F(UnnamedTest, descriptors_that_are_not_sealed_memory_are_refused) {
  auto named = Producer::create("ring", making());
  const Descriptor ring(::open((ring_path() / "ring").c_str(), O_RDWR | O_CLOEXEC));
  const Descriptor consumers(::open((ring_path() / "consumers").c_str(), O_RDWR | O_CLOEXEC));
  const Descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  const Descriptor unsealed = memory({}, 0);
  expect_not_a_ring({}, "none");
  expect_not_a_ring({ring_.ring, -1}, "one only");
  expect_not_a_ring({-1, ring_.consumers}, "the other only");
  expect_not_a_ring({9999, 9998}, "not open");
  expect_not_a_ring({ring.get(), consumers.get()}, "the files of a named ring");
  expect_not_a_ring({ring_.ring, consumers.get()}, "half a named ring");
  expect_not_a_ring({null.get(), null.get()}, "/dev/null");
  expect_not_a_ring({pipe[0], pipe[1]}, "a pipe");
  expect_not_a_ring({unsealed.get(), unsealed.get()}, "unsealed memory");
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST_F(UnnamedTest, a_copy_that_may_still_shrink_is_refused) {
  const Descriptor growing = memory(bytes_in(ring_.ring, kSlotsOffset + kCapacity), F_SEAL_GROW | F_SEAL_WRITE);
  expect_not_a_ring({growing.get(), ring_.consumers}, "may shrink");
}

TEST_F(UnnamedTest, swapped_or_doubled_descriptors_are_refused) {
  expect_not_a_ring({ring_.consumers, ring_.ring}, "swapped");
  expect_not_a_ring({ring_.ring, ring_.ring}, "twice the ring");
  expect_not_a_ring({ring_.consumers, ring_.consumers}, "twice the consumers");
}

TEST_F(UnnamedTest, the_files_of_two_rings_are_refused) {
  auto other = Producer::create_unnamed({.capacity = kCapacity});
  expect_not_a_ring({ring_.ring, other.descriptors().consumers}, "two rings");
}

TEST_F(UnnamedTest, sealed_garbage_is_refused) {
  const Descriptor small = memory(bytes_of("short"), F_SEAL_SHRINK);
  EXPECT_TRUE(refused(
      [&] {
        (void)Consumer::attach({small.get(), ring_.consumers});
      },
      Status::kTruncated, {"unnamed"}));
  const Descriptor large = memory(std::vector<std::byte>(kSlotsOffset + kCapacity), F_SEAL_SHRINK);
  expect_not_a_ring({large.get(), ring_.consumers}, "zeros");
}

TEST_F(UnnamedTest, nobody_can_change_the_size_or_write_the_ring) {
  for (const int file : {ring_.ring, ring_.consumers}) {
    EXPECT_NE(::ftruncate(file, 0), 0);
    EXPECT_EQ(errno, EPERM);
    EXPECT_NE(::ftruncate(file, 1 << 30), 0);
    EXPECT_NE(::fcntl(file, F_ADD_SEALS, F_SEAL_WRITE), 0);
  }
  const Descriptor again(::open(("/proc/self/fd/" + std::to_string(ring_.ring)).c_str(), O_RDWR | O_CLOEXEC));
  for (const int file : {ring_.ring, again.get()}) {
    EXPECT_NE(::fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), 0);
    EXPECT_EQ(errno, EPERM);
    EXPECT_LT(::pwrite(file, "x", 1, 0), 0);
    EXPECT_EQ(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), MAP_FAILED);
    void* page = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, file, 0);
    ASSERT_NE(page, MAP_FAILED);
    EXPECT_NE(::mprotect(page, 4096, PROT_READ | PROT_WRITE), 0);
    ::munmap(page, 4096);
  }
  auto consumer = Consumer::attach(ring_);
  ASSERT_EQ(producer_.publish(bytes_of("hello")), Status::kOk);
  EXPECT_EQ(text_of(consumer.try_receive()), "hello");
}

// The kernel would give memory until there is none, and then kill somebody.
TEST_F(UnnamedTest, more_memory_than_there_is_is_refused) {
  std::size_t capacity = kCapacity;
  while (capacity <= memory_left()) capacity *= 2;
  EXPECT_EQ(in_child([&] {
              forbid({SYS_fallocate}, EIO);  // lest a test that fails takes the machine with it
              for (const std::size_t too_much : {capacity, algorithm::kMaxCapacity}) {
                require_refused([&] { (void)Producer::create_unnamed({.capacity = too_much}); }, Status::kNoSpace,
                                {"needs", "memory has", "free", "smaller capacity"});
              }
            }),
            0);
}

TEST_F(UnnamedTest, it_can_not_be_taken_over) {
  const auto take_over = [&] { (void)Producer::open(ring_); };
  EXPECT_TRUE(refused(take_over, Status::kBadOption, {"unnamed ring", "take_over"}));
  producer_.close();
  EXPECT_TRUE(refused(take_over, Status::kBadOption, {"unnamed ring", "take_over"}));
}

// --- one that can be taken over

TEST_F(UnnamedTest, made_to_be_taken_over_its_size_and_its_seals_are_fixed_all_the_same) {
  auto producer = Producer::create_unnamed({.capacity = kCapacity, .take_over = true});
  const RingDescriptors ring = producer.descriptors();
  for (const int file : {ring.ring, ring.consumers}) {
    EXPECT_NE(::ftruncate(file, 0), 0);
    EXPECT_EQ(errno, EPERM);
    EXPECT_NE(::ftruncate(file, 1 << 30), 0);
    for (const int seal : {F_SEAL_WRITE, F_SEAL_FUTURE_WRITE}) {
      EXPECT_NE(::fcntl(file, F_ADD_SEALS, seal), 0) << "who holds it could keep the next producer out";
      EXPECT_EQ(errno, EPERM);
    }
  }
}

// As far as the seals tell, the one was made without `take_over`; the other can't be written by anybody.
TEST_F(UnnamedTest, a_copy_with_other_seals_is_refused_to_a_producer) {
  auto producer = Producer::create_unnamed({.capacity = kCapacity, .take_over = true});
  const RingDescriptors ring = producer.descriptors();
  const auto bytes = bytes_in(ring.ring, kSlotsOffset + kCapacity);
  producer.close();
  for (const int seal : {F_SEAL_WRITE, F_SEAL_FUTURE_WRITE}) {
    const Descriptor copy = memory(bytes, F_SEAL_SHRINK | seal);
    EXPECT_TRUE(refused(
        [&] {
          (void)Producer::open({copy.get(), ring.consumers});
        },
        Status::kBadOption, {"unnamed ring", "take_over"}));
  }
  const auto area = bytes_in(ring.consumers, algorithm::kConsumersBytes);
  const Descriptor readable = memory(area, F_SEAL_SHRINK | F_SEAL_WRITE);
  EXPECT_TRUE(refused([&] { (void)Producer::open({ring.ring, readable.get()}); }, Status::kNoPermission));
  EXPECT_EQ(Producer::open(ring).publish(bytes_of("hello")), Status::kOk);
}

TEST_F(UnnamedTest, what_is_not_both_halves_of_one_ring_is_not_taken_over) {
  const RingOptions options{.capacity = kCapacity, .take_over = true};
  auto producer = Producer::create_unnamed(options);
  auto other = Producer::create_unnamed(options);
  const auto [ring, consumers] = producer.descriptors();
  const Descriptor unsealed = memory(bytes_in(ring, kSlotsOffset + kCapacity), 0);
  const Descriptor zeros = memory(std::vector<std::byte>(kSlotsOffset + kCapacity), F_SEAL_SHRINK);
  producer.close();
  for (const RingDescriptors wrong : {RingDescriptors{},
                                      {ring, -1},
                                      {-1, consumers},
                                      {consumers, ring},
                                      {ring, ring},
                                      {consumers, consumers},
                                      {ring, other.descriptors().consumers},
                                      {unsealed.get(), consumers},
                                      {zeros.get(), consumers}}) {
    EXPECT_TRUE(refused([&] { (void)Producer::open(wrong); }, Status::kNotARing, {"unnamed ring"}))
        << wrong.ring << ", " << wrong.consumers;
  }
}

TEST_F(UnnamedTest, lines_that_contradict_each_other_are_not_taken_over) {
  auto producer = Producer::create_unnamed({.capacity = kCapacity, .take_over = true});
  const RingDescriptors ring = producer.descriptors();
  ASSERT_EQ(producer.publish(bytes_of("hello")), Status::kOk);
  producer.close();
  Segment::open(ring, Access::kProduce).producer().tail.store(7);
  EXPECT_TRUE(refused([&] { (void)Producer::open(ring); }, Status::kCorrupt, {"contradict"}));
  EXPECT_TRUE(refused([&] { (void)Producer::open(ring); }, Status::kCorrupt)) << "the first try keeps its lease";
}

TEST_F(UnnamedTest, the_death_of_its_producer_is_noticed) {
  std::array<int, 2> sockets{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets.data()), 0);
  Child other([&] {
    auto producer = Producer::create_unnamed({.capacity = kCapacity});
    require(producer.publish(bytes_of("before")) == Status::kOk, "publish");
    const RingDescriptors ring = producer.descriptors();
    char byte = 0;
    iovec data{&byte, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(2 * sizeof(int));
    std::memcpy(CMSG_DATA(header), &ring, sizeof ring);
    require(::sendmsg(sockets[0], &message, 0) == 1, "sendmsg");
    require(producer.wait_for_consumers(1, std::chrono::seconds(10)) == Status::kOk, "nobody came");
    require(producer.publish(bytes_of("after")) == Status::kOk, "publish");
    ::kill(::getpid(), SIGKILL);
  });
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ASSERT_EQ(::recvmsg(sockets[1], &message, MSG_CMSG_CLOEXEC), 1);
  RingDescriptors received;
  std::memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof received);
  ::close(sockets[0]);
  ::close(sockets[1]);
  auto consumer = Consumer::attach(received, {.start = Start::oldest()});
  ::close(received.ring);
  ::close(received.consumers);
  EXPECT_EQ(text_of(consumer.receive_for(std::chrono::seconds(10))), "before");
  EXPECT_EQ(text_of(consumer.receive_for(std::chrono::seconds(10))), "after");
  EXPECT_EQ(consumer.receive_for(std::chrono::seconds(10)).status(), Status::kProducerLost);
  EXPECT_EQ(other.wait(), -SIGKILL);
}

TEST_F(UnnamedTest, a_stranger_who_is_given_the_descriptors_can_consume) {
  if (!may_change_user()) GTEST_SKIP() << "becoming another user needs root";
  ASSERT_EQ(producer_.publish(bytes_of("hello")), Status::kOk);
  EXPECT_EQ(as_stranger([&] {
              auto consumer = Consumer::attach(ring_, {.start = Start::oldest()});
              require(text_of(consumer.receive()) == "hello", "receive");
              require_refused([&] { (void)Producer::open(ring_); }, Status::kBadOption);
            }),
            0);
}

}  // namespace
}  // namespace ringmain::testing
