// Bytes that a stranger wrote, for a terminal: they must not move its cursor, nor speak to it in any other way.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace ringmain::cli {

// A name, in ASCII: every other byte as \x1b. So it is as wide as it is long.
std::string printable(std::string_view name);

// Whether it is what the name of a ring or a group may be, and so means nothing to a shell.
bool is_plain_name(std::string_view name);

// A line of text, in UTF-8: what is no character, or one that isn't seen, as \x1b or \t.
std::string printable_line(std::string_view line);

// Whether it reads as text as it is: UTF-8, whose only unseen characters are newlines and tabs.
bool is_text(std::string_view bytes);

// The bytes without a last character that is cut in its middle.
std::string_view whole_characters(std::string_view bytes);

}  // namespace ringmain::cli
