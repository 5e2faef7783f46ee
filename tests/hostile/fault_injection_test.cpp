// Rings under fire: made, opened, attached to, left, closed, looked at and removed.
// SPDX-License-Identifier: MIT
#include "fault_injection.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "confined.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;

class RingFaultsTest : public FaultInjectionTest {
 protected:
  void make() const {
    auto producer = Producer::create("ring", making());
    require(producer.publish(bytes_of("hello")) == Status::kOk, "publish");
  }
  // All that one can do with a ring; which is made if it isn't there any more.
  void work() const {
    if (list(directory()).empty()) make();
    auto producer = Producer::open("ring", opening());
    auto consumer = Consumer::attach("ring", attaching());
    auto member = Consumer::attach("ring", joining("group"));
    require(producer.publish_for(bytes_of("again"), 10s) == Status::kOk, "publish");
    require(text_of(consumer.receive_for(10s)) == "again", "receive");
    require(text_of(member.receive_for(10s)) == "again", "receive as a member");
  }
  // A group, and a member of it that was killed with a message in its hands.
  void kill_a_member() const {
    require(in_child([&] {
              auto member = Consumer::attach("ring", joining("group", Start::oldest()));
              const Message message = member.receive();
              require(text_of(message) == "hello", "receive");
              ::kill(::getpid(), SIGKILL);
            }) == -SIGKILL,
            "a member dies");
  }
  // What is to be refused is; anything else is thrown.
  template <class Call>
  static void expect_status(Status status, Call&& call) {
    try {
      call();
    } catch (const Error& error) {
      if (error.status() != status) throw;
      return;
    }
    throw std::runtime_error("not refused");
  }
  Operation ring_operation(const char* name, Step action) const {
    return {.name = name, .prepare = [this] { make(); }, .action = std::move(action), .finish = [this] { work(); }};
  }
};

TEST_F(RingFaultsTest, create) {
  expect_clean({.name = "create", .prepare = [] {}, .action = [&] { make(); }, .finish = [&] { work(); }});
}

TEST_F(RingFaultsTest, create_what_exists) {
  auto operation = ring_operation(
      "create-what-exists", [&] { expect_status(Status::kExists, [&] { (void)Producer::create("ring", making()); }); });
  operation.changes_directory = true;
  expect_clean(operation);
}

TEST_F(RingFaultsTest, create_unnamed) {
  expect_clean({.name = "create-unnamed",
                .prepare = [] {},
                .action =
                    [&] {
                      auto producer = Producer::create_unnamed({.capacity = kCapacity});
                      auto consumer = Consumer::attach(producer.descriptors());
                      auto member = Consumer::attach(producer.descriptors(), {.group = "group"});
                      require(producer.publish(bytes_of("hello")) == Status::kOk, "publish");
                      require(text_of(consumer.try_receive()) == "hello", "receive");
                      require(text_of(member.try_receive()) == "hello", "receive as a member");
                    },
                .finish = [&] { work(); }});
}

TEST_F(RingFaultsTest, take_over) {
  expect_clean(ring_operation("take-over", [&] {
    auto producer = Producer::open("ring", opening());
    require(producer.publish(bytes_of("hello")) == Status::kOk, "publish");
  }));
}

TEST_F(RingFaultsTest, attach_alone) {
  expect_clean(ring_operation("attach-alone", [&] {
    auto consumer = Consumer::attach("ring", attaching(Start::oldest()));
    require(text_of(consumer.try_receive()) == "hello", "receive");
  }));
}

TEST_F(RingFaultsTest, attach_to_a_group) {
  expect_clean(ring_operation("attach-to-a-group", [&] {
    auto consumer = Consumer::attach("ring", joining("group", Start::oldest()));
    auto other = Consumer::attach("ring", joining("group"));
    require(text_of(consumer.try_receive()) == "hello", "receive");
  }));
}

TEST_F(RingFaultsTest, attach_as_a_spectator) {
  expect_clean(ring_operation("attach-as-a-spectator", [&] {
    auto consumer = Consumer::attach("ring", watching(Start::oldest()));
    require(text_of(consumer.try_receive()) == "hello", "receive");
  }));
}

TEST_F(RingFaultsTest, wait_for_a_ring) {
  expect_clean({.name = "wait-for-a-ring",
                .prepare = [] {},
                .action =
                    [&] {
                      auto options = attaching();
                      options.wait_for_ring = 5ms;
                      expect_status(Status::kNotFound, [&] { (void)Consumer::attach("ring", options); });
                    },
                .finish = [&] { work(); }});
}

