// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "flight_log.hpp"
#include "lineage.hpp"
#include "tactus/middleware/transport.hpp"

namespace tactus {

/// Where a type keeps `header.stamp`; empty for types without a std_msgs Header as field "header".
[[nodiscard]] std::optional<std::uint32_t> stamp_offset(const TypeInfo& type);

/// An input of a node, between the transport and the node's handle. A free input passes everything
/// through. A gated input (one that triggers its node) shows the node exactly the sample its release
/// was made for: the executor peeks, admits it, calls the node and closes the gate again. A free input of a
/// node that is called shows what was published before the call: what comes meanwhile is for the next one.
/// Thread: the node's; release() any.
class InputPort final : public UntypedSubscriber {
 public:
  /// `lineage` is told what the node takes and gives back, `flight` what it takes and lost; both outlive the
  /// port.
  InputPort(std::unique_ptr<UntypedSubscriber> inner, Lineage& lineage, FlightLog& flight);
  ~InputPort() override;

  /// From now on the node sees admitted samples only. Before the first take.
  void gate() { gated_ = true; }
  /// header.stamp of the sample that peek() has shown, else its capture time.
  [[nodiscard]] std::int64_t stamp_ns() const noexcept;
  /// Of the newest sample that has been looked at; 0: none yet, or one without an identity.
  [[nodiscard]] std::uint32_t clock_id() const noexcept { return clock_id_; }
  /// Sample header of the oldest waiting sample; nullptr when nothing waits.
  [[nodiscard]] const SampleHeader* peek() noexcept;
  /// Shows the oldest waiting sample to the node, once.
  void admit() { admitted_ = peek() != nullptr; }
  /// Gives the oldest waiting sample back unseen, counted.
  void discard();
  /// Ends the release: an admitted sample that the node did not take is given back.
  void close();
  /// From now on the node sees messages published until `now_ns` of the group's clock. Free inputs.
  void freeze(std::int64_t now_ns) noexcept { frozen_ns_ = now_ns; }
  /// From now on all that has come counts: between the calls of a node that waits for data itself.
  void thaw() noexcept { frozen_ns_.reset(); }
  /// Publish time of the newest message that the node took or could take; nothing before the first.
  [[nodiscard]] std::optional<std::int64_t> newest_ns() noexcept;

  [[nodiscard]] const ConstChunk* take() noexcept override;
  void release(const ConstChunk& chunk) noexcept override;
  /// For the node: what take() would give. For the executor of a gated input: see waiting().
  [[nodiscard]] bool has_data() const noexcept override;
  /// True when a sample waits for a release.
  [[nodiscard]] bool waiting() const noexcept { return front_ != nullptr || inner_->has_data(); }
  [[nodiscard]] EndpointCounts counts() const noexcept override { return inner_->counts(); }
  [[nodiscard]] const SubscriberOptions& options() const noexcept override { return inner_->options(); }
  [[nodiscard]] std::uint32_t page_index() const noexcept override { return inner_->page_index(); }
  void count_unmatched() noexcept override { inner_->count_unmatched(); }
  void warm() noexcept override;

 private:
  [[nodiscard]] bool comes_later(const ConstChunk& chunk) const noexcept;
  void drop_front();
  void record_drops() noexcept;
  const ConstChunk* hand_out_front() noexcept;

  std::unique_ptr<UntypedSubscriber> inner_;
  Lineage& lineage_;
  HeldOrigins& held_;
  FlightLog& flight_;
  std::optional<std::uint32_t> stamp_offset_;
  const ConstChunk* front_ = nullptr;  ///< the oldest, that nobody was given yet
  std::uint32_t clock_id_ = 0;
  std::uint64_t dropped_ = 0;  ///< that the recorder knows of
  bool gated_ = false;
  bool admitted_ = false;
  std::optional<std::int64_t> frozen_ns_;
  std::optional<std::int64_t> newest_ns_;
};

}  // namespace tactus
