// ringmain top: rings at work.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <memory>
#include <thread>

#include "commands.hpp"
#include "interruption.hpp"
#include "output.hpp"
#include "screen.hpp"
#include "top_view.hpp"

namespace ringmain::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Top {
  std::vector<std::string> names;
  std::filesystem::path directory;
  std::chrono::nanoseconds every = std::chrono::seconds(1);
  std::uint64_t count = 0;  // 0: for ever
  bool batch = false;
  SortKey key = SortKey::kName;
};

constexpr const char* kTopFooter =
    "A line for each ring: messages and bytes a second, its capacity, and whether the producer waits for room. Below\n"
    "it the groups and consumers, each with how far it is behind, headers and padding included, and as a share of the\n"
    "ring. 'gates': the producer will wait for this group first.\n"
    "\n"
    "Without a terminal, or with --batch or --count, it prints tables, the first one after the first interval.\n"
    "\n"
    "Examples:\n"
    "  ringmain top\n"
    "  ringmain top numbers jobs --every 250ms\n"
    "  ringmain top --count 1 --every 10s        rates over ten seconds\n";
constexpr const char* kKeys = "q quit  up/down select  enter alone  sort: n name  m messages  b bytes  l lag";
constexpr std::size_t kWidth = 80;  // without a screen

void look(const Top& top, TopModel& model) { model.look(look_up(top.names, top.directory), Clock::now()); }

int print_tables(const Top& top) {
  TopModel model(top.key);
  look(top, model);
  for (std::uint64_t tables = 0; top.count == 0 || tables < top.count; ++tables) {
    std::this_thread::sleep_for(top.every);
    look(top, model);
    print((tables > 0 ? "\n" : "") + text_of(view_of(model, kWidth)));
  }
  return 0;
}

// The first line of those below the headings that is shown: so that the selected ring is seen, and as much of its
// consumers as there is room for.
std::size_t scrolled(const TopView& view, std::size_t room) {
  if (view.selected_end <= room + 1) return 1;
  return std::min(view.selected, view.selected_end - room);
}

void draw(const TopModel& model, Screen& screen) {
  constexpr std::size_t kFrame = 3;  // the title, the headings, the keys
  const TopView view = view_of(model, screen.width());
  const std::size_t room = screen.height() > kFrame ? screen.height() - kFrame : 1;
  screen.clear();
  screen.line(0, {Cell("ringmain top: " + view.title, Colour::kBold)});
  screen.line(1, view.lines.front());
  const std::size_t first = scrolled(view, room);
  for (std::size_t i = first; i < view.lines.size() && i < first + room; ++i) {
    screen.line(2 + i - first, view.lines[i], i == view.selected);
  }
  screen.line(2 + room, {Cell(kKeys, Colour::kDim)});
  screen.show();
}

void obey(char letter, TopModel& model) {
  switch (letter) {
    case 'n': return model.sort_by(SortKey::kName);
    case 'm': return model.sort_by(SortKey::kMessages);
    case 'b': return model.sort_by(SortKey::kBytes);
    case 'l': return model.sort_by(SortKey::kLag);
    case 'j': return model.select(1);
    case 'k': return model.select(-1);
    default: return;
  }
}

// Takes keys until the next look is due. False: that is the end.
bool serve_keys(TopModel& model, Screen& screen, Clock::time_point due) {
  for (;;) {
    draw(model, screen);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now());
    if (left.count() <= 0) return true;
    const Screen::Press press = screen.wait(left);
    if (interrupted() || press.key == Key::kQuit) return false;
    if (press.key == Key::kUp) model.select(-1);
    if (press.key == Key::kDown) model.select(1);
    if (press.key == Key::kEnter) model.toggle_alone();
    obey(press.letter, model);
  }
}

void show(const Top& top) {
  TopModel model(top.key);
  look(top, model);  // what fails at once is told on an untouched terminal
  Screen screen;
  while (serve_keys(model, screen, Clock::now() + top.every)) look(top, model);
}

int run(const Top& top) {
  const bool terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  if (!terminal || top.batch || top.count > 0) return print_tables(top);
  catch_interruptions({SIGQUIT});
  show(top);
  die_if_interrupted();
  return 0;
}

std::string read_key(const std::string& text, SortKey& key) {
  constexpr std::array<std::pair<std::string_view, SortKey>, 4> kKeyNames{
      {{"name", SortKey::kName}, {"messages", SortKey::kMessages}, {"bytes", SortKey::kBytes}, {"lag", SortKey::kLag}}};
  for (const auto& [name, value] : kKeyNames) {
    if (text == name) return key = value, std::string{};
  }
  return fmt::format("'{}' is not name, messages, bytes or lag", text);
}

}  // namespace

Command add_top(CLI::App& root) {
  CLI::App& parser = *root.add_subcommand("top", "Watch rings at work");
  parser.footer(kTopFooter);
  auto top = std::make_shared<Top>();
  parser.add_option("NAME", top->names, "The rings [default: all]")->type_name("");
  add_directory(parser, top->directory);
  const auto every = [top](const std::string& text) { return read_period(text, top->every); };
  add_value(parser, {"--every", "DURATION", every}, "How often to look [default: 1s]");
  const auto key = [top](const std::string& text) { return read_key(text, top->key); };
  add_value(parser, {"--sort", "KEY", key}, "By name, messages, bytes or lag [default: name]");
  parser.add_flag("--batch", top->batch, "Print tables, even to a terminal");
  const auto count = [top](const std::string& text) { return read_count(text, top->count); };
  add_value(parser, {"--count", "N", count}, "Print so many tables, then end");
  return {&parser, [top] { return run(*top); }};
}

}  // namespace ringmain::cli