// What it hands back must be gone afterwards, or the others would wait for it.
TEST_F(RingFaultsTest, leave) {
  std::optional<Producer> producer;
  std::optional<Consumer> consumer;
  std::optional<Consumer> member;
  expect_clean({.name = "leave",
                .prepare =
                    [&] {
                      producer.emplace(Producer::create("ring", making()));
                      consumer.emplace(Consumer::attach("ring", attaching()));
                      member.emplace(Consumer::attach("ring", joining("group")));
                    },
                .action =
                    [&] {
                      consumer.reset();
                      member.reset();
                    },
                .finish =
                    [&] {
                      for (int i = 0; i < 200; ++i) {
                        require(producer->publish_for(std::vector<std::byte>(1000), 10s) == Status::kOk, "held");
                      }
                      producer.reset();
                      work();
                    }});
}

// In whatever way: it is closed, and consumers see an end.
TEST_F(RingFaultsTest, close) {
  std::optional<Producer> producer;
  std::optional<Consumer> consumer;
  expect_clean({.name = "close",
                .prepare =
                    [&] {
                      producer.emplace(Producer::create("ring", making()));
                      consumer.emplace(Consumer::attach("ring", attaching()));
                    },
                .action = [&] { producer.reset(); },
                .finish =
                    [&] {
                      require(consumer->receive_for(10s).status() == Status::kEnd, "no end");
                      consumer.reset();
                      work();
                    }});
}

TEST_F(RingFaultsTest, abandon) {
  expect_clean(ring_operation("abandon", [&] {
    auto producer = Producer::open("ring", opening());
    producer.abandon();
    require(producer.publish(bytes_of("hello")) == Status::kEnd, "goes on");
  }));
}

TEST_F(RingFaultsTest, close_and_remove) {
  auto operation = ring_operation("close-and-remove", [&] {
    auto producer = Producer::open("ring", opening());
    producer.close_and_remove();
  });
  operation.changes_directory = true;
  expect_clean(operation);
}

TEST_F(RingFaultsTest, remove) {
  auto operation = ring_operation("remove", [&] { ringmain::remove("ring", directory()); });
  operation.changes_directory = true;
  expect_clean(operation);
}

TEST_F(RingFaultsTest, collect) {
  auto operation = ring_operation("collect", [&] { (void)ringmain::collect("ring", directory()); });
  operation.changes_directory = true;
  expect_clean(operation);
}

TEST_F(RingFaultsTest, evict_by_hand) {
  std::optional<Producer> producer;
  std::optional<Consumer> consumer;
  expect_clean({.name = "evict-by-hand",
                .prepare =
                    [&] {
                      producer.emplace(Producer::create("ring", making(Policy::kOverwrite)));
                      consumer.emplace(Consumer::attach("ring", attaching()));
                    },
                .action = [&] { ringmain::evict("ring", 0, directory()); },
                .finish =
                    [&] {
                      consumer.reset();
                      producer.reset();
                      ringmain::remove("ring", directory());
                    }});
}

TEST_F(RingFaultsTest, remove_what_is_in_use) {
  std::optional<Producer> producer;
  expect_clean({.name = "remove-what-is-in-use",
                .prepare = [&] { producer.emplace(Producer::create("ring", making())); },
                .action = [&] { ringmain::remove("ring", directory(), /*even_if_in_use=*/true); },
                .finish =
                    [&] {
                      producer.reset();
                      work();
                    },
                .changes_directory = true});
}

TEST_F(RingFaultsTest, remove_a_group) {
  expect_clean({.name = "remove-a-group",
                .prepare =
                    [&] {
                      make();
                      auto options = joining("group");
                      options.durable = true;
                      auto member = Consumer::attach("ring", options);
                    },
                .action = [&] { remove_group("ring", "group", directory()); },
                .finish = [&] { work(); }});
}

TEST_F(RingFaultsTest, list_and_sweep) {
  expect_clean(
      {.name = "list-and-sweep",
       .prepare =
           [&] {
             make();
             const TemporaryDirectory elsewhere;  // a create here would sweep
             { auto dead = Producer::create("ring", {.directory = elsewhere.path(), .capacity = kCapacity}); }
             std::filesystem::rename(elsewhere.path() / "ring.ring", directory() / "ring.ring.old-0123456789abcdef");
           },
       .action = [&] { require(ringmain::list(directory()) == std::vector<std::string>{"ring"}, "another list"); },
       .finish = [&] { work(); },
       .changes_directory = true});
}

TEST_F(RingFaultsTest, statistics) {
  expect_clean(ring_operation("statistics",
                              [&] { require(ringmain::statistics("ring", directory()).messages == 1, "statistics"); }));
}

TEST_F(RingFaultsTest, inherit_from_a_dead_member) {
  expect_clean({.name = "inherit",
                .prepare =
                    [&] {
                      make();
                      kill_a_member();
                    },
                .action =
                    [&] {
                      auto heir = Consumer::attach("ring", joining("group"));
                      const Message message = heir.receive_for(10s);
                      require(text_of(message) == "hello" && message.redelivered(), "not inherited");
                    },
                .finish =
                    [&] {
                      ringmain::remove("ring", directory(), /*even_if_in_use=*/true);
                      work();
                    }});
}

}  // namespace
}  // namespace ringmain::testing
