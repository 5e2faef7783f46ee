// Rings that are made before their first producer.
// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <string>

#include "cli/tool.hpp"

namespace ringmain::testing {

class Create : public Tool {};

TEST_F(Create, ARingIsThereAndKept) {
  const Result made = run({"create", "ring", "--capacity", "1M", "--overwrite", "--mode", "0644"});
  EXPECT_EQ(made.status, 0) << made.errors;
  EXPECT_EQ(made.output + made.errors, "");
  const Statistics ring = look();
  EXPECT_TRUE(ring.kept);
  EXPECT_FALSE(ring.producer_alive);
  EXPECT_FALSE(ring.closed);
  EXPECT_EQ(ring.capacity, std::uint64_t{1} << 20);
  EXPECT_EQ(ring.policy, Policy::kOverwrite);
  struct stat found {};
  ASSERT_EQ(::stat((directory_.path() / "ring.ring" / "ring").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0644U);
}

TEST_F(Create, AnotherOfThatNameIsRefused) {
  EXPECT_EQ(run({"create", "ring"}).status, 0);
  EXPECT_EQ(run({"create", "ring"}).status, 22);
}

TEST_F(Create, APublisherGoesOnWithIt) {
  EXPECT_EQ(run({"create", "ring", "--capacity", "64K"}).status, 0);
  const Result published = run({"pub", "ring"}, "hello");
  EXPECT_EQ(published.status, 0);
  EXPECT_EQ(published.errors, "");
  EXPECT_EQ(look().capacity, std::uint64_t{64} << 10);
  EXPECT_EQ(run({"sub", "ring", "--from", "oldest", "--count", "1"}).output, "hello");
  EXPECT_TRUE(look().kept) << "also after its producers";
}

TEST_F(Create, ConsumersWaitForTheFirstProducer) {
  EXPECT_EQ(run({"create", "ring"}).status, 0);
  Process waiting = start({"sub", "ring", "--wait"});
  Process patient = start({"sub", "ring"});
  wait_for_consumers(2);
  EXPECT_EQ(run({"pub", "ring", "--wait-for", "2", "--rm"}, "hello").status, 0);
  for (Process* consumer : {&waiting, &patient}) {
    EXPECT_EQ(consumer->wait(), 0) << consumer->errors();
    EXPECT_EQ(consumer->output(), "hello");
  }
}

TEST_F(Create, ATypeIsWholeOrNothing) {
  EXPECT_EQ(run({"create", "ring", "--type", "Quote", "--type-size", "48"}).status, 2);
  EXPECT_EQ(run({"create", "ring", "--type-size", "48"}).status, 2);
  EXPECT_EQ(run({"create", "ring", "--type", "", "--type-size", "48", "--type-hash", "7"}).status, 2);
  EXPECT_TRUE(directory_is_empty());
  EXPECT_EQ(run({"create", "ring", "--type", "Quote", "--type-size", "48", "--type-hash", "7"}).status, 0);
  EXPECT_EQ(look().type, (TypeIdentity{"Quote", 48, 7}));
}

}  // namespace ringmain::testing
