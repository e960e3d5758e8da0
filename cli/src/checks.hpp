// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

/// What `rtctl doctor` looks at. Reads only; starts and changes nothing.
namespace rtctl {

enum class Health { kGood, kWarning, kBad };

struct Check {
  std::string name;
  Health health = Health::kGood;
  std::string found;
  std::string advice;  ///< what to do; empty when it is good
};

[[nodiscard]] Check check_realtime_priority();
[[nodiscard]] Check check_locked_memory();
[[nodiscard]] Check check_shared_memory();
[[nodiscard]] Check check_cpu_latency();
[[nodiscard]] Check check_kernel();
[[nodiscard]] Check check_broker();
/// Processes of launches that have ended.
[[nodiscard]] Check check_processes();
/// Files of brokers and programs that are dead.
[[nodiscard]] Check check_leftovers();
[[nodiscard]] std::vector<Check> run_checks();

}  // namespace rtctl
