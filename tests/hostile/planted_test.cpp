// Whatever is planted at a path that the library opens: it is refused, at once; where it leads to nothing is opened, written
// or removed. And names that no ring has are not taken for some.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include <array>
#include <cstdio>
#include <functional>

#include "confined.hpp"
#include "descriptor.hpp"
#include "raw_ring.hpp"
#include "refusal.hpp"
#include "support/intercept.hpp"
#include "support/shared.hpp"

namespace ringmain::testing {
namespace {

namespace fs = std::filesystem;

struct Plant {
  const char* name;
  std::function<void(const fs::path& at)> put;
};

// Whether a file, or one in a directory, was opened or changed since.
class Watch {
 public:
  explicit Watch(std::initializer_list<fs::path> paths) : events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    for (const fs::path& path : paths) {
      if (::inotify_add_watch(events_.get(), path.c_str(), IN_OPEN | IN_MODIFY | IN_ATTRIB | IN_DELETE) < 0) {
        throw std::runtime_error("can't watch " + path.string());
      }
    }
  }
  bool saw_something() const {
    std::array<char, 4096> events{};
    return ::read(events_.get(), events.data(), events.size()) > 0;
  }

 private:
  Descriptor events_;
};

class PlantedTest : public HostileTest {
 protected:
  PlantedTest() {
    write_file(precious_, "the work of years");
    fs::permissions(precious_, kMode);
    fs::create_directory(estate_);
    write_file(estate_ / "ring", "somebody's only copy");
    write_file(estate_ / "consumers", "of both of them");
    auto producer = Producer::create("real", making());
    EXPECT_EQ(producer.publish(bytes_of("hello")), Status::kOk);
  }

  // What might lie at `component`, in place of what belongs there.
  std::vector<Plant> plants(const fs::path& component) const {
    const auto link_to = [](fs::path target) { return [=](const fs::path& at) { fs::create_symlink(target, at); }; };
    const bool is_directory = component == "";
    const fs::path counterpart = is_directory ? ring_path("real") : ring_path("real") / component;
    std::vector<Plant> all = {
        {"a link to nowhere", link_to("/nowhere/at/all")},
        {"a link to itself", [](const fs::path& at) { fs::create_symlink(at, at); }},
        {"a link to what belongs there", link_to(counterpart)},
        {"a link to a file", link_to(precious_)},
        {"a link to a directory", link_to(estate_)},
        {"a link to a device", link_to("/dev/zero")},
        {"a link to a terminal", link_to("/dev/tty")},
        {"a link to a descriptor", link_to("/proc/self/fd/0")},
        {"a pipe", [](const fs::path& at) { require(::mkfifo(at.c_str(), 0600) == 0, "mkfifo"); }},
        {"an empty file", [](const fs::path& at) { write_file(at, ""); }},
        {"an empty directory", [](const fs::path& at) { fs::create_directory(at); }},
        {"a file that has another name", [this](const fs::path& at) { fs::create_hard_link(precious_, at); }},
    };
    if (may_change_user()) {
      all.push_back({"a device", [](const fs::path& at) {
                       (void)::mknod(at.c_str(), S_IFCHR | 0600, makedev(1, 5));  // which some containers forbid
                     }});
    }
    return all;
  }

  // Every call that takes a ring's name. From the fifth on two that watch; the last two remove.
  static constexpr std::size_t kWatch = 4;
  std::vector<std::function<void()>> calls() const {
    return {[this] { (void)Producer::create("ring", making()); },
            [this] { (void)Producer::open("ring", opening()); },
            [this] { (void)Consumer::attach("ring", attaching()); },
            [this] { (void)Consumer::attach("ring", joining("group")); },
            [this] { (void)Consumer::attach("ring", watching()); },
            [this] { (void)statistics("ring", directory()); },
            [this] { remove_group("ring", "group", directory()); },
            [this] { ringmain::remove("ring", directory()); },
            [this] { ringmain::remove("ring", directory(), /*even_if_in_use=*/true); }};
  }

  // In a child, which waits for nothing.
  void try_all_calls(bool watchable) const {
    const auto all = calls();
    for (std::size_t i = 0; i < all.size(); ++i) {
      expect_no_hang();
      const Refusal refusal = refusal_of(all[i]);
      const bool may_work = i + 2 >= all.size() || (watchable && (i == kWatch || i == kWatch + 1));
      require(may_work || refusal.status != Status::kOk, "call " + std::to_string(i) + " works");
      require(refusal.status == Status::kOk || refusal.message.find("ring") != std::string::npos, refusal.message);
      ++(refusal.status == Status::kOk ? *worked_ : *refused_);
    }
    (void)list(directory());
  }

