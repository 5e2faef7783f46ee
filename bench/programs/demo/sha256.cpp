// SPDX-License-Identifier: MIT
#include "programs/demo/sha256.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace ringmain::bench {
namespace {

void require(int outcome) {
  if (outcome != 1) throw std::runtime_error("OpenSSL: SHA-256 failed");
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr) throw std::bad_alloc();
  require(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

void Sha256::add(std::span<const std::byte> bytes) {
  require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

Digest Sha256::finish() {
  Digest digest{};
  unsigned length = 0;
  require(EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()), &length));
  require(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
  return digest;
}

std::string abbreviate(const Digest& digest) {
  std::string text;
  for (const std::byte byte : std::span(digest).first<8>()) text += fmt::format("{:02x}", std::to_integer<int>(byte));
  return text;
}

}  // namespace ringmain::bench
