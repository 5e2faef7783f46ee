// SPDX-License-Identifier: MIT
#include "atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "failure.hpp"

namespace ringmain::cli {
namespace {

// Beside the file, because a rename doesn't leave a file system. Its name doesn't end like the file's: node_exporter
// would read it.
class Draft {
 public:
  explicit Draft(const std::filesystem::path& file) : file_(file), name_(file.string() + ".XXXXXX") {
    descriptor_ = ::mkostemp(name_.data(), O_CLOEXEC);
    if (descriptor_ < 0) fail();
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!published_) ::unlink(name_.c_str());
  }

  void write(std::string_view content) const {
    while (!content.empty()) {
      const ssize_t written = ::write(descriptor_, content.data(), content.size());
      if (written < 0 && errno != EINTR) fail();
      if (written > 0) content.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void publish() {
    if (::fchmod(descriptor_, 0644) != 0) fail();
    if (std::rename(name_.c_str(), file_.c_str()) != 0) fail();
    published_ = true;
  }

 private:
  [[noreturn]] void fail() const { throw io_failure(file_.string(), errno); }

  std::filesystem::path file_;
  std::string name_;
  int descriptor_ = -1;
  bool published_ = false;
};

}  // namespace

void write_atomically(const std::filesystem::path& file, std::string_view content) {
  std::error_code ignored;
  const std::filesystem::path place = std::filesystem::weakly_canonical(file, ignored);  // where a symlink leads
  const auto kind = std::filesystem::status(place, ignored).type();
  if (kind != std::filesystem::file_type::regular && kind != std::filesystem::file_type::not_found) {
    throw io_failure(file.string(), kind == std::filesystem::file_type::directory ? EISDIR : EINVAL);
  }
  Draft draft(ignored ? file : place);
  draft.write(content);
  draft.publish();
}

}  // namespace ringmain::cli
