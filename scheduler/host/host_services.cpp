// SPDX-License-Identifier: Apache-2.0
// What a host takes from the broker.
#include <fmt/format.h>

#include "tactus/middleware/broker_client.hpp"
#include "tactus/middleware/metric.hpp"
#include "tactus/scheduler/host.hpp"

namespace tactus {

HostServices broker_services(BrokerClient& broker, Transport& transport) {
  HostServices services;
  services.transport = &transport;
  services.add_node = [&broker](const std::string& node) {
    const std::uint32_t index = broker.add_node(node);
    return HostServices::Place{&broker.page().nodes.at(index), &broker.page().times.at(index), index};
  };
  services.add_worker = [&broker](std::string_view name, WorkerKind kind) {
    ProcessPage& page = broker.page();
    WorkerCounters* worker = add_worker(page, name, kind);
    if (worker == nullptr) {
      throw TransportError{
          TransportErrorCode::kBrokerRefused,
          fmt::format("'{}': a process holds at most {} executors and self-looping nodes: spread them over "
                      "more processes",
                      name, kMaxWorkersPerProcess)};
    }
    const auto index = static_cast<std::uint32_t>(worker - page.workers.data());
    return HostServices::WorkerPlace{worker, &page.recorders[index], index};
  };
  services.add_metric = [&broker](const NodeCounters& node, std::string_view name,
                                  std::string_view unit) -> MetricCounters& {
    const auto index = static_cast<std::uint32_t>(&node - broker.page().nodes.data());
    if (MetricCounters* metric = add_metric(broker.page(), name, unit, index)) return *metric;
    throw TransportError{TransportErrorCode::kBrokerRefused,
                         fmt::format("metric '{}': a process holds at most {} metrics: spread its nodes over "
                                     "more processes",
                                     name, kMaxMetricsPerProcess)};
  };
  services.add_bell = [&broker] {
    const DoorbellId id = broker.allocate_doorbell();
    return HostServices::Bell{id, &broker.doorbells().doorbells.at(id)};
  };
  services.add_degradation = [&broker](const std::string& text) { add_degradation(broker.page(), text); };
  services.log = [](const std::string& line) { fmt::print(stderr, "{}\n", line); };
  return services;
}

}  // namespace tactus
