// SPDX-License-Identifier: Apache-2.0
#include "leftovers.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "shared_memory.hpp"
#include "tactus/middleware/broker_client.hpp"

namespace tactus::broker {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLockSuffix = ".lock";

/// iceoryx holds a lock on the file while the runtime lives.
bool is_held(const fs::path& lock_file) {
  const int fd = open(lock_file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return true;  // another user's: not ours to remove
  const bool held = flock(fd, LOCK_EX | LOCK_NB) != 0;
  close(fd);
  return held;
}

}  // namespace

void remove_runtime_files(const std::string& runtime) {
  unlink(("/tmp/" + runtime).c_str());
  unlink(("/tmp/" + runtime + kLockSuffix).c_str());
}

void remove_stale_runtime_files() {
  std::vector<std::string> stale;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator{"/tmp", none}) {
    const fs::path& path = entry.path();
    if (path.extension() == kLockSuffix && path.filename().string().starts_with("tactus.") && !is_held(path))
      stale.push_back(path.stem());
  }
  for (const std::string& runtime : stale) remove_runtime_files(runtime);
}

void remove_broker_files() {
  for (const std::string& segment : SharedMemory::files()) unlink(segment.c_str());
  for (const char* file : {"/tmp/roudi", "/tmp/roudi.lock", "/tmp/iox-unique-roudi.lock", kBrokerSocket})
    unlink(file);
}

}  // namespace tactus::broker
