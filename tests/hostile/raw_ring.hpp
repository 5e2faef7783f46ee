// A ring's files as bytes, for who wants to do harm; and a ring to harm.
// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "ringmain/algorithm/layout.hpp"
#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"
#include "ringmain/segment.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {

using algorithm::kConsumersBytes;
using algorithm::kProducerOffset;
using algorithm::kSlotsOffset;

// A file, mapped to be written at will.
class RawFile {
 public:
  explicit RawFile(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0) throw std::runtime_error("can't open " + path.string());
    size_ = std::filesystem::file_size(path);
    void* data = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (data == MAP_FAILED) throw std::runtime_error("can't map " + path.string());
    data_ = static_cast<std::byte*>(data);
  }
  RawFile(const RawFile&) = delete;
  RawFile& operator=(const RawFile&) = delete;
  ~RawFile() { ::munmap(data_, size_); }

  std::span<std::byte> bytes() const noexcept { return {data_, size_}; }

  template <class T>
  T& at(std::size_t offset = 0) const noexcept {
    return *reinterpret_cast<T*>(data_ + offset);
  }
  algorithm::Header& header() const noexcept { return at<algorithm::Header>(); }
  algorithm::NativeProducerLines& lines() const noexcept { return at<algorithm::NativeProducerLines>(kProducerOffset); }
  algorithm::NativeConsumersArea& area() const noexcept { return at<algorithm::NativeConsumersArea>(); }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }
inline std::string text_of(const Message& message) {
  return {reinterpret_cast<const char*>(message.bytes().data()), message.bytes().size()};
}

// A directory, and how rings are made and reached in it.
class HostileTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kCapacity = 64 << 10;

  const std::filesystem::path& directory() const { return directory_.path(); }
  std::filesystem::path ring_path(std::string_view name = "ring") const {
    return directory() / (std::string(name) + ".ring");
  }
  RingOptions making(Policy policy = Policy::kWait) const {
    return {.directory = directory(), .capacity = kCapacity, .policy = policy};
  }
  OpenOptions opening() const { return {.directory = directory()}; }
  ConsumerOptions attaching(Start start = Start::latest()) const { return {.directory = directory(), .start = start}; }
  ConsumerOptions watching(Start start = Start::latest()) const {
    return {.directory = directory(), .start = start, .spectator = true};
  }
  ConsumerOptions joining(const std::string& group, Start start = Start::latest()) const {
    return {.directory = directory(), .group = group, .start = start};
  }

  // What lies in the directory, sorted by name.
  std::vector<std::string> entries() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory())) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  static void write_file(const std::filesystem::path& path, std::string_view content) {
    std::ofstream(path, std::ios::binary) << content;
  }

 private:
  TemporaryDirectory directory_;
};

}  // namespace ringmain::testing
