// The names of CLI11 that headers need. It takes seconds to compile, so only files that use a parser include it.
// SPDX-License-Identifier: MIT
#pragma once

namespace CLI {  // NOLINT(readability-identifier-naming): it is theirs
class App;
class Option;
class ParseError;
}  // namespace CLI
