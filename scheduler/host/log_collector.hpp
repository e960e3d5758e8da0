// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "tactus/node.hpp"

namespace tactus {

/// A node's log: a bounded queue of fixed records. push: any thread, never blocks, never allocates;
/// when full the record is dropped and counted. pop: one thread.
class NodeLog final : public Log {
 public:
  NodeLog(std::string node, std::atomic<std::uint32_t>& bell);

  [[nodiscard]] const std::string& node() const { return node_; }
  [[nodiscard]] std::optional<LogRecord> pop();
  /// Records dropped since the last call.
  /// Any thread: what is below is not kept.
  void set_level(LogLevel level) noexcept { level_.store(level, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t take_dropped() { return dropped_.exchange(0, std::memory_order_relaxed); }

 protected:
  void push(const LogRecord& record) noexcept override;

 private:
  static constexpr std::size_t kRecords = 128;
  /// `turn` == position: free for the writer of it; position + 1: written.
  struct Cell {
    std::atomic<std::size_t> turn;
    LogRecord record;
  };

  std::string node_;
  std::atomic<LogLevel> level_{LogLevel::kInfo};
  std::atomic<std::uint32_t>& bell_;
  std::array<Cell, kRecords> cells_;
  std::atomic<std::size_t> head_{0};
  std::size_t tail_ = 0;
  std::atomic<std::uint64_t> dropped_{0};
};

/// Formats the records of all nodes of a process on a thread of its own.
class LogCollector {
 public:
  using Sink = std::function<void(const std::string& line)>;
  /// `sink` is called on the collector's thread, and on the destructor's for what is left.
  explicit LogCollector(Sink sink);
  ~LogCollector();

  /// Any thread, allocates. The log lives as long as the collector.
  [[nodiscard]] NodeLog& add(const std::string& node);
  /// Any thread. False: there is no log of that node.
  bool set_level(const std::string& node, LogLevel level);

 private:
  void run(const std::stop_token& stop);
  void drain();

  Sink sink_;
  std::mutex mutex_;  ///< guards logs_ against add(), never taken by push
  std::deque<NodeLog> logs_;
  std::atomic<std::uint32_t> bell_{0};
  std::jthread thread_;
};

/// "[WARN] [1700000000.000000001] [tracker]: text"
[[nodiscard]] std::string format_record(const std::string& node, const LogRecord& record);

}  // namespace tactus
