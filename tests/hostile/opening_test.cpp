// What is in the way of creating, opening, attaching and removing: others, and things that are no rings.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "confined.hpp"
#include "lease.hpp"
#include "raw_ring.hpp"
#include "refusal.hpp"
#include "support/intercept.hpp"
#include "support/shared.hpp"

namespace ringmain::testing {
namespace {

namespace fs = std::filesystem;

class OpeningTest : public HostileTest {
 protected:
  void expect_not_a_ring(const char* what) {
    SCOPED_TRACE(what);
    const std::initializer_list<std::string_view> words = {"ring 'ring'", directory().native()};
    EXPECT_TRUE(refused([&] { (void)Producer::open("ring", opening()); }, Status::kNotARing, words));
    EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", attaching()); }, Status::kNotARing, words));
    EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", watching()); }, Status::kNotARing, words));
    EXPECT_TRUE(refused([&] { (void)statistics("ring", directory()); }, Status::kNotARing, words));
    EXPECT_EQ(list(directory()), std::vector<std::string>{"ring"});
  }

  // A closed ring, one of whose files is then replaced.
  fs::path without(const char* file) {
    { auto producer = Producer::create("ring", making()); }
    const fs::path path = ring_path() / file;
    fs::remove(path);
    return path;
  }
};

void make_socket(const fs::path& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.native().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
}

TEST_F(OpeningTest, a_ring_that_exists_is_not_made_again) {
  auto producer = Producer::create("ring", making());
  EXPECT_TRUE(refused([&] { (void)Producer::create("ring", making()); }, Status::kExists,
                      {"ring 'ring'", directory().native(), "open it", "remove it"}));
  EXPECT_EQ(entries(), std::vector<std::string>{"ring.ring"});
  EXPECT_EQ(producer.publish(bytes_of("goes on")), Status::kOk);
}

TEST_F(OpeningTest, a_second_producer_is_refused_in_the_same_process) {
  auto producer = Producer::create("ring", making());
  EXPECT_TRUE(refused([&] { (void)Producer::open("ring", opening()); }, Status::kProducerExists,
                      {"ring 'ring'", "another producer is alive"}));
  auto consumer = Consumer::attach("ring", attaching());
  ASSERT_EQ(producer.publish(bytes_of("goes on")), Status::kOk);
  EXPECT_EQ(text_of(consumer.try_receive()), "goes on");
}

TEST_F(OpeningTest, a_second_producer_is_refused_in_another_process_until_the_first_has_died) {
  const Shared<std::atomic<int>> made;
  Child first([&] {
    auto producer = Producer::create("ring", making());
    require(producer.publish(bytes_of("kept")) == Status::kOk, "publish");
    *made = 1;
    ::pause();
  });
  wait_until([&] { return *made == 1; });
  EXPECT_TRUE(refused([&] { (void)Producer::open("ring", opening()); }, Status::kProducerExists, {"ring 'ring'"}));
  first.stop();
  EXPECT_TRUE(refused([&] { (void)Producer::open("ring", opening()); }, Status::kProducerExists, {"ring 'ring'"}));
  first.kill();
  auto second = Producer::open("ring", opening());
  auto consumer = Consumer::attach("ring", attaching(Start::oldest()));
  EXPECT_EQ(text_of(consumer.try_receive()), "kept");
}

TEST_F(OpeningTest, a_second_remover_is_refused) {
  { auto producer = Producer::create("ring", making()); }
  Lease remover([&] { return Descriptor(::open((ring_path() / "ring").c_str(), O_RDWR | O_CLOEXEC)); });
  ASSERT_TRUE(remover.take(kRemoverByte));
  EXPECT_TRUE(refused([&] { ringmain::remove("ring", directory()); }, Status::kInUse, {"'ring'", "removes it"}));
  EXPECT_TRUE(refused([&] { ringmain::remove("ring", directory(), true); }, Status::kInUse, {"'ring'"}));
  EXPECT_EQ(entries(), std::vector<std::string>{"ring.ring"});
}

// A creator holds it for a moment after it has given the ring its name.
TEST_F(OpeningTest, a_remover_waits_for_who_lets_go_of_the_lease_soon) {
  { auto producer = Producer::create("ring", making()); }
  Lease creator([&] { return Descriptor(::open((ring_path() / "ring").c_str(), O_RDWR | O_CLOEXEC)); });
  ASSERT_TRUE(creator.take(kRemoverByte));
  int naps = 0;
  const auto at_the_second = [&](const seccomp_data&) {
    if (++naps == 2) creator.drop();
    return 0;
  };
  Refusal removal;
  ASSERT_TRUE(intercept({SYS_clock_nanosleep}, at_the_second,
                        [&] { removal = refusal_of([&] { ringmain::remove("ring", directory()); }); }));
  EXPECT_EQ(removal.status, Status::kOk) << removal.message;
  EXPECT_EQ(naps, 2);
  EXPECT_TRUE(entries().empty());
}

TEST_F(OpeningTest, a_file_in_the_place_of_a_ring_is_refused) {
  write_file(ring_path(), "dear diary");
  expect_not_a_ring("a file");
  EXPECT_TRUE(refused([&] { (void)Producer::create("ring", making()); }, Status::kExists, {"'ring'"}));
  EXPECT_EQ(entries(), std::vector<std::string>{"ring.ring"});
}

TEST_F(OpeningTest, a_symlink_in_the_place_of_a_ring_is_refused_wherever_it_leads) {
  auto real = Producer::create("real", making());
  fs::create_directory_symlink(ring_path("real"), ring_path());
  const std::initializer_list<std::string_view> words = {"ring 'ring'", directory().native()};
  EXPECT_TRUE(refused([&] { (void)Producer::open("ring", opening()); }, Status::kNotARing, words));
  EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", attaching()); }, Status::kNotARing, words));
  EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", watching()); }, Status::kNotARing, words));
  EXPECT_TRUE(refused([&] { (void)statistics("ring", directory()); }, Status::kNotARing, words));
  EXPECT_TRUE(refused([&] { (void)Producer::create("ring", making()); }, Status::kExists, {"'ring'"}));
}

TEST_F(OpeningTest, what_is_no_ring_is_not_removed_as_one) {
  write_file(ring_path("file"), "dear diary");
  auto real = Producer::create("real", making());
  fs::create_directory_symlink(ring_path("real"), ring_path("link"));
  fs::create_directory(ring_path("foreign"));
  write_file(ring_path("foreign") / "thesis.tex", "the work of years");
  const auto before = entries();
  for (const char* name : {"file", "link", "foreign"}) {
    EXPECT_TRUE(refused([&] { ringmain::remove(name, directory(), true); }, Status::kNotARing, {name})) << name;
  }
  EXPECT_EQ(entries(), before);
  EXPECT_TRUE(fs::exists(ring_path("foreign") / "thesis.tex"));
}

TEST_F(OpeningTest, a_directory_without_files_is_no_ring_and_can_be_removed) {
  fs::create_directory(ring_path());
  EXPECT_TRUE(refused([&] { (void)Producer::open("ring", opening()); }, Status::kNotFound, {"ring 'ring'"}));
  EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", attaching()); }, Status::kNotFound, {"ring 'ring'"}));
  EXPECT_TRUE(refused([&] { (void)statistics("ring", directory()); }, Status::kNotFound, {"ring 'ring'"}));
  ringmain::remove("ring", directory());
  EXPECT_TRUE(entries().empty());
  auto producer = Producer::create("ring", making());
}

TEST_F(OpeningTest, what_is_no_regular_file_is_refused_as_ring) {
  const fs::path path = without("ring");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  expect_not_a_ring("a fifo");
  fs::remove(path);
  make_socket(path);
  expect_not_a_ring("a socket");
  fs::remove(path);
  fs::create_directory(path);
  expect_not_a_ring("a directory");
  fs::remove(path);
  auto other = Producer::create("other", making());
  fs::create_symlink(ring_path("other") / "ring", path);
  EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", attaching()); }, Status::kNotARing, {"'ring'"}));
  EXPECT_TRUE(refused([&] { (void)Producer::open("ring", opening()); }, Status::kNotARing, {"'ring'"}));
  EXPECT_TRUE(refused([&] { (void)statistics("ring", directory()); }, Status::kNotARing, {"'ring'"}));
}

TEST_F(OpeningTest, what_is_no_regular_file_is_refused_as_consumers) {
  const fs::path path = without("consumers");
  const auto refuse = [&](const char* what) {
    SCOPED_TRACE(what);
    EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", attaching()); }, Status::kNotARing, {"'ring'"}));
    EXPECT_TRUE(refused([&] { (void)Producer::open("ring", opening()); }, Status::kNotARing, {"'ring'"}));
  };
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  refuse("a fifo");
  fs::remove(path);
  make_socket(path);
  refuse("a socket");
  fs::remove(path);
  fs::create_directory(path);
  refuse("a directory");
  fs::remove(path);
  auto other = Producer::create("other", making());
  fs::create_symlink(ring_path("other") / "consumers", path);
  refuse("a symlink");
}

// Not even to the two files of one ring.
TEST_F(OpeningTest, symlinks_in_the_place_of_both_files_are_refused) {
  { auto producer = Producer::create("real", making()); }
  fs::create_directory(ring_path());
  for (const char* file : {"ring", "consumers"}) fs::create_symlink(ring_path("real") / file, ring_path() / file);
  EXPECT_TRUE(refused([&] { (void)Producer::open("ring", opening()); }, Status::kNotARing, {"'ring'"}));
  EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", attaching()); }, Status::kNotARing, {"'ring'"}));
  EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", watching()); }, Status::kNotARing, {"'ring'"}));
  EXPECT_TRUE(refused([&] { (void)statistics("ring", directory()); }, Status::kNotARing, {"'ring'"}));
}

TEST_F(OpeningTest, a_ring_whose_consumers_file_is_gone_can_still_be_watched) {
  {
    auto producer = Producer::create("ring", making());
    ASSERT_EQ(producer.publish(bytes_of("hello")), Status::kOk);
  }
  fs::remove(ring_path() / "consumers");
  EXPECT_EQ(statistics("ring", directory()).messages, 1U);
  auto spectator = Consumer::attach("ring", watching(Start::oldest()));
  EXPECT_EQ(text_of(spectator.try_receive()), "hello");
  EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", attaching()); }, Status::kNotFound, {"'ring'"}));
}

TEST_F(OpeningTest, a_directory_with_foreign_files_is_not_replaced) {
  fs::create_directory(ring_path());
  write_file(ring_path() / "thesis.tex", "the work of years");
  EXPECT_TRUE(refused([&] { (void)Producer::create("ring", making()); }, Status::kExists, {"'ring'"}));
  EXPECT_TRUE(fs::exists(ring_path() / "thesis.tex"));
  EXPECT_EQ(entries(), std::vector<std::string>{"ring.ring"});
}

}  // namespace
}  // namespace ringmain::testing
