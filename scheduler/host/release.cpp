// SPDX-License-Identifier: Apache-2.0
#include "release.hpp"

#include <algorithm>

#include "tactus/middleware/time.hpp"

namespace tactus {
namespace {

bool feeds(const Flow& from, const Flow& to) {
  return std::ranges::any_of(from.outputs, [&](const std::string& topic) {
    return std::ranges::find(to.inputs, topic) != to.inputs.end();
  });
}

/// The nodes left whose data reaches `node`, itself only when it lies on a cycle.
std::vector<std::size_t> upstream_of(std::size_t node, std::span<const Flow> flows,
                                     const std::vector<std::size_t>& left) {
  std::vector<std::size_t> found;
  std::vector<std::size_t> open{node};
  while (!open.empty()) {
    const std::size_t reader = open.back();
    open.pop_back();
    for (const std::size_t other : left) {
      const bool known = std::ranges::find(found, other) != found.end();
      if (known || other == reader || !feeds(flows[other], flows[reader])) continue;
      found.push_back(other);
      open.push_back(other);
    }
  }
  return found;
}

/// The first node left that no other feeds. When all are fed: a cycle that nothing outside of it feeds is
/// cut, at its first periodic node, else at its first.
std::size_t choose(std::span<const Flow> flows, const std::vector<std::size_t>& left) {
  std::vector<std::size_t> on_first_cycles;
  for (const std::size_t node : left) {
    const auto upstream = upstream_of(node, flows, left);
    if (upstream.empty()) return node;
    const bool closed = std::ranges::all_of(upstream, [&](std::size_t other) {
      const auto above = upstream_of(other, flows, left);
      return std::ranges::find(above, node) != above.end();
    });
    if (closed) on_first_cycles.push_back(node);
  }
  const auto periodic =
      std::ranges::find_if(on_first_cycles, [&](std::size_t node) { return flows[node].periodic; });
  return periodic != on_first_cycles.end() ? *periodic : on_first_cycles.front();
}

}  // namespace

void Grid::start(std::int64_t now_ns) {
  std::int64_t since = (now_ns - offset_ns_) % period_ns_;
  if (since < 0) since += period_ns_;
  next_ns_ = now_ns - since + period_ns_;
}

std::optional<Grid::Due> Grid::take(std::int64_t now_ns) {
  if (now_ns < next_ns_) return std::nullopt;
  const std::int64_t late = (now_ns - next_ns_) / period_ns_;
  const std::int64_t skipped = std::max<std::int64_t>(0, late - backlog_);
  const std::int64_t instant = next_ns_ + skipped * period_ns_;
  next_ns_ = instant + period_ns_;
  return Due{instant, static_cast<std::uint64_t>(skipped)};
}

Match match_stamps(std::span<const std::int64_t> stamps_ns, std::int64_t tolerance_ns) {
  const auto [oldest, newest] = std::ranges::minmax_element(stamps_ns);
  if (clamped_difference(*newest, *oldest) <= tolerance_ns) return {.matched = true, .discard = 0};
  return {.matched = false, .discard = static_cast<std::size_t>(oldest - stamps_ns.begin())};
}

std::vector<std::size_t> data_flow_order(std::span<const Flow> flows) {
  std::vector<std::size_t> left(flows.size());
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = i;
  std::vector<std::size_t> order;
  while (!left.empty()) {
    order.push_back(choose(flows, left));
    std::erase(left, order.back());
  }
  return order;
}

std::vector<std::size_t> call_order(std::span<const Flow> flows, std::span<const std::string> given) {
  auto order = data_flow_order(flows);
  const auto place = [&](std::size_t flow) {
    return std::ranges::find(given, flows[flow].node) - given.begin();
  };
  std::ranges::stable_sort(order, {}, place);
  return order;
}

}  // namespace tactus