  void expect_precious_things_untouched() const {
    const auto content = [](const fs::path& path) {
      std::ifstream file(path);
      return std::string(std::istreambuf_iterator<char>(file), {});
    };
    EXPECT_EQ(content(precious_), "the work of years");
    EXPECT_EQ(content(estate_ / "ring"), "somebody's only copy");
    EXPECT_EQ(content(estate_ / "consumers"), "of both of them");
    EXPECT_EQ(fs::status(precious_).permissions(), kMode);
    auto consumer = Consumer::attach("real", attaching(Start::oldest()));
    EXPECT_EQ(text_of(consumer.try_receive()), "hello");
  }

  static constexpr fs::perms kMode = fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read;
  const TemporaryDirectory elsewhere_;
  const fs::path precious_ = elsewhere_.path() / "thesis.tex";
  const fs::path estate_ = elsewhere_.path() / "estate";
  const Shared<std::atomic<int>> refused_;
  const Shared<std::atomic<int>> worked_;
};

TEST_F(PlantedTest, things_are_refused_at_every_path_and_lead_nowhere) {
  int planted = 0;
  for (const char* component : {"", "ring", "consumers"}) {
    for (const Plant& plant : plants(component)) {
      SCOPED_TRACE(std::string(plant.name) + " as " + (*component == '\0' ? "directory" : component));
      if (*component == '\0') {
        plant.put(ring_path());
      } else {
        { auto producer = Producer::create("ring", making()); }
        fs::remove(ring_path() / component);
        plant.put(ring_path() / component);
      }
      // Whoever only watches needs no consumers' file.
      const bool watchable = component == std::string_view("consumers");
      const Watch targets{precious_, estate_, ring_path("real")};
      EXPECT_EQ(in_child([&] { try_all_calls(watchable); }), 0);
      const bool is_link = std::string_view(plant.name).starts_with("a link");
      EXPECT_FALSE(is_link && targets.saw_something());
      expect_precious_things_untouched();
      std::error_code ignored;
      fs::remove_all(ring_path(), ignored);
      ++planted;
    }
  }
  std::printf(
      "PROOF planted paths: %d things planted, %d calls refused, %d watched or removed no more than the plant, 0 "
      "followed\n",
      planted, refused_->load(), worked_->load());
}

// A stranger's directory among ours, too, for whoever makes rings there.
TEST_F(PlantedTest, names_that_no_ring_has_are_left_alone) {
  const std::vector<std::string> names = {"a b.ring",
                                          ".hidden.ring",
                                          "-rf.ring",
                                          "..ring",
                                          ".ring",
                                          "ring",
                                          "new\nline.ring",
                                          "\xff\xfe.ring",
                                          "\x1b[31mred.ring",
                                          std::string(250, 'x') + ".ring",
                                          std::string(kMaxNameBytes + 1, 'x') + ".ring",
                                          "x.ring.new-0123456789ABCDEF",
                                          "x.ring.new-0123456789abcdef0",
                                          "x.ring.old-",
                                          "a b.ring.old-0123456789abcdef",
                                          "x.RING"};
  for (const auto& name : names) fs::create_directory(directory() / name);
  fs::create_symlink(estate_, directory() / "x.ring.new-0123456789abcdef");
  fs::create_symlink(precious_, directory() / "x.ring.old-0123456789abcdef");
  write_file(directory() / "y.ring.old-0123456789abcdef", "a file");
  const auto before = entries();
  EXPECT_EQ(list(directory()), std::vector<std::string>{"real"});
  { auto producer = Producer::create("ring", making()); }
  ringmain::remove("ring", directory());
  EXPECT_EQ(entries(), before);
  expect_precious_things_untouched();
}

// Names of half-made rings are drawn: who plants one would have to guess 64 bits. If he does, it is an error.
TEST_F(PlantedTest, a_guessed_name_of_a_half_made_ring_is_an_error) {
  std::string guessed;
  const auto plant = [&](const seccomp_data& call) {
    if (!guessed.empty()) return 0;
    guessed = reinterpret_cast<const char*>(call.args[call.nr == SYS_mkdir ? 0 : 1]);
    fs::create_symlink(estate_, guessed);
    return 0;
  };
  Refusal refusal;
  ASSERT_TRUE(intercept({SYS_mkdir, SYS_mkdirat}, plant,
                        [&] { refusal = refusal_of([&] { (void)Producer::create("ring", making()); }); }));
  EXPECT_EQ(refusal.status, Status::kSystem) << refusal.message;
  fs::remove(guessed);
  expect_precious_things_untouched();
}

}  // namespace
}  // namespace ringmain::testing
