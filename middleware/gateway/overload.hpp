// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <host_msgs/msg/canary.hpp>
#include <mutex>
#include <string>
#include <vector>

#include "admission.hpp"
#include "mesh.hpp"
#include "outbound.hpp"
#include "queue_delay.hpp"
#include "typed_topic.hpp"

namespace tactus::gateway {

/// Writes canaries every 50 ms while something is exported, on the thread whose queue they measure.
class CanaryWriter {
 public:
  static constexpr std::int64_t kEveryNs = 50'000'000;
  /// Throws dds::NetworkError.
  CanaryWriter(const dds::Participant& participant, const mesh::Mesh& mesh);

  /// May block while the socket does.
  void write_due();
  /// Any thread, as the rest. In the future, far away when none are wanted.
  [[nodiscard]] std::int64_t next_due_ns() const noexcept { return next_due_ns_; }
  void enable(bool yes) noexcept;
  /// Those written since the last call.
  [[nodiscard]] std::vector<Canary> take();

 private:
  std::uint64_t host_;
  mesh::TypedWriter<host_msgs::msg::Canary> writer_;
  std::uint64_t next_ = 1;
  std::atomic<std::int64_t> next_due_ns_;
  std::mutex mutex_;  ///< written_
  std::vector<Canary> written_;
};

/// What becomes of topics when more is to leave this host than the network takes (docs/design/gateway.md).
/// Thread: one.
class Overload {
 public:
  using Notice = std::function<void(const std::string&)>;
  Overload(const dds::Participant& participant, const mesh::Mesh& mesh, Notice notice);

  [[nodiscard]] CanaryWriter& canary() noexcept { return canary_; }
  /// What to shed and what to take back now; looks ten times a second, whenever it is called.
  [[nodiscard]] std::vector<Admission::Change> look(std::int64_t now_ns,
                                                    const std::vector<OutboundStatus>& exported,
                                                    const std::vector<Sheddable>& sheddable);
  [[nodiscard]] std::int64_t delay_ns() const noexcept { return delay_ns_; }

 private:
  void tell(bool before, std::int64_t now_ns, const std::vector<OutboundStatus>& exported);

  const mesh::Mesh& mesh_;
  Notice notice_;
  CanaryWriter canary_;
  QueueDelay queue_;
  Admission admission_;
  std::int64_t look_at_ns_ = 0;
  std::int64_t delay_ns_ = 0;
  std::int64_t began_ns_ = 0;
  std::uint64_t shed_before_ = 0;
};

}  // namespace tactus::gateway
