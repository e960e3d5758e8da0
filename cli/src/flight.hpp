// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flight_view.hpp"
#include "graph.hpp"

namespace tactus {
class BrokerClient;
}

/// The pages of all processes that call nodes: what `sched`, `top` and `trace` look at. Reading them disturbs
/// nobody.
namespace rtctl {

struct HostPage {
  Process process;
  std::shared_ptr<const tactus::ProcessPage> page;
};

class PageReader {
 public:
  /// Never starts a broker: throws Failure "nothing is running".
  explicit PageReader(const std::string& name);
  ~PageReader();
  PageReader(const PageReader&) = delete;
  PageReader& operator=(const PageReader&) = delete;

  /// Those of the group, of all groups when it is not given; those that ended a short time ago last. Throws
  /// Failure when there is none.
  [[nodiscard]] std::vector<HostPage> read(const std::optional<std::string>& group);

 private:
  std::unique_ptr<tactus::BrokerClient> client_;
};

/// A process that ended and runs again is shown as it runs.
[[nodiscard]] std::vector<HostPage> without_replaced(std::vector<HostPage> pages);

/// Their flight recorders.
[[nodiscard]] std::vector<tactus::FlightProcess> read_flights(const std::vector<HostPage>& pages);

}  // namespace rtctl
