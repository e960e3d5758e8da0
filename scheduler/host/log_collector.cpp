// SPDX-License-Identifier: Apache-2.0
#include "log_collector.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <string_view>
#include <utility>

#include "tactus/scheduler/realtime.hpp"

namespace tactus {

NodeLog::NodeLog(std::string node, std::atomic<std::uint32_t>& bell) : node_{std::move(node)}, bell_{bell} {
  for (std::size_t i = 0; i < kRecords; ++i) cells_[i].turn.store(i, std::memory_order_relaxed);
}

void NodeLog::push(const LogRecord& record) noexcept {
  if (record.level < level_.load(std::memory_order_relaxed)) return;
  std::size_t position = head_.load(std::memory_order_relaxed);
  for (;;) {
    Cell& cell = cells_[position % kRecords];
    const std::size_t turn = cell.turn.load(std::memory_order_acquire);
    if (turn == position) {
      if (!head_.compare_exchange_weak(position, position + 1, std::memory_order_relaxed)) continue;
      cell.record = record;
      cell.turn.store(position + 1, std::memory_order_release);
      break;
    }
    if (turn < position) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      break;
    }
    position = head_.load(std::memory_order_relaxed);
  }
  bell_.fetch_add(1, std::memory_order_release);
  bell_.notify_one();
}

std::optional<LogRecord> NodeLog::pop() {
  Cell& cell = cells_[tail_ % kRecords];
  if (cell.turn.load(std::memory_order_acquire) != tail_ + 1) return std::nullopt;
  const LogRecord record = cell.record;
  cell.turn.store(tail_ + kRecords, std::memory_order_release);
  ++tail_;
  return record;
}

LogCollector::LogCollector(Sink sink)
    : sink_{std::move(sink)}, thread_{[this](const std::stop_token& stop) { run(stop); }} {}

LogCollector::~LogCollector() {
  thread_.request_stop();
  bell_.fetch_add(1);
  bell_.notify_one();
  thread_.join();
  drain();
}

NodeLog& LogCollector::add(const std::string& node) {
  const std::scoped_lock lock{mutex_};
  return logs_.emplace_back(node, bell_);
}

bool LogCollector::set_level(const std::string& node, LogLevel level) {
  const std::scoped_lock lock{mutex_};
  const auto found = std::ranges::find(logs_, node, &NodeLog::node);
  if (found != logs_.end()) found->set_level(level);
  return found != logs_.end();
}

void LogCollector::run(const std::stop_token& stop) {
  name_this_thread("tactus-log");
  while (!stop.stop_requested()) {
    const std::uint32_t seen = bell_.load(std::memory_order_acquire);
    drain();
    if (!stop.stop_requested()) bell_.wait(seen, std::memory_order_acquire);
  }
}

void LogCollector::drain() {
  const std::scoped_lock lock{mutex_};
  for (NodeLog& log : logs_) {
    while (const auto record = log.pop()) sink_(format_record(log.node(), *record));
    if (const std::uint64_t dropped = log.take_dropped(); dropped > 0) {
      sink_(fmt::format("[WARN] [{}]: {} log records were dropped, they came faster than they were written",
                        log.node(), dropped));
    }
  }
}

std::string format_record(const std::string& node, const LogRecord& record) {
  constexpr std::string_view kLevels[] = {"DEBUG", "INFO", "WARN", "ERROR"};
  constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
  return fmt::format("[{}] [{}.{:09}] [{}]: {}", kLevels[static_cast<std::size_t>(record.level)],
                     record.time_ns / kNanosecondsPerSecond, record.time_ns % kNanosecondsPerSecond, node,
                     std::string_view{record.text.data(), record.size});
}

}  // namespace tactus
