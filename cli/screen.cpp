// SPDX-License-Identifier: MIT
#include "screen.hpp"

#include <curses.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cstdlib>

#include "failure.hpp"

namespace ringmain::cli {
namespace {

void start_colours() {
  if (!coloured() || ::start_color() == ERR) return;
  ::use_default_colors();
  ::init_pair(static_cast<short>(Colour::kGreen), COLOR_GREEN, -1);
  ::init_pair(static_cast<short>(Colour::kYellow), COLOR_YELLOW, -1);
  ::init_pair(static_cast<short>(Colour::kRed), COLOR_RED, -1);
}

attr_t attributes_of(Colour colour) {
  switch (colour) {
    case Colour::kPlain: return A_NORMAL;
    case Colour::kBold: return A_BOLD;
    case Colour::kDim: return A_DIM;
    case Colour::kGreen:
    case Colour::kYellow:
    case Colour::kRed: return coloured() ? static_cast<attr_t>(COLOR_PAIR(static_cast<int>(colour))) : attr_t{A_NORMAL};
  }
  return A_NORMAL;
}

Screen::Press press_of(int key) {
  switch (key) {
    case ERR: return {};
    case KEY_UP: return {Key::kUp};
    case KEY_DOWN: return {Key::kDown};
    case KEY_ENTER:
    case '\r':
    case '\n': return {Key::kEnter};
    case KEY_RESIZE: return {Key::kResized};
    case 'q': return {Key::kQuit};
    default: return {Key::kOther, key >= ' ' && key <= '~' ? static_cast<char>(key) : '\0'};
  }
}

}  // namespace

Screen::Screen() : terminal_(::newterm(nullptr, stdout, stdin)) {
  if (terminal_ == nullptr) {
    const char* type = std::getenv("TERM");
    throw Failure(kIoFailure, fmt::format("standard output: the type of the terminal, '{}', is unknown; set TERM, or "
                                          "use --batch",
                                          type == nullptr ? "" : type));
  }
  ::cbreak();
  ::noecho();
  ::curs_set(0);
  ::keypad(stdscr, TRUE);
  ::nodelay(stdscr, TRUE);
  ::set_escdelay(25);
  start_colours();
}

Screen::~Screen() {
  ::endwin();
  ::delscreen(static_cast<SCREEN*>(terminal_));
}

std::size_t Screen::width() const noexcept { return static_cast<std::size_t>(getmaxx(stdscr)); }
std::size_t Screen::height() const noexcept { return static_cast<std::size_t>(getmaxy(stdscr)); }

void Screen::line(std::size_t at, const Table::Row& cells, bool marked) {
  if (at >= height()) return;
  std::size_t left = width();
  ::wmove(stdscr, static_cast<int>(at), 0);
  for (const Cell& cell : cells) {
    ::wattrset(stdscr, static_cast<int>(attributes_of(cell.colour) | (marked ? A_REVERSE : attr_t{A_NORMAL})));
    const std::string shown = cell.text.substr(0, left);
    ::waddnstr(stdscr, shown.c_str(), -1);
    left -= shown.size();
  }
  if (marked) ::waddnstr(stdscr, std::string(left, ' ').c_str(), -1);
  ::wattrset(stdscr, A_NORMAL);
}

void Screen::clear() { ::werase(stdscr); }
void Screen::show() { ::wrefresh(stdscr); }

Screen::Press Screen::wait(std::chrono::milliseconds patience) {
  if (const Press press = press_of(::wgetch(stdscr)); press.key != Key::kNone) return press;  // it had read it already
  pollfd waited{STDIN_FILENO, POLLIN, 0};
  ::poll(&waited, 1, static_cast<int>(patience.count()));  // a signal ends it: a new size comes as a key
  if ((waited.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) return {Key::kQuit};
  return press_of(::wgetch(stdscr));
}

}  // namespace ringmain::cli
