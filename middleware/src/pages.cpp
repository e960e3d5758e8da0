// SPDX-License-Identifier: Apache-2.0
#include "tactus/middleware/pages.hpp"

#include <algorithm>
#include <iterator>

namespace tactus {
namespace {

template <typename Entries>
auto used(const Entries& entries, const std::atomic<std::uint32_t>& count) noexcept {
  const std::size_t size = std::min<std::size_t>(count.load(std::memory_order_acquire), entries.size());
  return std::span{entries.data(), size};
}

void copy_text(std::string_view text, std::span<char> to) noexcept {
  const std::size_t size = std::min(text.size(), to.size() - 1);
  std::copy_n(text.data(), size, to.data());
  to[size] = '\0';
}

/// Writes the zeroes that are there already: what was never touched becomes memory.
void touch(FlightRecorder& recorder) noexcept {
  constexpr std::size_t kSlotsPerPage = 4096 / sizeof(FlightRecorder::Words);
  for (std::size_t i = 0; i < recorder.slots.size(); i += kSlotsPerPage)
    recorder.slots[i][0].store(0, std::memory_order_relaxed);
  recorder.slots.back()[0].store(0, std::memory_order_relaxed);
}

}  // namespace

std::span<const NodeCounters> used_nodes(const ProcessPage& page) noexcept {
  return used(page.nodes, page.nodes_used);
}

std::span<const WorkerCounters> used_workers(const ProcessPage& page) noexcept {
  return used(page.workers, page.workers_used);
}

std::span<const EndpointPlate> used_plates(const ProcessPage& page) noexcept {
  return used(page.plates, page.endpoints_used);
}

std::vector<std::span<const std::byte>> used_parts(const ProcessPage& page) {
  const auto* begin = reinterpret_cast<const std::byte*>(&page);
  const auto* nodes = reinterpret_cast<const std::byte*>(page.nodes.data());
  return {{begin, nodes},
          std::as_bytes(used(page.nodes, page.nodes_used)),
          std::as_bytes(used(page.endpoints, page.endpoints_used)),
          std::as_bytes(used(page.plates, page.endpoints_used)),
          std::as_bytes(used(page.metrics, page.metrics_used)),
          std::as_bytes(used(page.times, page.nodes_used)),
          std::as_bytes(used(page.recorders, page.workers_used))};
}

WorkerCounters* add_worker(ProcessPage& page, std::string_view name, WorkerKind kind) noexcept {
  const std::uint32_t index = page.workers_used.load(std::memory_order_relaxed);
  if (index >= page.workers.size()) return nullptr;
  WorkerCounters& worker = page.workers[index];
  copy_text(name, worker.name);
  worker.kind.store(kind, std::memory_order_relaxed);
  touch(page.recorders[index]);
  page.workers_used.store(index + 1, std::memory_order_release);
  return &worker;
}

void add_degradation(ProcessPage& page, std::string_view text) noexcept {
  Degradations& list = page.degradations;
  const std::uint32_t index = list.used.load(std::memory_order_relaxed);
  if (index >= list.texts.size()) {
    list.lost.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  copy_text(text, list.texts[index]);
  list.used.store(index + 1, std::memory_order_release);
}

std::vector<std::string> degradations(const ProcessPage& page) {
  std::vector<std::string> texts;
  for (const auto& text : used(page.degradations.texts, page.degradations.used))
    texts.emplace_back(text.data());
  if (const auto lost = page.degradations.lost.load(); lost > 0)
    texts.push_back("and " + std::to_string(lost) + " more");
  return texts;
}

const char* to_text(NodeState state) noexcept {
  constexpr const char* kNames[] = {"unused", "starting", "running", "faulted", "stopped", "paused"};
  const auto index = static_cast<std::size_t>(state);
  return index < std::size(kNames) ? kNames[index] : "unknown";
}

}  // namespace tactus
