// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// The pure part of a pass: when a node is due. No threads, no clock calls, no I/O.
namespace tactus {

/// The absolute grid of `every:`: instants offset + k * period on the group's clock, the same in every
/// process.
class Grid {
 public:
  /// `backlog`: how many missed instants are served late, one by one; older ones are skipped.
  Grid(std::int64_t period_ns, std::int64_t offset_ns, std::int64_t backlog = 0)
      : period_ns_{period_ns}, offset_ns_{offset_ns}, backlog_{backlog} {}

  /// The first instant after `now_ns` becomes the next release.
  void start(std::int64_t now_ns);
  [[nodiscard]] std::int64_t next_ns() const { return next_ns_; }

  struct Due {
    std::int64_t instant_ns;  ///< the newest instant that has passed; with a backlog the oldest of it
    std::uint64_t skipped;    ///< older instants that nobody could serve
  };
  /// Empty before next_ns(); otherwise moves on to the next instant.
  std::optional<Due> take(std::int64_t now_ns);

 private:
  std::int64_t period_ns_;
  std::int64_t offset_ns_;
  std::int64_t backlog_;
  std::int64_t next_ns_ = 0;
};

/// What on_all does with the oldest stamp of each input.
struct Match {
  bool matched = false;
  std::size_t discard = 0;  ///< when not matched: the input whose oldest sample nothing can match any more
};
[[nodiscard]] Match match_stamps(std::span<const std::int64_t> stamps_ns, std::int64_t tolerance_ns);

/// What one node of an executor reads and writes: full topic names.
struct Flow {
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  bool periodic = false;  ///< called by `every:`: the place where a cycle of the data flow is cut
  std::string node{};     ///< its full name
};

/// The order in which a pass calls the nodes: who publishes comes before who reads; ties, and the choice
/// between several periodic nodes of a cycle, in the given order. Returns indices into `flows`, each once.
[[nodiscard]] std::vector<std::size_t> data_flow_order(std::span<const Flow> flows);
/// The same with an order that the launch file gives: names of all nodes; none: data_flow_order().
[[nodiscard]] std::vector<std::size_t> call_order(std::span<const Flow> flows,
                                                  std::span<const std::string> given);

}  // namespace tactus
