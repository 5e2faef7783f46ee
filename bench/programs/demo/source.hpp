// What the demonstration streams: real files of this machine, one after the other, as one long stream of bytes.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "harness/system.hpp"
#include "programs/demo/sha256.hpp"

namespace ringmain::bench {

// A file is cut into chunks of this size; its last chunk is as long as it happens to be.
inline constexpr std::size_t kChunkBytes = std::size_t{256} << 10;

struct SourceFile {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
};

struct Source {
  std::vector<SourceFile> files;
  std::uint64_t bytes = 0;
  bool with_programs = false;  // the libraries alone were too few
  std::size_t passes = 1;      // more than 1: all files together were too few
};

// Every shared library under /usr/lib, up to `most` bytes; if they are fewer than `least`, every program in /usr/bin
// too; and if that is still too little, all of them again and again.
Source find_source(std::uint64_t least, std::uint64_t most);

// A file, open for reading; throws when it isn't as long as it was.
class ChunkReader {
 public:
  explicit ChunkReader(const SourceFile& file);
  std::size_t next_size() const noexcept {
    return static_cast<std::size_t>(std::min<std::uint64_t>(kChunkBytes, left_));
  }
  void read_into(std::span<std::byte> chunk);

 private:
  const SourceFile& file_;
  Descriptor descriptor_;
  std::uint64_t left_;
};

// Calls place(size), which says where the next chunk goes, reads it there, then calls done().
template <class Place, class Done>
void for_each_chunk(const Source& source, Place place, Done done) {
  for (const SourceFile& file : source.files) {
    ChunkReader reader(file);
    while (const std::size_t size = reader.next_size()) {
      reader.read_into(place(size));
      done();
    }
  }
}

// What everybody must have received: made of the files alone, far from any ring.
struct Reference {
  Digest whole{};          // of the stream
  Digest chunk_digests{};  // of the digests of all chunks, in order
  std::uint64_t chunks = 0;
};
Reference digest_source(const Source& source);

}  // namespace ringmain::bench
