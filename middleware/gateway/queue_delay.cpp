// SPDX-License-Identifier: Apache-2.0
#include "queue_delay.hpp"

#include <algorithm>

namespace tactus::gateway {

void QueueDelay::written(const Canary& canary) {
  kept_[canary.number % kKept] = canary;
  newest_ = canary.number;
  fresh_.push_back(canary);
}

const Canary* QueueDelay::find(std::uint64_t number) const {
  const Canary& canary = kept_[number % kKept];
  return number != 0 && canary.number == number ? &canary : nullptr;
}

void QueueDelay::learn(Other& other, std::int64_t way_ns, std::int64_t now_ns) {
  if (!other.measured || now_ns - other.base_since_ns > kBaseNs) {
    other.base_before_ns = other.measured ? other.base_ns : way_ns;
    other.base_ns = way_ns;
    other.base_since_ns = now_ns;
    other.measured = true;
  }
  other.base_ns = std::min(other.base_ns, way_ns);
}

void QueueDelay::heard(std::uint64_t host, std::uint64_t number, std::int64_t received_ns,
                       std::int64_t told_ns) {
  Other& other = others_[host];
  if (told_ns == other.told_ns) return;
  other.told_ns = told_ns;
  const Canary* arrived = find(number);
  other.delay_ns = 0;
  if (arrived == nullptr) return;
  if (number != other.newest) learn(other, received_ns - arrived->due_ns, arrived->due_ns);
  const std::int64_t base_ns = std::min(other.base_ns, other.base_before_ns);
  if (number != other.newest) other.delay_ns = received_ns - arrived->due_ns - base_ns;
  other.newest = number;
  // One that is still on its way waits at least since then.
  if (const Canary* next = find(number + 1))
    other.delay_ns = std::max(other.delay_ns, told_ns - next->due_ns - base_ns);
}

void QueueDelay::keep(const std::set<std::uint64_t>& hosts) {
  std::erase_if(others_, [&](const auto& entry) { return !hosts.contains(entry.first); });
}

std::int64_t QueueDelay::own_wait(std::int64_t now_ns, std::int64_t next_due_ns) const {
  if (fresh_.empty()) return std::max<std::int64_t>(0, now_ns - next_due_ns);
  std::int64_t least = fresh_.front().written_ns - fresh_.front().due_ns;
  for (const Canary& canary : fresh_) least = std::min(least, canary.written_ns - canary.due_ns);
  return least;
}

std::int64_t QueueDelay::look(std::int64_t now_ns, std::int64_t next_due_ns) {
  std::int64_t delay = own_wait(now_ns, next_due_ns);
  for (const auto& [host, other] : others_) delay = std::max(delay, other.delay_ns);
  fresh_.clear();
  looks_[looked_++ % kLooks] = delay;
  return std::ranges::min(looks_);
}

}  // namespace tactus::gateway
