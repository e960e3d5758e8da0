// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

/// Which command grants what the system denied. Reads what this process may do and what the machine is set
/// to; `root` is where its files are, another folder in a test.
namespace tactus {

struct Machine {
  std::filesystem::path root = "/";
};

/// Numbers below which capabilities are kept by the kernel.
inline constexpr unsigned kCapIpcLock = 14;
inline constexpr unsigned kCapSysNice = 23;
[[nodiscard]] bool has_capability(unsigned number, const Machine& machine = {});

/// "0-3,8" -> 0 1 2 3 8, as the kernel lists CPUs. Bad text ends the list.
[[nodiscard]] std::vector<int> cpu_list(const std::string& text);

/// Each: the reason as far as it can be told, and a command, as the end of a sentence.
[[nodiscard]] std::string grant_of_priority(int priority, const Machine& machine = {});
[[nodiscard]] std::string grant_of_cpus(const std::vector<int>& denied, const Machine& machine = {});
[[nodiscard]] std::string grant_of_locked_memory();
[[nodiscard]] std::string grant_of_cpu_latency(int error);

/// Where a controller of control groups keeps the files of this process: "/sys/fs/cgroup/cpu/job".
[[nodiscard]] std::filesystem::path cgroup_folder(const std::string& controller, const Machine& machine = {});
/// Empty when it cannot be read.
[[nodiscard]] std::string first_line_of(const std::filesystem::path& file);

}  // namespace tactus
