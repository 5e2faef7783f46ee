// Text as it must be written in HTML.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace ringmain::bench {

inline std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&': html += "&amp;"; break;
      case '<': html += "&lt;"; break;
      case '>': html += "&gt;"; break;
      default: html += c;
    }
  }
  return html;
}

}  // namespace ringmain::bench
