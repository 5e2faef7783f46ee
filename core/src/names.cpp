// SPDX-License-Identifier: MIT
#include "names.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "fail.hpp"
#include "identity.hpp"

namespace ringmain {

namespace {

constexpr std::string_view kSuffix = ".ring";
constexpr std::size_t kRandomDigits = 16;

bool is_name_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool is_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kMaxNameBytes && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), is_name_character);
}

}  // namespace

void check_name(const char* what, std::string_view name) {
  if (is_name(name)) return;
  fail(Status::kBadName,
       std::string(what) + " name '" + printable(name) +
           "': must be 1 to 128 letters, digits, '.', '_' or '-', and start with a letter, a digit or "
           "'_'");
}

std::string printable(std::string_view name) {
  std::string shown(name.substr(0, kMaxNameBytes));
  std::replace_if(
      shown.begin(), shown.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');
  return shown;
}

std::string text_of(const std::array<std::uint64_t, kMaxNameBytes / 8>& words) {
  const auto* text = reinterpret_cast<const char*>(words.data());
  return {text, ::strnlen(text, sizeof words)};
}

std::filesystem::path directory_of(const std::filesystem::path& option) {
  if (!option.empty()) return option;
  const char* environment = std::getenv("RINGMAIN_DIR");
  return environment != nullptr && *environment != '\0' ? environment : "/dev/shm";
}

std::string entry_of(std::string_view name) { return std::string(name).append(kSuffix); }

std::optional<std::string> name_of(std::string_view entry) {
  if (!entry.ends_with(kSuffix)) return std::nullopt;
  entry.remove_suffix(kSuffix.size());
  if (!is_name(entry)) return std::nullopt;
  return std::string(entry);
}

std::string temporary_entry(std::string_view name, const char* kind) {
  std::uint64_t random = 0;
  const Identity identity = random_identity();
  std::copy_n(identity.begin(), sizeof random, reinterpret_cast<std::uint8_t*>(&random));
  std::array<char, kRandomDigits + 1> digits{};
  std::snprintf(digits.data(), digits.size(), "%016lx", static_cast<unsigned long>(random));
  return entry_of(name) + "." + kind + "-" + digits.data();
}

bool is_temporary(std::string_view entry) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::size_t kTail = std::string_view(".new-").size() + kRandomDigits;
  if (entry.size() <= kTail) return false;
  const std::string_view random = entry.substr(entry.size() - kRandomDigits);
  const std::string_view kind = entry.substr(entry.size() - kTail, kTail - kRandomDigits);
  return (kind == ".new-" || kind == ".old-") && random.find_first_not_of(kHex) == std::string_view::npos &&
         name_of(entry.substr(0, entry.size() - kTail)).has_value();
}

}  // namespace ringmain
