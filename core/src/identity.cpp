// SPDX-License-Identifier: MIT
#include "identity.hpp"

#include <fcntl.h>
#include <sys/random.h>

#include <cerrno>

#include "descriptor.hpp"
#include "fail.hpp"

namespace ringmain {

Identity random_identity() {
  Identity identity{};
  const ssize_t drawn = uninterrupted([&] { return ::getrandom(identity.data(), identity.size(), 0); });
  if (drawn != static_cast<ssize_t>(identity.size())) fail_system("getrandom", errno);
  return identity;
}

Identity boot_identity() {
  Identity identity{};
  const Descriptor file = open_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", O_RDONLY);
  std::array<char, 40> text{};
  if (!file || uninterrupted([&] { return ::read(file.get(), text.data(), text.size()); }) <= 0) return identity;
  std::size_t digits = 0;
  for (const char c : text) {
    const int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (value < 0 || digits >= 2 * identity.size()) continue;
    auto& byte = identity[digits++ / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | value);
  }
  return identity;
}

}  // namespace ringmain
