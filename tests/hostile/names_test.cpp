// Names and directories that are refused, and which directory is meant.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

#include "raw_ring.hpp"
#include "refusal.hpp"

namespace ringmain::testing {
namespace {

using namespace std::string_view_literals;

class NamesTest : public HostileTest {
 protected:
  NamesTest() { ::unsetenv("RINGMAIN_DIR"); }
  ~NamesTest() override { ::unsetenv("RINGMAIN_DIR"); }

  // Every call that takes the name of a ring.
  std::vector<std::function<void()>> calls(std::string_view name) const {
    return {[=, this] { (void)Producer::create(name, making()); },
            [=, this] { (void)Producer::open(name, opening()); },
            [=, this] { (void)Consumer::attach(name, attaching()); },
            [=, this] { (void)Consumer::attach(name, watching()); },
            [=, this] { (void)statistics(name, directory()); },
            [=, this] { ringmain::remove(name, directory()); },
            [=, this] { remove_group(name, "group", directory()); }};
  }
};

TEST_F(NamesTest, that_are_no_names_are_refused_by_every_call) {
  const std::string too_long(kMaxNameBytes + 1, 'x');
  for (const std::string_view name :
       {""sv, std::string_view(too_long), "/"sv, "a/b"sv, "/dev/shm/x"sv, "."sv, ".."sv, "../x"sv, ".x"sv, "-x"sv,
        "a b"sv, " a"sv, "a\n"sv, "k\xc3\xa4se"sv, "a\xff"sv, "a*"sv, "a:b"sv}) {
    for (const auto& call : calls(name)) {
      EXPECT_TRUE(refused(call, Status::kBadName, {"ring name '", "1 to 128 letters, digits"})) << "name: " << name;
    }
  }
  EXPECT_TRUE(entries().empty());
}

// A name may come from a stranger, and the message may go to a terminal or through what().
TEST_F(NamesTest, with_control_characters_are_refused_in_words_that_have_none) {
  for (const std::string_view name : {"\0"sv, "a\0b"sv, "a\x1b[31mb"sv, "a\rb"sv, "a\x7f"sv}) {
    const auto refusal = refusal_of([&] { (void)Consumer::attach(name, attaching()); });
    EXPECT_EQ(refusal.status, Status::kBadName);
    EXPECT_NE(refusal.message.find("1 to 128 letters, digits"), std::string::npos) << refusal.message;
    const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    EXPECT_TRUE(std::none_of(refusal.message.begin(), refusal.message.end(), is_control)) << refusal.message;
  }
}

TEST_F(NamesTest, of_groups_are_refused_the_same) {
  auto producer = Producer::create("ring", making());
  for (const std::string_view name : {"a/b"sv, ".x"sv, "-x"sv, "a b"sv}) {
    EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", joining(std::string(name))); }, Status::kBadName,
                        {"group name '", "letters, digits"}));
    EXPECT_TRUE(refused([&] { remove_group("ring", name, directory()); }, Status::kBadName, {"group name '"}));
  }
}

TEST_F(NamesTest, of_every_allowed_length_and_kind_work) {
  for (const std::string& name :
       {std::string("x"), std::string(kMaxNameBytes, 'x'), std::string("_"), std::string("a.b-c_D9."),
        std::string("x.ring"), std::string("x.ring.new-0123456789abcdef")}) {
    auto producer = Producer::create(name, making());
    auto consumer = Consumer::attach(name, attaching());
    ASSERT_EQ(producer.publish(bytes_of("hello")), Status::kOk);
    EXPECT_EQ(text_of(consumer.try_receive()), "hello") << name;
    EXPECT_EQ(list(directory()), std::vector{name});
    ringmain::remove(name, directory(), true);
  }
  EXPECT_TRUE(entries().empty());
}

TEST_F(NamesTest, a_ring_that_is_not_there_is_told_from_all_else) {
  const auto all = calls("absent");
  for (std::size_t i = 1; i < all.size(); ++i) {
    EXPECT_TRUE(refused(all[i], Status::kNotFound, {"ring 'absent'", directory().string(), "start its producer"})) << i;
  }
  auto producer = Producer::create("ring", making());
  EXPECT_TRUE(
      refused([&] { remove_group("ring", "absent", directory()); }, Status::kNotFound, {"group 'absent'", "'ring'"}));
}

TEST_F(NamesTest, a_directory_that_is_not_there_is_named) {
  const std::filesystem::path missing = directory() / "missing";
  const RingOptions options{.directory = missing, .capacity = kCapacity};
  EXPECT_TRUE(
      refused([&] { (void)Producer::create("ring", options); }, Status::kNotFound, {"'ring'", missing.string()}));
  EXPECT_TRUE(
      refused([&] { (void)Producer::open("ring", {.directory = missing}); }, Status::kNotFound, {missing.string()}));
  EXPECT_TRUE(
      refused([&] { (void)Consumer::attach("ring", {.directory = missing}); }, Status::kNotFound, {missing.string()}));
  EXPECT_TRUE(refused([&] { (void)statistics("ring", missing); }, Status::kNotFound, {missing.string()}));
  EXPECT_TRUE(refused([&] { ringmain::remove("ring", missing); }, Status::kNotFound, {missing.string()}));
  EXPECT_TRUE(refused([&] { (void)list(missing); }, Status::kNotFound, {missing.string()}));
}

TEST_F(NamesTest, a_directory_that_is_a_file_is_refused) {
  const std::filesystem::path file = directory() / "file";
  write_file(file, "not a directory");
  EXPECT_TRUE(refused([&] { (void)Producer::create("ring", {.directory = file}); }, Status::kSystem, {file.string()}));
  EXPECT_TRUE(
      refused([&] { (void)Consumer::attach("ring", {.directory = file}); }, Status::kNotARing, {file.string()}));
  EXPECT_TRUE(refused([&] { (void)list(file); }, Status::kSystem, {file.string()}));
}

TEST_F(NamesTest, the_environment_says_where_rings_lie) {
  ::setenv("RINGMAIN_DIR", directory().c_str(), 1);
  auto producer = Producer::create("ring", {.capacity = kCapacity});
  EXPECT_EQ(entries(), std::vector<std::string>{"ring.ring"});
  auto consumer = Consumer::attach("ring");
  EXPECT_EQ(statistics("ring").consumers.size(), 1U);
  EXPECT_EQ(list(), std::vector<std::string>{"ring"});
  ringmain::remove("ring", {}, true);
  EXPECT_TRUE(entries().empty());
}

TEST_F(NamesTest, an_option_beats_the_environment) {
  ::setenv("RINGMAIN_DIR", "/nowhere/at/all", 1);
  auto producer = Producer::create("ring", making());
  auto consumer = Consumer::attach("ring", attaching());
  EXPECT_EQ(list(directory()).size(), 1U);
  EXPECT_TRUE(refused([&] { (void)list(); }, Status::kNotFound, {"/nowhere/at/all"}));
}

}  // namespace
}  // namespace ringmain::testing
