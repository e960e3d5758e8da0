// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "arbitrary_message.hpp"
#include "tactus/testing/harness.hpp"

namespace tactus::conformance {

/// What the child that runs a check is doing at the moment; its parent reads it when the child crashed or
/// hangs.
void doing(const std::string& what) noexcept;

/// The harness for nodes that are known by their tables alone.
class SubjectContext final : public testing::HarnessContext {
 public:
  explicit SubjectContext(std::map<std::string, ParameterValue> parameters)
      : HarnessContext{std::move(parameters), kMessageBytes} {}
  Log& log() noexcept override { return silence_; }

 private:
  static constexpr std::size_t kMessageBytes = std::size_t{1} << 18;
  struct Silence final : Log {
    void push(const LogRecord&) noexcept override {}
  };
  Silence silence_;
};

/// One node under test, with arbitrary messages for its inputs. Thread: one at a time.
class Subject {
 public:
  Subject(const NodeEntry& entry, const std::map<std::string, ParameterValue>& parameters);
  ~Subject();
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  void start();
  /// One message on every input: stamped and captured then, on the node's time.
  void give(Values values, Time stamp);
  /// Moves the time on and calls the node: step() once, a coroutine as long as it goes on; run() until it has
  /// had a stop request for a moment.
  void call(Duration later = std::chrono::milliseconds{5});
  void stop();
  /// What it hands over to another one. Stateful nodes only.
  [[nodiscard]] std::vector<std::byte> save();
  /// Throws what the node throws.
  void restore(std::span<const std::byte> state);

  /// Holds all loans of all outputs: the node gets none until they are given back.
  void hold_loans();
  void give_loans_back();

  [[nodiscard]] Time now() const { return context_.now(); }
  /// Heap allocations of the calls to step(), save() and restore() so far.
  [[nodiscard]] std::uint64_t allocations() const { return allocations_; }

 private:
  void step();
  void resume();
  void run();
  void drain();

  const NodeEntry& entry_;
  SubjectContext context_;
  std::unique_ptr<Node, void (*)(Node*)> node_;
  std::mt19937 random_{7};
  struct Held {
    UntypedPublisher* publisher;
    Chunk* chunk;
  };
  std::vector<Held> held_;
  std::uint64_t cycle_ = 0;
  std::uint64_t allocations_ = 0;
};

}  // namespace tactus::conformance
