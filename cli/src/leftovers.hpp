// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

/// Files in /tmp and /dev/shm of brokers and programs that are dead. The kernel frees a lock with its holder:
/// what belongs to a lock file that nobody holds is left over.
namespace rtctl {

struct Leftover {
  std::string path;
  std::string owner;        ///< name of the user
  bool ours = false;        ///< may be removed by this user
  std::uint64_t bytes = 0;  ///< of memory
};

[[nodiscard]] std::vector<Leftover> find_leftovers();

/// Removes the file unless somebody holds it by now. Returns why not; nothing when it is gone.
[[nodiscard]] std::string remove_leftover(const Leftover& leftover);

/// A host whose launch has ended and which did not: it was stopped, or hangs.
struct LeftProcess {
  pid_t pid = 0;
  char state = 'R';   ///< as in /proc: 'T' is stopped
  std::string owner;  ///< name of the user
  bool ours = false;  ///< may be ended by this user
};

[[nodiscard]] std::vector<LeftProcess> find_left_processes();

/// Ends it through the broker, at an instant at which it holds no lock in shared memory; directly where none
/// runs. Returns why not; nothing when it has ended.
[[nodiscard]] std::string end_left_process(const LeftProcess& process);

/// True while a process holds the broker's lock.
[[nodiscard]] bool broker_lives();

/// Memory of the broker's segments, this user's and iceoryx' own; 0 when there are none.
[[nodiscard]] std::uint64_t segment_bytes();

[[nodiscard]] std::string user_name(uid_t user);
/// Empty when the file cannot be read.
[[nodiscard]] std::string first_line(const std::filesystem::path& file);

}  // namespace rtctl
