// SPDX-License-Identifier: Apache-2.0
#include "tactus/middleware/time.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <limits>

#include "tactus/middleware/group_clock.hpp"

namespace tactus {
namespace {

std::int64_t read(clockid_t clock) noexcept {
  timespec time{};
  clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

const ClockPage& own_clock() noexcept {
  static ClockPage page;
  static const bool set = [] {
    page.set({read(CLOCK_REALTIME), monotonic_ns(), 1, 0});
    return true;
  }();
  static_cast<void>(set);
  return page;
}

std::atomic<const ClockPage*> followed{nullptr};

}  // namespace

std::int64_t monotonic_ns() noexcept { return read(CLOCK_MONOTONIC); }

Time GroupClock::at(std::int64_t monotonic_ns) const noexcept {
  const std::int64_t since = monotonic_ns - start_ns;
  if (rate == 1) return from_ns(base_ns + since);
  return from_ns(base_ns + static_cast<std::int64_t>(std::floor(rate * static_cast<double>(since))));
}

std::int64_t GroupClock::monotonic_at(Time time) const noexcept {
  constexpr double kForeverNs = 3.2e18;  // a hundred years
  if (to_ns(time) <= base_ns) return start_ns;
  const std::int64_t ahead = to_ns(time) - base_ns;
  const double since = rate == 1 ? static_cast<double>(ahead) : static_cast<double>(ahead) / rate;
  if (since >= kForeverNs) return std::numeric_limits<std::int64_t>::max();
  if (rate == 1) return start_ns + ahead;
  std::int64_t instant = start_ns + static_cast<std::int64_t>(since);
  while (at(instant) >= time) --instant;  // both: what the division rounded
  while (at(instant) < time) ++instant;
  return instant;
}

// A sequence lock: readers try again when the version moved under them.
void ClockPage::set(const GroupClock& clock) noexcept {
  version_.fetch_add(1, std::memory_order_acq_rel);
  id_.store(clock.id, std::memory_order_release);
  base_ns_.store(clock.base_ns, std::memory_order_release);
  start_ns_.store(clock.start_ns, std::memory_order_release);
  rate_.store(clock.rate, std::memory_order_release);
  version_.fetch_add(1, std::memory_order_release);
}

GroupClock ClockPage::read() const noexcept {
  for (;;) {
    const std::uint32_t before = version_.load(std::memory_order_acquire);
    const GroupClock clock{base_ns_.load(std::memory_order_acquire),
                           start_ns_.load(std::memory_order_acquire), rate_.load(std::memory_order_acquire),
                           id_.load(std::memory_order_acquire)};
    if (before % 2 == 0 && version_.load(std::memory_order_relaxed) == before) return clock;
  }
}

void ClockPage::set_remote(std::span<const RemoteClock> clocks) noexcept {
  remote_version_.fetch_add(1, std::memory_order_acq_rel);
  for (std::size_t i = 0; i < remote_.size(); ++i) {
    const RemoteClock clock = i < clocks.size() ? clocks[i] : RemoteClock{};
    remote_[i].id.store(clock.id, std::memory_order_release);
    remote_[i].offset_ns.store(clock.offset_ns, std::memory_order_release);
    remote_[i].uncertainty_ns.store(clock.uncertainty_ns, std::memory_order_release);
    remote_[i].measured_ns.store(clock.measured_ns, std::memory_order_release);
  }
  remote_version_.fetch_add(1, std::memory_order_release);
}

std::optional<RemoteClock> ClockPage::find_remote(std::uint32_t id) const noexcept {
  for (;;) {
    const std::uint32_t before = remote_version_.load(std::memory_order_acquire);
    std::optional<RemoteClock> found;
    for (const Remote& remote : remote_) {
      if (found || remote.id.load(std::memory_order_acquire) != id) continue;
      found = RemoteClock{id, remote.offset_ns.load(std::memory_order_acquire),
                          remote.uncertainty_ns.load(std::memory_order_acquire),
                          remote.measured_ns.load(std::memory_order_acquire)};
    }
    if (before % 2 == 0 && remote_version_.load(std::memory_order_relaxed) == before) return found;
  }
}

namespace {

const ClockPage& followed_page() noexcept {
  const ClockPage* page = followed.load(std::memory_order_acquire);
  return page != nullptr ? *page : own_clock();
}

}  // namespace

GroupClock group_clock() noexcept { return followed_page().read(); }

std::optional<ClockReading> on_group_clock(Time time, std::uint32_t clock_id) noexcept {
  const ClockPage& page = followed_page();
  if (clock_id == 0 || clock_id == page.read().id) return ClockReading{time};
  const auto remote = page.find_remote(clock_id);
  if (!remote) return std::nullopt;
  const std::int64_t age_ns = std::max<std::int64_t>(0, monotonic_ns() - remote->measured_ns);
  return ClockReading{from_ns(clamped_difference(to_ns(time), remote->offset_ns)),
                      Duration{remote->uncertainty_ns + age_ns / 1'000'000 * kDriftPartsPerMillion}};
}

void follow_group_clock(const ClockPage& page) noexcept { followed.store(&page, std::memory_order_release); }

Time group_now() noexcept { return group_clock().at(monotonic_ns()); }

}  // namespace tactus
