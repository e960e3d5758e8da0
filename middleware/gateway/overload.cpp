// SPDX-License-Identifier: Apache-2.0
#include "overload.hpp"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "tactus/middleware/group_clock.hpp"
#include "tactus/middleware/time.hpp"

namespace tactus::gateway {
namespace {

constexpr std::int64_t kLookNs = 100'000'000;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

std::uint64_t shed_of(const std::vector<OutboundStatus>& exported) {
  std::uint64_t sum = 0;
  for (const auto& one : exported) sum += one.counts.shed;
  return sum;
}

}  // namespace

CanaryWriter::CanaryWriter(const dds::Participant& participant, const mesh::Mesh& mesh)
    : host_{mesh.id()},
      writer_{participant, mesh::kCanaryTopic, mesh.canary_settings()},
      next_due_ns_{kNever} {}

void CanaryWriter::write_due() {
  const std::int64_t due_ns = next_due_ns_;
  if (monotonic_ns() < due_ns) return;
  Message<host_msgs::msg::Canary> canary;
  canary->host = host_;
  canary->number = next_;
  writer_.write(*canary, to_ns(group_now()));
  const std::int64_t now_ns = monotonic_ns();
  {
    const std::lock_guard lock{mutex_};
    written_.push_back({next_++, due_ns, now_ns});
  }
  // Those that were due meanwhile would have waited for this one.
  std::int64_t expected = due_ns;
  next_due_ns_.compare_exchange_strong(expected, std::max(due_ns + kEveryNs, now_ns));
}

void CanaryWriter::enable(bool yes) noexcept {
  if (!yes)
    next_due_ns_ = kNever;
  else if (next_due_ns_ == kNever)
    next_due_ns_ = monotonic_ns();
}

std::vector<Canary> CanaryWriter::take() {
  const std::lock_guard lock{mutex_};
  return std::exchange(written_, {});
}

Overload::Overload(const dds::Participant& participant, const mesh::Mesh& mesh, Notice notice)
    : mesh_{mesh}, notice_{std::move(notice)}, canary_{participant, mesh} {}

std::vector<Admission::Change> Overload::look(std::int64_t now_ns,
                                              const std::vector<OutboundStatus>& exported,
                                              const std::vector<Sheddable>& sheddable) {
  if (now_ns < look_at_ns_) return {};
  look_at_ns_ = now_ns + kLookNs;
  canary_.enable(!exported.empty());
  for (const Canary& canary : canary_.take()) queue_.written(canary);
  std::set<std::uint64_t> present;
  for (const auto& host : mesh_.hosts()) {
    present.insert(host.id);
    for (const auto& seen : host.ledger.canaries) {
      if (seen.host == mesh_.id())
        queue_.heard(host.id, seen.number, seen.received_ns, host.ledger.monotonic_ns);
    }
  }
  queue_.keep(present);
  delay_ns_ = queue_.look(now_ns, canary_.next_due_ns());
  const bool before = admission_.overloaded();
  auto changes = admission_.look(now_ns, delay_ns_, sheddable);
  if (before != admission_.overloaded()) tell(before, now_ns, exported);
  return changes;
}

void Overload::tell(bool before, std::int64_t now_ns, const std::vector<OutboundStatus>& exported) {
  if (!before) {
    began_ns_ = now_ns;
    shed_before_ = shed_of(exported);
    return notice_(fmt::format(
        "network: more is to leave this host than the network takes: samples wait {:.0f} ms. {} is shed, and "
        "more "
        "in the order of network: priorities, until they wait less than {:.0f} ms; rtctl topic info counts",
        static_cast<double>(delay_ns_) * 1e-6, admission_.shed().front(),
        static_cast<double>(Admission::kTakeBackBelowNs) * 1e-6));
  }
  notice_(fmt::format("network: all topics leave this host again; {} samples were shed within {:.0f} s",
                      shed_of(exported) - std::min(shed_before_, shed_of(exported)),
                      static_cast<double>(now_ns - began_ns_) * 1e-9));
}

}  // namespace tactus::gateway
