// evict: who is too slow, by hand.
// SPDX-License-Identifier: MIT
#include <csignal>
#include <string>

#include "cli/tool.hpp"

namespace ringmain::testing {

class Evicting : public Tool {
 protected:
  static std::string pid_of(Process& process) { return std::to_string(process.child().pid()); }
};

TEST_F(Evicting, AConsumerByItsLine) {
  Process producer = start({"pub", "ring", "--evict-after", "forever"});
  wait_until([&] { return exists(); });
  Process consumer = start({"sub", "ring"});
  wait_for_consumers(1);
  const Result evicted = run({"evict", "ring", "--line", "0"});
  EXPECT_EQ(evicted.status, 0) << evicted.errors;
  EXPECT_EQ(evicted.output, "evicted line 0 of ring: pid " + pid_of(consumer) + "\n");
  EXPECT_EQ(consumer.wait(), 11);
  EXPECT_EQ(producer.wait(), 0);
}

TEST_F(Evicting, AGroupByItsNameOrByAMember) {
  for (const Arguments& whom : {Arguments{"--group", "workers"}, Arguments{"--line", "1"}}) {
    Process producer = start({"pub", "ring", "--evict-after", "forever", "--rm"});
    wait_until([&] { return exists(); });
    Process other = start({"sub", "ring"});
    wait_for_consumers(1);
    Process member = start({"sub", "ring", "--group", "workers"});
    wait_for_consumers(2);
    const Result evicted = run({"evict", "ring", whom[0], whom[1]});
    EXPECT_EQ(evicted.status, 0) << evicted.errors;
    EXPECT_EQ(evicted.output, "evicted the group 'workers' of ring: pid " + pid_of(member) + "\n");
    EXPECT_EQ(member.wait(), 11);
    EXPECT_EQ(producer.wait(), 0);
    EXPECT_EQ(other.wait(), 0) << other.errors();
  }
}

TEST_F(Evicting, ARingThatNeverEvictsNamesTheProcessToEnd) {
  Process producer = start({"pub", "ring"});
  wait_until([&] { return exists(); });
  Process consumer = start({"sub", "ring", "--group", "workers"});
  wait_for_consumers(1);
  for (const Arguments& whom : {Arguments{"--group", "workers"}, Arguments{"--line", "0"}}) {
    const Result refused = run({"evict", "ring", whom[0], whom[1]});
    EXPECT_EQ(refused.status, 24);
    EXPECT_NE(refused.errors.find("never evicts"), std::string::npos) << refused.errors;
    EXPECT_NE(refused.errors.find("end pid " + pid_of(consumer)), std::string::npos) << refused.errors;
  }
  EXPECT_EQ(producer.wait(), 0);
  EXPECT_EQ(consumer.wait(), 0);
}

TEST_F(Evicting, NobodyIsAnError) {
  EXPECT_EQ(run({"create", "ring", "--evict-after", "forever"}).status, 0);
  EXPECT_EQ(run({"evict", "ring", "--line", "3"}).status, 21);
  EXPECT_EQ(run({"evict", "ring", "--group", "nobody"}).status, 21);
  EXPECT_EQ(run({"evict", "missing", "--line", "3"}).status, 21);
  EXPECT_EQ(run({"evict", "ring"}).status, 2);
  EXPECT_EQ(run({"evict", "ring", "--line", "256"}).status, 2);
  EXPECT_EQ(run({"evict", "ring", "--line", "4294967296"}).status, 2);
  EXPECT_EQ(run({"evict", "ring", "--line", "1", "--group", "workers"}).status, 2);
}

}  // namespace ringmain::testing
