// SPDX-License-Identifier: Apache-2.0
#include "thread_reader.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace tactus::launch_file {

void ThreadReader::read_thread(ThreadSettings& thread, Handlers& handlers) {
  handlers["policy"] = [&](const YAML::Node& n) {
    const auto value = text(n, "policy");
    if (!value) return;
    if (*value == "fifo")
      thread.policy = ThreadPolicy::kFifo;
    else if (*value == "rr")
      thread.policy = ThreadPolicy::kRoundRobin;
    else if (*value == "other")
      thread.policy = ThreadPolicy::kOther;
    else
      error(at(n), fmt::format("policy is '{}', not fifo, rr or other", *value));
  };
  // A refused priority counts as given: one error for it is enough.
  handlers["priority"] = [&](const YAML::Node& n) {
    thread.priority = static_cast<int>(integer(n, "priority", 1, 89).value_or(1));
  };
  handlers["cpus"] = [&](const YAML::Node& n) { read_cpus(n, thread); };
}

void ThreadReader::check_thread(const ThreadSettings& thread, const std::string& what,
                                const Location& where) {
  if (thread.policy != ThreadPolicy::kOther && thread.priority == 0)
    error(where, fmt::format("{}: policy fifo and rr need a priority from 1 to 89", what));
  if (thread.policy == ThreadPolicy::kOther && thread.priority != 0)
    error(where, fmt::format("{}: a priority has no effect with policy other: use fifo or rr", what));
}

void ThreadReader::read_cpus(const YAML::Node& node, ThreadSettings& thread) {
  if (!node.IsSequence()) return error(at(node), "cpus is a list of numbers, [0, 1]");
  const long count = machine_cpus_ > 0 ? machine_cpus_ : sysconf(_SC_NPROCESSORS_CONF);
  for (const auto& cpu : node) {
    const auto number =
        integer(cpu, machine_cpus_ > 0 ? "a CPU of that machine" : "a CPU of this machine", 0, count - 1);
    if (!number) continue;
    if (std::ranges::count(thread.cpus, *number) > 0)
      error(at(cpu), fmt::format("cpus names CPU {} twice", *number));
    else
      thread.cpus.push_back(static_cast<int>(*number));
  }
}

std::optional<OnOverrun> ThreadReader::read_on_overrun(const YAML::Node& node) {
  const auto value = text(node, "on_overrun");
  if (!value) return std::nullopt;
  const std::map<std::string, OnOverrun> known{
      {"skip", OnOverrun::kSkip}, {"catch_up", OnOverrun::kCatchUp}, {"fault", OnOverrun::kFault}};
  const auto found = known.find(*value);
  if (found != known.end()) return found->second;
  error(at(node), fmt::format("on_overrun is '{}', not skip, catch_up or fault{}", *value,
                              did_you_mean(*value, {"skip", "catch_up", "fault"})));
  return std::nullopt;
}

}  // namespace tactus::launch_file
