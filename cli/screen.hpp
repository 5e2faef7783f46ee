// The whole terminal, as long as this lives: lines in colours, and keys. One at a time.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "table.hpp"

namespace ringmain::cli {

enum class Key { kNone, kQuit, kUp, kDown, kEnter, kResized, kOther };

class Screen {
 public:
  // Interruptions must be caught before, so that they end the program by way of the destructor, which gives the terminal
  // back as it was. A stop (Ctrl-Z) gives it back, too, and what goes on afterwards draws anew. Throws Failure.
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  std::size_t width() const noexcept;
  std::size_t height() const noexcept;

  // Draws a line into the picture; what is too long is cut.
  void line(std::size_t at, const Table::Row& cells, bool marked = false);
  void clear();  // the picture
  void show();

  struct Press {
    Key key = Key::kNone;
    char letter = 0;  // of kOther
  };
  // The next key; kNone: none came in time, or the program was interrupted. kQuit also when the terminal is gone.
  Press wait(std::chrono::milliseconds patience);

 private:
  void* terminal_;  // curses' SCREEN
};

}  // namespace ringmain::cli
