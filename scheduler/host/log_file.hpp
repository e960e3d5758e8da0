// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace tactus {

/// The log of a launch, to which all its processes append whole lines. What cannot be written is counted and
/// said once on the standard error. Thread: the log thread.
class LogFile {
 public:
  static constexpr std::uint64_t kMostBytes = 64U << 20;  ///< from one process

  /// An empty path: nothing is written.
  explicit LogFile(const std::string& path);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  void write(const std::string& line);
  [[nodiscard]] std::uint64_t lost() const { return lost_; }  ///< lines

 private:
  void lose(const char* why);

  std::string path_;
  int fd_ = -1;
  std::uint64_t bytes_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace tactus
