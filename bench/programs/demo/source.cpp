// SPDX-License-Identifier: MIT
#include "programs/demo/source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>
#include <system_error>

#include "harness/processes.hpp"

namespace ringmain::bench {
namespace {

namespace fs = std::filesystem;

bool is_library(const fs::path& path) { return path.filename().string().find(".so") != std::string::npos; }

// Regular, readable, not empty; links are left out, for what they point to is there itself.
template <class Filter>
std::vector<SourceFile> files_under(const fs::path& root, Filter filter) {
  std::vector<SourceFile> files;
  std::error_code error;
  auto entry = fs::recursive_directory_iterator(root, fs::directory_options::skip_permission_denied, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    const fs::path& path = entry->path();
    if (entry->is_symlink(ignored) || !entry->is_regular_file(ignored) || !filter(path)) continue;
    const std::uint64_t bytes = entry->file_size(ignored);
    if (!ignored && bytes != 0 && ::access(path.c_str(), R_OK) == 0) files.push_back({path, bytes});
  }
  std::sort(files.begin(), files.end(), [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

void append(Source& source, const std::vector<SourceFile>& files, std::uint64_t most) {
  for (const SourceFile& file : files) {
    if (source.bytes + file.bytes > most) continue;
    source.files.push_back(file);
    source.bytes += file.bytes;
  }
}

}  // namespace

Source find_source(std::uint64_t least, std::uint64_t most) {
  Source source;
  append(source, files_under("/usr/lib", is_library), most);
  if (source.bytes < least) {
    source.with_programs = true;
    append(source, files_under("/usr/bin", [](const fs::path&) { return true; }), most);
  }
  if (source.files.empty()) throw std::runtime_error("no readable file under /usr/lib and /usr/bin");
  const std::vector<SourceFile> once = source.files;
  for (; source.bytes < least; ++source.passes) append(source, once, ~std::uint64_t{0});
  return source;
}

ChunkReader::ChunkReader(const SourceFile& file)
    : file_(file), descriptor_(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC)), left_(file.bytes) {
  if (descriptor_.get() < 0) throw_errno(file.path.c_str());
}

void ChunkReader::read_into(std::span<std::byte> chunk) {
  left_ -= chunk.size();
  while (!chunk.empty()) {
    const ssize_t now = check(::read(descriptor_.get(), chunk.data(), chunk.size()), file_.path.c_str());
    if (now == 0) throw std::runtime_error(fmt::format("{} became shorter meanwhile", file_.path.string()));
    chunk = chunk.subspan(static_cast<std::size_t>(now));
  }
}

Reference digest_source(const Source& source) {
  Reference reference;
  Sha256 whole;
  Sha256 one;
  Sha256 all;
  std::vector<std::byte> buffer(kChunkBytes);
  std::span<std::byte> chunk;
  for_each_chunk(
      source, [&](std::size_t size) { return chunk = std::span(buffer).first(size); },
      [&] {
        throw_if_interrupted();
        whole.add(chunk);
        one.add(chunk);
        all.add(one.finish());
        ++reference.chunks;
      });
  reference.whole = whole.finish();
  reference.chunk_digests = all.finish();
  return reference;
}

}  // namespace ringmain::bench
