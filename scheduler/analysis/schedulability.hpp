// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// Does a launch keep its deadlines if every node keeps its budget? Values in, values out: no clock, no
/// thread, no I/O. The model and its limits: docs/design/scheduling.md.
namespace tactus {

/// A thread of the launch: an executor, or a self-looping node.
struct LoadThread {
  std::string name{};
  int rank = 0;             ///< fifo and rr: the priority; other: 0
  std::vector<int> cpus{};  ///< that it may run on; empty: any
  bool self_looping = false;
};

struct LoadNode {
  std::string name{};
  std::size_t thread = 0;
  std::int64_t period_ns = 0;            ///< `every:`; 0: called by messages
  std::vector<std::string> triggers{};   ///< topics that call it
  bool all_triggers = false;             ///< `on_all`: one call for a message of each
  std::int64_t budget_ns = 0;            ///< 0: not declared
  std::int64_t deadline_ns = 0;          ///< 0: not declared, the period counts
  std::vector<std::string> publishes{};  ///< topics; one message per call of each
};

/// A path through the data flow, source first.
struct LoadChain {
  std::string name{};
  std::vector<std::string> nodes{};
};

/// The most that may come on a topic from somebody who is not analysed: a self-looping node, another launch.
struct LoadRate {
  std::string topic{};
  double most_hz = 0;
};

struct Load {
  std::size_t cpus = 1;  ///< of the machine
  std::vector<LoadThread> threads{};
  std::vector<LoadNode> nodes{};  ///< nodes of one thread in the order of its calls
  std::vector<LoadChain> chains{};
  std::vector<LoadRate> rates{};
};

enum class Verdict {
  kSchedulable,
  kNotSchedulable,
  kUnknown,
  kNoPromise,  ///< of a node: no deadline, on a thread of policy `other`; or it loops by itself
};
/// "schedulable", "not schedulable", "unknown", "no promise"
[[nodiscard]] const char* to_text(Verdict verdict) noexcept;

struct NodeVerdict {
  std::string node{};
  Verdict verdict = Verdict::kUnknown;
  std::int64_t period_ns = 0;    ///< declared, or of what calls it; 0: not known
  std::int64_t limit_ns = 0;     ///< the deadline, else the period
  std::int64_t response_ns = 0;  ///< at most, from the release to the end of the call; 0: not known
  std::string why{};             ///< empty where it is schedulable
};

struct CpuLoad {
  int cpu = 0;
  double utilisation = 0;  ///< of what may run there; a thread of several CPUs counts in equal parts
};

struct ChainBound {
  std::string chain{};
  std::int64_t bound_ns = 0;  ///< 0: not known
  std::string why{};          ///< why it is not known
};

struct Schedulability {
  Verdict verdict = Verdict::kUnknown;
  std::string first{};  ///< the node that breaks it, or keeps it unknown; empty where it is schedulable
  std::string why{};    ///< of that node
  std::vector<NodeVerdict> nodes{};
  std::vector<CpuLoad> cpus{};
  std::vector<ChainBound> chains{};
};

[[nodiscard]] Schedulability analyse(const Load& load);

}  // namespace tactus
