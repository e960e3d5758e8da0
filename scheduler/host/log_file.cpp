// SPDX-License-Identifier: Apache-2.0
#include "log_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace tactus {

LogFile::LogFile(const std::string& path) : path_{path} {
  if (!path.empty()) fd_ = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

LogFile::~LogFile() {
  if (fd_ >= 0) close(fd_);
}

void LogFile::write(const std::string& line) {
  if (path_.empty()) return;
  if (fd_ < 0) return lose(std::strerror(errno));
  if (bytes_ > kMostBytes) return lose("this process has written as much as is kept");
  const std::string text = line + "\n";  // one write: lines of other processes stay whole
  if (::write(fd_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return lose(std::strerror(errno));
  bytes_ += text.size();
}

void LogFile::lose(const char* why) {
  if (lost_++ == 0) fmt::print(stderr, "tactus: lines are missing in the log {}: {}\n", path_, why);
}

}  // namespace tactus
