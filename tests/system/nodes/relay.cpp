// SPDX-License-Identifier: Apache-2.0
#include <std_msgs/msg/u_int64.hpp>
#include <tactus/node.hpp>

/// Sends every number on, plus `add`.
class Relay final : public tactus::Node {
 public:
  explicit Relay(tactus::NodeContext& context)
      : in_{context.subscribe<std_msgs::msg::UInt64>("in")},
        out_{context.advertise<std_msgs::msg::UInt64>("out")},
        add_{context.parameter("add", std::int64_t{0},
                               {.min = 0, .max = 1000, .help = "added to each number"})},
        number_{context.metric("number", {.unit = "1", .help = "what was sent on"})} {}

  void step(const tactus::Cycle&) override {
    while (auto in = in_.take()) {
      auto out = out_.loan();
      if (!out) continue;
      out->data = in->data + static_cast<std::uint64_t>(add_);
      number_.record(static_cast<double>(out->data));
      out_.publish(std::move(out));
    }
  }

 private:
  tactus::Subscriber<std_msgs::msg::UInt64> in_;
  tactus::Publisher<std_msgs::msg::UInt64> out_;
  std::int64_t add_;
  tactus::Metric number_;
};
TACTUS_NODE(Relay)
