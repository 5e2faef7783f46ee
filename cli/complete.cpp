// ringmain __complete: what may come next on the command line, for the shell's completion. Everything is asked of the
// parsers themselves, so that what is completed is what is understood.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "commands.hpp"
#include "output.hpp"
#include "printable.hpp"
#include "ring_state.hpp"
#include "ringmain/transport/address.hpp"

namespace ringmain::cli {
namespace {

struct Candidate {
  std::string word;
  std::string description{};
};
using Candidates = std::vector<Candidate>;

const CLI::App* command_named(const CLI::App& root, const std::string& name) {
  for (const CLI::App* command : root.get_subcommands({})) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

// What was typed so far: the words after "ringmain", the last of which is to be completed.
class Line {
 public:
  Line(const CLI::App& root, const std::vector<std::string>& words) : root_(root), words_(words) { read(); }

  const CLI::App* command() const noexcept { return command_; }
  const std::string& last() const noexcept { return words_.back(); }
  const CLI::Option* wants_value() const noexcept { return open_; }  // the option before the last word takes a value

  // The positional argument that the last word is, or null.
  const CLI::Option* positional() const {
    std::size_t before = positionals_.size();
    for (const CLI::Option* option : command_->get_options()) {
      if (!option->get_positional()) continue;
      if (before == 0 || option->get_expected_max() > 1) return option;
      --before;
    }
    return nullptr;
  }

  // The value that an option has, or else nothing.
  std::string value_of(std::string_view option) const {
    for (const auto& [name, value] : values_) {
      if (name == option) return value;
    }
    return {};
  }
  std::string ring() const { return positionals_.empty() ? std::string() : positionals_.front(); }

 private:
  void read() {
    for (std::size_t i = 0; i + 1 < words_.size(); ++i) {
      const std::string& word = words_[i];
      if (command_ == nullptr) {
        command_ = command_named(root_, word);
      } else if (open_ != nullptr) {
        values_.emplace_back(open_->get_name(), word);
        open_ = nullptr;
      } else if (word.starts_with("--")) {
        read_option(word);
      } else {
        positionals_.push_back(word);
      }
    }
  }

  void read_option(const std::string& word) {
    const auto equals = word.find('=');
    const CLI::Option* option = command_->get_option_no_throw(word.substr(0, equals));
    if (option == nullptr) return;
    if (equals != std::string::npos) {
      values_.emplace_back(option->get_name(), word.substr(equals + 1));
    } else if (option->get_expected_min() > 0) {  // else a flag
      open_ = option;
    }
  }

  const CLI::App& root_;
  const std::vector<std::string>& words_;
  const CLI::App* command_ = nullptr;
  const CLI::Option* open_ = nullptr;
  std::vector<std::string> positionals_{};
  std::vector<std::pair<std::string, std::string>> values_{};
};

std::filesystem::path directory(const Line& line) { return line.value_of("--dir"); }

Candidates rings(const Line& line) {
  Candidates found;
  for (std::string& name : list(directory(line))) {
    if (!is_plain_name(name)) continue;
    const auto ring = look_at(name, directory(line));
    found.push_back({std::move(name), ring ? state_of(*ring) : "can't be read"});
  }
  return found;
}

Candidates groups(const Line& line) {
  Candidates found;
  const auto ring = look_at(line.ring(), directory(line));
  if (!ring) return found;
  for (const GroupStatistics& group : ring->groups) {
    // What a stranger wrote mustn't stand on a command line.
    if (is_plain_name(group.name)) found.push_back({group.name, fmt::format("{} members", group.members)});
  }
  return found;
}

Candidates lines(const Line& line) {
  Candidates found;
  const auto ring = look_at(line.ring(), directory(line));
  if (!ring) return found;
  for (const ConsumerStatistics& consumer : ring->consumers) {
    found.push_back({fmt::to_string(consumer.line), fmt::format("pid {}", consumer.pid)});
  }
  return found;
}

Candidates addresses(const Line& line) {
  Candidates found;
  for (const transport::Carrier& carrier : transport::carriers()) {
    if (carrier.scheme == "-") continue;
    found.push_back({std::string(carrier.scheme) + ":", std::string(carrier.synopsis)});
  }
  for (const Candidate& ring : rings(line)) found.push_back({"ring:" + ring.word, ring.description});
  found.push_back({"-", "standard input or output"});
  return found;
}

Candidates starts(const Line&) {
  return {{"oldest", "what is kept"}, {"last", "the message published last"}, {"latest", "the next message"}};
}
Candidates durations(const Line&) { return {{"100ms"}, {"2s"}, {"forever"}}; }
Candidates sizes(const Line&) { return {{"64K"}, {"1M"}, {"8M"}, {"64M"}, {"1G"}}; }

// The shells find these themselves: see completions/.
Candidates directories(const Line&) { return {{":directories"}}; }
Candidates files(const Line&) { return {{":files"}}; }

// What a value can be, by the name that the help gives it.
using Source = Candidates (*)(const Line&);
Source source_of(std::string_view value) {
  struct Known {
    std::string_view value;
    Source source;
  };
  constexpr std::array kKnown{Known{"NAME", rings},     Known{"RING", rings},         Known{"SOURCE", addresses},
                              Known{"SINK", addresses}, Known{"--group", groups},     Known{"--line", lines},
                              Known{"START", starts},   Known{"DURATION", durations}, Known{"[=DURATION]", durations},
                              Known{"SIZE", sizes},     Known{"DIR", directories},    Known{"FILE", files},
                              Known{"JOURNAL", files}};
  const auto found =
      std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& known) { return known.value == value; });
  return found == kKnown.end() ? nullptr : found->source;
}

Candidates values(const CLI::Option& option, const Line& line) {
  Source source = source_of(option.get_name());  // an option that has values of its own
  if (source == nullptr) source = source_of(option.get_type_name());
  return source == nullptr ? Candidates() : source(line);
}

Candidates commands(const CLI::App& root) {
  Candidates found;
  for (const CLI::App* command : root.get_subcommands({})) {
    if (!command->get_group().empty()) found.push_back({command->get_name(), command->get_description()});
  }
  return found;
}

Candidates options(const CLI::App& parser) {
  Candidates found;
  for (const CLI::Option* option : parser.get_options()) {
    for (const std::string& name : option->get_lnames()) found.push_back({"--" + name, option->get_description()});
  }
  return found;
}

Candidates candidates(const CLI::App& root, const Line& line) {
  if (line.command() == nullptr) return line.last().starts_with('-') ? options(root) : commands(root);
  if (line.wants_value() != nullptr) return values(*line.wants_value(), line);
  const std::string& last = line.last();
  if (const auto equals = last.find('='); last.starts_with("--") && equals != std::string::npos) {
    const CLI::Option* option = line.command()->get_option_no_throw(last.substr(0, equals));
    Candidates found = option == nullptr ? Candidates() : values(*option, line);
    for (Candidate& candidate : found) {
      if (!candidate.word.starts_with(':')) candidate.word.insert(0, last.substr(0, equals + 1));
    }
    return found;
  }
  if (last.starts_with("--") || last == "-") return options(*line.command());
  const CLI::Option* positional = line.positional();
  return positional == nullptr ? Candidates() : values(*positional, line);
}

// Each in a line: the word, a tabulator, what it is. ":files" and ":directories" stand for those.
int complete(const CLI::App& root, std::vector<std::string> words) {
  if (words.empty()) words.emplace_back();
  const Line line(root, words);
  std::string text;
  for (const Candidate& candidate : candidates(root, line)) {
    const bool of_the_shell = candidate.word.starts_with(':');
    const bool finished = candidate.word == line.last() && candidate.word.ends_with(':');  // a scheme: what follows it?
    if (finished || (!of_the_shell && !candidate.word.starts_with(line.last()))) continue;
    text += candidate.description.empty() ? candidate.word + "\n"
                                          : fmt::format("{}\t{}\n", candidate.word, candidate.description);
  }
  print(text);
  return 0;
}

}  // namespace

Command add_complete(CLI::App& root) {
  CLI::App& parser = *root.add_subcommand("__complete", "What may come next on this command line");
  parser.set_help_flag();
  parser.prefix_command();
  return {&parser, [&root, &parser] { return complete(root, parser.remaining()); }};
}

}  // namespace ringmain::cli
