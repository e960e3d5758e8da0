// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "flight_log.hpp"
#include "lineage.hpp"
#include "tactus/middleware/metric.hpp"
#include "tactus/middleware/transport.hpp"

namespace tactus {

/// An output of a node, between the node's handle and the transport: writes into every message what it
/// descends from, and measures the chains that end here. Thread: the node's.
class OutputPort final : public UntypedPublisher {
 public:
  /// `lineage` and `flight` outlive the port.
  OutputPort(std::unique_ptr<UntypedPublisher> inner, const Lineage& lineage, FlightLog& flight)
      : inner_{std::move(inner)}, lineage_{lineage}, flight_{flight} {}

  /// This output is the source of the chain.
  void begin_chain(std::uint32_t origin_id) { begins_.push_back(origin_id); }
  /// The chain ends here: the age of every message is recorded, in ms; without an origin as a rejected
  /// record.
  void end_chain(std::uint32_t origin_id, Metric age_ms) { ends_.push_back({origin_id, age_ms}); }

  /// On virtual time: what is published appears so much later.
  void appear_after(std::int64_t delay_ns) { delay_ns_ = delay_ns; }

  [[nodiscard]] Chunk* loan() noexcept override { return inner_->loan(); }
  void publish(Chunk& chunk) noexcept override;
  void release(Chunk& chunk) noexcept override { inner_->release(chunk); }
  [[nodiscard]] EndpointCounts counts() const noexcept override { return inner_->counts(); }
  [[nodiscard]] const PublisherOptions& options() const noexcept override { return inner_->options(); }
  [[nodiscard]] std::uint32_t page_index() const noexcept override { return inner_->page_index(); }
  void warm() noexcept override;

 private:
  struct End {
    std::uint32_t origin_id;
    Metric age_ms;
  };

  std::unique_ptr<UntypedPublisher> inner_;
  const Lineage& lineage_;
  FlightLog& flight_;
  std::vector<std::uint32_t> begins_;
  std::vector<End> ends_;
  std::int64_t delay_ns_ = 0;
  std::uint64_t sequence_ = 0;  ///< the transport's: all messages pass here
};

}  // namespace tactus
