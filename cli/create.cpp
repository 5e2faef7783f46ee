// ringmain create: makes a ring before its first producer.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>

#include "commands.hpp"
#include "ring_options.hpp"
#include "ringmain/producer.hpp"

namespace ringmain::cli {
namespace {

struct Create {
  std::string name;
  RingOptions ring;
};

constexpr const char* kCreateFooter =
    "The ring stays until 'ringmain rm' removes it. 'ringmain pub', or a program's Producer::open, goes on with it; "
    "consumers may attach before: they wait with 'ringmain sub --wait'.\n"
    "\n"
    "Made beforehand, a ring has the size, the policy and the permissions that whoever runs the machine wants, "
    "whichever program publishes first.\n"
    "\n"
    "Until the first producer closes it, such a ring looks like one whose producer died. In memory that changes "
    "nothing; on a disk it is refused (44) after the machine restarted: make it anew then.\n"
    "\n"
    "Examples:\n"
    "  ringmain create log --lossy --capacity 64M --mode 0644\n"
    "  ringmain create jobs --evict-after forever --file-group workers --mode 0660\n";

std::string read_type_name(const std::string& text, TypeIdentity& type) {
  if (text.empty() || text.size() > kMaxNameBytes) {
    return fmt::format("the name of a type has 1 to {} bytes", kMaxNameBytes);
  }
  type.name = text;
  return {};
}

// A type has all three, or a program's Channel never matches it.
void add_type_options(CLI::App& parser, TypeIdentity& type) {
  const auto name = [&type](const std::string& text) { return read_type_name(text, type); };
  const auto size = [&type](const std::string& text) { return read_number(text, type.size); };
  const auto hash = [&type](const std::string& text) { return read_number(text, type.hash); };
  CLI::Option* of_name = add_value(parser, {"--type", "TYPE", name}, "The name of the type");
  CLI::Option* of_size = add_value(parser, {"--type-size", "BYTES", size}, "The size of a value");
  CLI::Option* of_hash =
      add_value(parser, {"--type-hash", "HASH", hash}, "Its hash: Channel<T>::kTypeHash, a decimal number");
  of_name->needs(of_size)->needs(of_hash);
  of_size->needs(of_name);
  of_hash->needs(of_name);
  for (CLI::Option* option : {of_name, of_size, of_hash}) option->group("For values of one type: Channel<T>");
}

}  // namespace

Command add_create(CLI::App& root) {
  CLI::App& parser = *root.add_subcommand("create", "Make a ring before its first producer");
  parser.footer(kCreateFooter);
  auto create = std::make_shared<Create>();
  add_name(parser, create->name);
  add_directory(parser, create->ring.directory);
  add_ring_options(parser, create->ring);
  parser.get_option("--keep")->description("Implied: what 'create' makes stays until it is removed");
  add_type_options(parser, create->ring.type);
  return {&parser, [create] {
            create->ring.keep = true;
            // Not closed: a consumer that outlives its producers must wait for the first one, not see an end.
            Producer::create(create->name, create->ring).abandon();
            return 0;
          }};
}

}  // namespace ringmain::cli
