// SPDX-License-Identifier: Apache-2.0
#include "group_clocks.hpp"

#include <algorithm>

#include "memory_page.hpp"

namespace tactus::broker {
namespace {

std::string group_text(const std::string& group) {
  return group.empty() ? "the default group" : fmt::format("group '{}'", group);
}

std::string process_text(const Process& process) {
  return fmt::format("process {} ({})", process.pid, process.name);
}

}  // namespace

GroupClocks::~GroupClocks() {
  for (const auto& [group, entry] : groups_) close_page(entry);
}

int GroupClocks::fd(const std::string& group) { return entry(group).fd; }

GroupClocks::Entry& GroupClocks::entry(const std::string& group) {
  if (const auto known = groups_.find(group); known != groups_.end()) return known->second;
  const auto [fd, page] = make_page<ClockPage>("tactus-clock");
  const auto utc = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  page->set({to_ns(utc), monotonic_ns(), 1, ids_() | 1U});
  return groups_.emplace(group, Entry{fd, page, "by default"}).first->second;
}

void GroupClocks::set_rate(const Process& asking, const std::map<std::uint32_t, Process>& all, double rate) {
  Entry& clock = entry(asking.group);
  const GroupClock old = clock.page->read();
  const auto user = std::ranges::find_if(all, [&](const auto& known) {
    const Process& other = known.second;
    return other.id != asking.id && other.group == asking.group && other.kind != "reader";
  });
  if (old.rate != rate && user != all.end()) {
    throw TransportError{
        TransportErrorCode::kBrokerRefused,
        fmt::format("the clock of {} runs at rate {} (set {}) and {} uses it: take that rate, end what uses "
                    "it, or choose another --group",
                    group_text(asking.group), old.rate, clock.set_by, process_text(user->second))};
  }
  if (old.rate != rate || user == all.end()) clock.set_by = "by " + process_text(asking);
  if (old.rate == rate) return;
  const std::int64_t now_ns = monotonic_ns();
  clock.page->set({to_ns(old.at(now_ns)), now_ns, rate, old.id});
}

void GroupClocks::set_remote(const std::string& group, std::span<const RemoteClock> clocks) {
  entry(group).page->set_remote(clocks);
}

void GroupClocks::sweep(const std::map<std::uint32_t, Process>& all) {
  std::erase_if(groups_, [&](const auto& known) {
    const bool used =
        std::ranges::any_of(all, [&](const auto& entry) { return entry.second.group == known.first; });
    if (!used) close_page(known.second);
    return !used;
  });
}

void GroupClocks::close_page(const Entry& entry) {
  munmap(entry.page, sizeof *entry.page);
  close(entry.fd);
}

}  // namespace tactus::broker
