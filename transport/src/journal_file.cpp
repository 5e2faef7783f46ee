// SPDX-License-Identifier: MIT
#include "journal_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "clock.hpp"
#include "descriptor_stream.hpp"
#include "fail.hpp"
#include "journal_reader.hpp"

namespace ringmain::transport {
namespace {

constexpr std::uint64_t kChecked = std::uint64_t{64} << 20;  // so much of a journal that is gone on with
constexpr mode_t kMode = 0666;                               // and what the umask leaves of it

// Doesn't wait for whoever opens the other end of what is no regular file.
Descriptor open_file(const std::string& path, const std::string& name, bool create) {
  const int flags = O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_CREAT | (create ? O_EXCL : 0);
  Descriptor file(::open(path.c_str(), flags, kMode));
  if (!file && errno == EEXIST) {
    fail(Status::kExists, name + ": it exists already; go on with it (append), or replace it (overwrite)", EEXIST);
  }
  struct stat found {};
  if (!file || ::fstat(file.get(), &found) != 0) fail_system(name, errno);
  if (!S_ISREG(found.st_mode)) {
    fail(Status::kBadAddress, name + ": not a regular file, so it can't keep a journal; name another path");
  }
  ::fcntl(file.get(), F_SETFL, 0);
  return file;
}

std::uint64_t size_of(const Descriptor& file, const std::string& name) {
  struct stat found {};
  if (::fstat(file.get(), &found) != 0) fail_system(name, errno);
  return static_cast<std::uint64_t>(found.st_size);
}

}  // namespace

JournalFile::JournalFile(std::string path, std::string name, How how)
    : path_(std::move(path)), name_(std::move(name)), file_(open_file(path_, name_, how == How::kCreate)),
      lease_([&] { return Descriptor(::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)); },
             [](void* journal) noexcept { static_cast<JournalFile*>(journal)->forked_ = true; }, this) {
  take_lease();
  if (how == How::kOverwrite && ::ftruncate(file_.get(), 0) != 0) fail_system(name_, errno);
  if (size_of(file_, name_) == 0) {
    begin();
  } else {
    cut_torn_tail();
  }
}

void JournalFile::take_lease() {
  if (!lease_.take(kRecorderByte)) {
    if (errno != EAGAIN && errno != EACCES) {
      fail(Status::kNoLocks, name_ + ": its file system keeps no locks; record to another one", errno);
    }
    fail(Status::kAddressInUse, name_ + ": another process records to it; end that one, or name another path");
  }
  // The lease is of what has this name by now, and that may be another file.
  struct stat named {};
  struct stat held {};
  if (::stat(path_.c_str(), &named) != 0 || ::fstat(file_.get(), &held) != 0 || named.st_ino != held.st_ino ||
      named.st_dev != held.st_dev) {
    fail(Status::kAddressInUse, name_ + ": it was replaced just now; try again");
  }
}

void JournalFile::begin() {
  header_ = {random_identity(), static_cast<std::uint64_t>(read_clock(CLOCK_REALTIME))};
  const auto bytes = journal_header_bytes(header_);
  const ssize_t written = ::pwrite(file_.get(), bytes.data(), bytes.size(), 0);
  if (written == static_cast<ssize_t>(bytes.size())) return;
  const int error = written < 0 ? errno : ENOSPC;
  if (::ftruncate(file_.get(), 0) == 0) ::unlink(path_.c_str());  // it holds nothing, and would be in the way
  fail_write(name_, error);
}

// Only an end can be torn: what lies further back was whole before the recorder went on. Who replays the journal looks at
// all of it.
void JournalFile::cut_torn_tail() {
  JournalReader reader(file_.get(), name_, kLargestRecord);
  header_ = reader.header();
  const std::uint64_t size = reader.size();
  if (size > kJournalHeaderBytes + kChecked) {
    auto start = reader.find(size - kChecked, size);
    if (!start) start = reader.last();
    if (start) reader.stand_at(*start);
  }
  end_ = reader.offset();
  messages_ = reader.number();
  while (reader.next() && !reader.record().end) {
    end_ = reader.offset();
    messages_ = reader.number();
    last_time_ = reader.record().time;
  }
  if (const auto behind = reader.find(reader.offset() + kRecordAlignment, size)) {
    fail(Status::kCorrupt, fmt::format("{}: message {}, at byte {}, is damaged, and whole ones follow; replay what is "
                                       "whole to another journal",
                                       name_, reader.number(), reader.offset()));
  }
  if (::ftruncate(file_.get(), static_cast<off_t>(end_)) != 0) fail_system(name_, errno);
}

void JournalFile::sync_name() {
  std::filesystem::path directory = std::filesystem::path(path_).parent_path();
  if (directory.empty()) directory = ".";
  const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened) ::fsync(opened.get());  // where that isn't possible, it isn't needed either
}

}  // namespace ringmain::transport
