// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "executor.hpp"
#include "tactus/node.hpp"

namespace tactus::benchmarks {

inline constexpr std::int64_t kNodePeriodNs = 1'000'000;

template <typename T>
inline const NodeEntry kEntry{"Bench", true, false,
                              [](NodeContext& context) -> Node* { return new T{context}; },
                              [](Node* node) { delete node; }};

class NoLog final : public Log {
 protected:
  void push(const LogRecord&) noexcept override {}
};

/// Nodes of one executor, called by hand.
class Nodes {
 public:
  Nodes(Transport& transport, std::string prefix) : transport_{transport}, prefix_{std::move(prefix)} {}

  template <typename T>
  void add(const std::string& name, Trigger trigger, Remaps remaps) {
    NodeRunner::Options options{{prefix_ + name, std::move(remaps), {}, {}}, std::move(trigger), 0};
    NodeServices services{transport_, log_, [](const std::string&) { return DoorbellId{0}; }, {}};
    auto& runner =
        runners_.emplace_back(std::move(options), kEntry<T>, std::move(services),
                              NodePlace{counters_.emplace_back(), times_.emplace_back(), *recorder_, 0});
    runner.construct();
  }
  /// A source that is called every period, and `relays` that each pass its message on to the next topic.
  template <typename Source, typename Relay>
  void add_chain(std::size_t relays) {
    add<Source>("source", every(), {{"out", topic(0)}});
    for (std::size_t i = 0; i < relays; ++i) {
      add<Relay>("relay" + std::to_string(i), {TriggerKind::kOn, 0, 0, {topic(i)}, 0},
                 {{"in", topic(i)}, {"out", topic(i + 1)}});
    }
  }
  [[nodiscard]] std::string topic(std::size_t index) const { return prefix_ + "t" + std::to_string(index); }
  static Trigger every() { return {TriggerKind::kEvery, kNodePeriodNs, 0, {}, 0}; }

  /// After the last add.
  void start() {
    std::vector<NodeRunner*> nodes;
    for (NodeRunner& runner : runners_) nodes.push_back(&runner);
    executor_ = std::make_unique<Executor>(nodes);
    executor_->start();
  }
  /// One pass at the next tick: every node is called once.
  void pass() { executor_->pass(executor_->next_ns()); }
  /// What an executor with a margin does before a tick.
  void warm() { executor_->warm(kNever); }

 private:
  Transport& transport_;
  std::string prefix_;
  NoLog log_;
  std::deque<NodeCounters> counters_;
  std::deque<NodeTimes> times_;
  std::unique_ptr<FlightRecorder> recorder_ = std::make_unique<FlightRecorder>();
  std::deque<NodeRunner> runners_;
  std::unique_ptr<Executor> executor_;
};

}  // namespace tactus::benchmarks
