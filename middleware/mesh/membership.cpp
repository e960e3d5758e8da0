// SPDX-License-Identifier: Apache-2.0
#include "membership.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tactus::mesh {

void Membership::hear(std::uint64_t id, HostDescription about, std::int64_t now_ns) {
  if (!known_.contains(id) && known_.size() >= kMostHosts) {
    ++refused_;
    return;
  }
  const auto [entry, fresh] = known_.try_emplace(id);
  Known& known = entry->second;
  if (fresh) {
    changes_.push_back({HostChange::What::kJoined, about.name, about.addresses});
    known.view.id = id;
    known.view.joined_ns = now_ns;
  }
  if (known.view.about.clock_id != about.clock_id) known.clock.forget();
  known.view.about = std::move(about);
  known.view.last_seen_ns = now_ns;
}

void Membership::hear(std::uint64_t id, Ledger ledger, std::int64_t now_ns) {
  const auto known = known_.find(id);
  if (known == known_.end()) return;
  known->second.view.ledger = std::move(ledger);
  known->second.view.last_seen_ns = now_ns;
}

void Membership::hear(std::uint64_t id, const ClockExchange& exchange, std::int64_t now_ns) {
  const auto known = known_.find(id);
  if (known == known_.end()) return;
  known->second.clock.add(exchange, now_ns);
  known->second.view.last_seen_ns = now_ns;
}

void Membership::hear(const CanarySeen& canary) {
  const auto known = known_.find(canary.host);
  if (known != known_.end() && canary.number > known->second.view.canary.number)
    known->second.view.canary = canary;
}

void Membership::keep(const std::set<std::uint64_t>& present, std::int64_t now_ns) {
  for (auto& [id, known] : known_) known.listed = known.listed || present.contains(id);
  std::erase_if(known_, [&](const auto& entry) {
    if (present.contains(entry.first)) return false;
    const HostView& view = entry.second.view;
    if (!entry.second.listed && now_ns - view.joined_ns < kUnlistedNs) return false;
    const bool silent = now_ns - view.last_seen_ns > kSilenceNs;
    changes_.push_back(
        {silent ? HostChange::What::kLost : HostChange::What::kLeft, view.about.name, view.about.addresses});
    return true;
  });
}

std::vector<HostView> Membership::hosts(std::int64_t now_ns) const {
  std::vector<HostView> hosts;
  for (const auto& [id, known] : known_) {
    hosts.push_back(known.view);
    hosts.back().clock = known.clock.best(now_ns);
  }
  std::ranges::sort(hosts, {}, [](const HostView& host) { return std::tie(host.about.name, host.id); });
  return hosts;
}

std::vector<HostChange> Membership::take_changes() { return std::exchange(changes_, {}); }

}  // namespace tactus::mesh
