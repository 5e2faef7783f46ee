// ringmain gc: removes the rings that nobody uses and that nothing keeps.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "failure.hpp"
#include "output.hpp"
#include "printable.hpp"
#include "quantity.hpp"
#include "ring_state.hpp"

namespace ringmain::cli {
namespace {

struct Gc {
  std::vector<std::string> names;
  std::filesystem::path directory;
  bool dry_run = false;
};

constexpr const char* kGcFooter =
    "A ring goes when no process has it open and nothing keeps it: neither --keep (or 'ringmain create') nor the place "
    "of a durable group. The kernel says who has it open, so what is alive is never touched, however long it was "
    "silent. What was published and not received goes with the ring.\n"
    "\n"
    "Each ring gets a line that says what was done and why; what is left needs 'ringmain rm'. What killed processes "
    "left half made or half removed is swept, too.\n"
    "\n"
    "Exit status: 0, whatever was removed or left. Of rings that are named, the number of the first that could not be "
    "judged: 21 not there, 25 no permission, 40 to 45 damaged.\n"
    "\n"
    "Examples:\n"
    "  ringmain gc --dry-run\n"
    "  ringmain gc numbers cap\n";

struct Collected {
  std::size_t looked_at = 0;
  std::size_t removed = 0;
  std::uint64_t freed = 0;
  int status = 0;
};

std::size_t living_consumers(const Statistics& ring) {
  return static_cast<std::size_t>(std::count_if(ring.consumers.begin(), ring.consumers.end(),
                                                [](const ConsumerStatistics& consumer) { return consumer.alive; }));
}

std::string users(const std::optional<Statistics>& ring) {
  if (!ring) return "a process";
  const std::size_t consumers = living_consumers(*ring);
  const std::string theirs = fmt::format("{} consumer{}", consumers, consumers == 1 ? "" : "s");
  if (!ring->producer_alive) return consumers > 0 ? theirs : "a process";
  return fmt::format("its producer (pid {}){}", ring->producer_pid, consumers > 0 ? " and " + theirs : "");
}

std::string durable_groups(const std::optional<Statistics>& ring, const std::string& name) {
  if (ring) {
    for (const GroupStatistics& group : ring->groups) {
      if (!group.durable) continue;
      // What a stranger wrote is no command to be copied.
      const std::string remedy =
          is_plain_name(group.name) ? fmt::format("; ringmain rm {} --group {}", name, group.name) : std::string{};
      return fmt::format("the durable group '{}' has its place in it{}", printable(group.name), remedy);
    }
  }
  return "a durable group has its place in it; ringmain rm " + name;
}

std::string why_left(Keeper keeper, const std::optional<Statistics>& ring, const std::string& name) {
  switch (keeper) {
    case Keeper::kParticipant: return "in use by " + users(ring);
    case Keeper::kDurableGroup: return durable_groups(ring, name);
    default: return "kept; ringmain rm " + name;
  }
}

std::string why_not_judged(const Error& error, const std::string& name) {
  switch (error.status()) {
    case Status::kNotARing:
    case Status::kTruncated:
    case Status::kLayoutMismatch:
    case Status::kCorrupt: return fmt::format("damaged: {}; ringmain rm {}", describe(error.status()), name);
    default: return error.what();
  }
}

void look_after(const Gc& gc, const std::string& name, Collected& collected) {
  const auto ring = look_at(name, gc.directory);  // before it goes
  const Keeper keeper = collect(name, gc.directory, gc.dry_run);
  ++collected.looked_at;
  if (keeper != Keeper::kNobody) {
    print(fmt::format("left {}: {}\n", name, why_left(keeper, ring, name)));
    return;
  }
  const std::uint64_t bytes = ring ? ring->capacity : 0;
  ++collected.removed;
  collected.freed += bytes;
  print(fmt::format("{} {}: nobody uses it ({})\n", gc.dry_run ? "would remove" : "removed", name, human_bytes(bytes)));
}

void look_after_listed(const Gc& gc, const std::string& name, Collected& collected) {
  try {
    look_after(gc, name, collected);
  } catch (const Error& error) {
    if (error.status() == Status::kNotFound) return;  // it was removed just now
    if (error.status() == Status::kSystem) throw;
    ++collected.looked_at;
    print(fmt::format("left {}: {}\n", printable(name), why_not_judged(error, printable(name))));
  }
}

void look_after_named(const Gc& gc, const std::string& name, Collected& collected) {
  try {
    look_after(gc, name, collected);
  } catch (const Error& error) {
    report(fmt::format("gc: left {}: {}", printable(name), why_not_judged(error, printable(name))));
    if (collected.status == 0) collected.status = static_cast<int>(error.status());
  }
}

int collect_all(const Gc& gc) {
  Collected collected;
  for (const std::string& name : gc.names) look_after_named(gc, name, collected);
  if (gc.names.empty()) {
    for (const std::string& name : list(gc.directory)) look_after_listed(gc, name, collected);
  }
  print(fmt::format("{} of {} ring{} {}, {}{}\n", collected.removed, collected.looked_at,
                    collected.looked_at == 1 ? "" : "s", gc.dry_run ? "would be removed" : "removed",
                    human_bytes(collected.freed), gc.dry_run ? "" : " freed"));
  return collected.status;
}

}  // namespace

Command add_gc(CLI::App& root) {
  CLI::App& parser = *root.add_subcommand("gc", "Remove the rings that nobody uses or keeps");
  parser.footer(kGcFooter);
  auto gc = std::make_shared<Gc>();
  parser.add_option("NAME", gc->names, "These rings alone [default: all of the directory]")->type_name("");
  add_directory(parser, gc->directory);
  parser.add_flag("-n,--dry-run", gc->dry_run, "Say what would be done, and remove nothing");
  return {&parser, [gc] { return collect_all(*gc); }};
}

}  // namespace ringmain::cli
