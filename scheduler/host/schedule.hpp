// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "release.hpp"
#include "tactus/middleware/prefetch.hpp"
#include "tactus/scheduler/host_settings.hpp"

/// The pure core of an executor: which node is called next, what was missed, when to wake. Values in, values
/// out: no threads, no clock, no I/O, and nothing is allocated after construction.
namespace tactus {

/// Bounds what one node may do in one pass: who is fed faster than it runs must not keep its neighbours from
/// running.
inline constexpr std::size_t kMostReleasesPerPass = 256;

inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

/// When a node is called and how long that may take.
struct NodeRules {
  Trigger trigger;
  std::int64_t deadline_ns = 0;  ///< from release to the end of the call; 0: none
  std::int64_t budget_ns = 0;    ///< longest run time of a call; 0: none
};

/// What has arrived at the inputs that call nodes; `input` counts the topics of the node's trigger. The core
/// asks, who implements it looks and never blocks.
class Arrivals {
 public:
  struct Oldest {
    std::int64_t stamp_ns = 0;      ///< what `on_all` pairs by
    std::int64_t published_ns = 0;  ///< the release of a node that is called by messages
  };
  virtual ~Arrivals() = default;
  /// The message that waits longest at an input; empty: none.
  virtual std::optional<Oldest> oldest(std::size_t node, std::size_t input) = 0;
  /// True when oldest() would give something. May be cheaper.
  [[nodiscard]] virtual bool any(std::size_t node, std::size_t input) const = 0;
  /// That message finds no partner: it is given back, counted.
  virtual void discard(std::size_t node, std::size_t input) = 0;
  /// Of a coroutine: when the message was published that waits longest at the inputs it waits for; empty:
  /// none.
  virtual std::optional<std::int64_t> awaited(std::size_t node) {
    static_cast<void>(node);
    return std::nullopt;
  }
  /// True when awaited() would give something. May be cheaper.
  [[nodiscard]] virtual bool any_awaited(std::size_t node) const {
    static_cast<void>(node);
    return false;
  }
};

/// One call that is due now. A node called by messages gets the oldest of each of its triggering inputs.
struct Release {
  std::size_t node = 0;
  std::int64_t released_ns = 0;  ///< instant of the grid, or publication of the newest message of the set
  std::uint64_t skipped = 0;     ///< instants before it that nobody could serve any more
};

/// What a call missed.
struct Missed {
  bool deadline = false;
  bool budget = false;
};
[[nodiscard]] Missed judge(const NodeRules& rules, const Release& release, std::int64_t ended_ns,
                           std::int64_t run_ns);

class Schedule {
 public:
  /// In the order in which a pass calls them; none is called before its set_running().
  explicit Schedule(const std::vector<NodeRules>& nodes);

  /// A node comes in or goes out: started, faulted, paused, stopped. A grid begins with its first instant
  /// after `now_ns`. No effect when it is so already.
  void set_running(std::size_t node, bool running, std::int64_t now_ns);
  /// A coroutine waits for this instant and for data; before the first time it has not begun, and is due.
  void set_wake(std::size_t node, std::int64_t wake_ns) { nodes_[node].wake_ns = wake_ns; }
  [[nodiscard]] bool running(std::size_t node) const { return nodes_[node].running; }

  /// What is due at `now_ns`, and what that causes downstream, comes out of next().
  void begin_pass(std::int64_t now_ns);
  /// The next call of this pass, until the next next(); nullptr: the pass is over. Each node is called at
  /// most kMostReleasesPerPass times.
  [[nodiscard]] const Release* next(Arrivals& arrivals);

  /// Another pass would call somebody without waiting for a grid.
  [[nodiscard]] bool waiting(const Arrivals& arrivals) const;
  /// When to wake though nothing arrives: the next instant of any grid, or that a coroutine waits for; the
  /// end of time when there is none.
  [[nodiscard]] std::int64_t next_ns() const;
  [[nodiscard]] std::int64_t next_ns(std::size_t node) const;
  /// Prefetches what a pass reads.
  void warm() const noexcept { prefetch(nodes_.data(), nodes_.size() * sizeof(Node)); }

 private:
  struct Node {
    NodeRules rules;
    std::optional<Grid> grid;
    std::vector<std::int64_t> stamps_ns;
    std::int64_t wake_ns = kNever;  ///< of a coroutine
    bool running = false;
  };
  /// True: release_ says how.
  [[nodiscard]] bool due(std::size_t node, Arrivals& arrivals);
  [[nodiscard]] bool wake(std::size_t node, Arrivals& arrivals);
  [[nodiscard]] bool may_be_due_again(std::size_t node, const Arrivals& arrivals) const;
  [[nodiscard]] bool all_wait(std::size_t node, const Arrivals& arrivals) const;
  [[nodiscard]] bool complete_set(std::size_t node, Arrivals& arrivals);

  std::vector<Node> nodes_;
  std::int64_t now_ns_ = 0;
  std::size_t current_ = 0;  ///< node of the pass
  std::size_t served_ = 0;   ///< calls of it
  Release release_;          ///< what next() showed
};

}  // namespace tactus
