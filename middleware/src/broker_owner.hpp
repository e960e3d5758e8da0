// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>
#include <pwd.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "tactus/middleware/broker_client.hpp"

namespace tactus {

/// Of the broker that holds the lock, as it wrote it there.
[[nodiscard]] inline std::string broker_pid() {
  std::string pid = "unknown";
  std::ifstream{kBrokerLock} >> pid;
  return pid;
}

/// "the broker of nobody, process 241, runs on this host": who holds the lock. Reads files; any thread.
[[nodiscard]] inline std::string broker_owner() {
  struct stat info {};
  if (stat(kBrokerLock, &info) != 0) return "the broker of another user runs on this host";
  const passwd* user = getpwuid(info.st_uid);
  return fmt::format("the broker of {}, process {}, runs on this host",
                     user == nullptr ? std::to_string(info.st_uid) : user->pw_name, broker_pid());
}

}  // namespace tactus
