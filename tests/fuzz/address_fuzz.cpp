// Any text as an address: parsed, or refused with a word; its options are numbers, sizes and spans of time, or refused.
// SPDX-License-Identifier: MIT
#include <chrono>
#include <string>
#include <vector>

#include "journal_file.hpp"
#include "journal_place.hpp"
#include "program.hpp"
#include "ringmain/transport/address.hpp"
#include "ringmain/transport/quantity.hpp"
#include "sockets.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

using transport::Address;

// What addresses are made of; a byte above 127 stands for one of them.
std::vector<std::string> known_words() {
  std::vector<std::string> words{"?",         "&",
                                 "=",         "file:x?",
                                 "ring:x?",   "64K",
                                 "1.5h",      "500ms",
                                 "forever",   "oldest",
                                 "recorded",  "-10s",
                                 "[::1]:7",   "1e999s",
                                 "0xfftiB",   "nan",
                                 "inf",       "2026-11-21T18:00:00Z",
                                 ".25Z",      "-1",
                                 "999999999", "18446744073709551615"};
  for (const transport::Carrier& carrier : transport::carriers()) {
    words.push_back(std::string(carrier.scheme) + ":");
    for (const auto& option : carrier.options) words.push_back(std::string(option.name) + "=");
  }
  return words;
}

std::string draw_text(Program& program) {
  static const std::vector<std::string> words = known_words();
  std::string text;
  while (!program.done()) {
    const auto byte = program.number<std::uint8_t>();
    if (byte < 128) {
      text.push_back(static_cast<char>(byte));
    } else {
      text += words[byte % words.size()];
    }
  }
  return text;
}

template <class Call>
void allow_refusal(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    require(error.status() == Status::kBadAddress && !std::string_view(error.what()).empty(), error.what());
  }
}

void use(const Address& address) {
  for (const auto& option : address.options()) {
    const std::string& name = option.first;
    require(address.has(name), "an option that isn't there");
    allow_refusal([&] { require(address.flag(name), "a flag that isn't set"); });
    allow_refusal([&] { require(address.text(name, "") == option.second, "another value"); });
    allow_refusal([&] { static_cast<void>(address.number(name, 0)); });
    allow_refusal([&] { require(address.size(name, 0) > 0, "a size of nothing"); });
    allow_refusal([&] { require(address.duration(name, {}).count() >= 0, "a span before it began"); });
  }
  allow_refusal([&] { static_cast<void>(transport::tcp_place(address)); });
  allow_refusal([&] { static_cast<void>(transport::unix_place(address.target(), SOCK_STREAM, address.text())); });
}

// The options of a journal are opened in earnest: nothing outside is touched, and nobody is waited for.
class Journal {
 public:
  Journal() {
    const auto sink = transport::open_sink(address_);
    for (int i = 0; i < 10; ++i) require(sink->send(std::as_bytes(std::span("text"))) == Status::kOk, "send");
    require(sink->close() == Status::kOk, "close");
  }

  void replay(const Address& wanted) {
    std::string address = address_ + "?";
    for (const auto& [name, value] : wanted.options()) {
      if (name != "wait") address += name + (value.empty() ? "" : "=" + value) + "&";
    }
    try {
      const auto source = transport::open_source(address);
      while (source->receive(std::chrono::nanoseconds{0}) == Status::kOk)
        require(source->message().bytes.size() == 5, "size");
    } catch (const Error& error) {
      require(error.status() == Status::kBadAddress || error.status() == Status::kTooLarge, error.what());
    }
  }

 private:
  TemporaryDirectory directory_;
  std::string address_ = "file:" + (directory_.path() / "journal").string();
};

void try_one(Program program) {
  static Journal journal;
  const std::string text = draw_text(program);
  static_cast<void>(transport::parse_number(text));
  if (const auto size = transport::parse_size(text)) require(*size > 0, "a size of nothing");
  if (const auto span = transport::parse_duration(text)) require(span->count() >= 0, "a span before it began");
  allow_refusal([&] {
    const Address address = Address::parse(text);
    require(Address::parse(address.text()).options() == address.options(), "not the same when parsed again");
    use(address);
    journal.replay(address);
  });
}

}  // namespace
}  // namespace ringmain::testing

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ringmain::testing::expect_no_hang();
  ringmain::testing::try_one({data, size});
  return 0;
}
