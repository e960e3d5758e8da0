// SPDX-License-Identifier: Apache-2.0
#include <std_msgs/msg/u_int64.hpp>
#include <tactus/node.hpp>

/// Counts the numbers that do not follow the one before them.
class Gapless final : public tactus::Node {
 public:
  explicit Gapless(tactus::NodeContext& context)
      : in_{context.subscribe<std_msgs::msg::UInt64>("in", {.depth = 200})},
        gaps_{context.metric("gaps")},
        interval_{context.metric("interval", {.unit = "ms", .help = "between two messages"})} {}

  void step(const tactus::Cycle&) override {
    while (auto in = in_.take()) {
      if (last_ != 0 && in->data != last_ + 1) gaps_.record(static_cast<double>(in->data) - last_);
      if (last_ != 0) interval_.record(static_cast<double>((in.published() - when_).count()) * 1e-6);
      last_ = in->data;
      when_ = in.published();
    }
  }

 private:
  tactus::Subscriber<std_msgs::msg::UInt64> in_;
  tactus::Metric gaps_, interval_;
  std::uint64_t last_ = 0;
  tactus::Time when_{};
};
TACTUS_NODE(Gapless)
