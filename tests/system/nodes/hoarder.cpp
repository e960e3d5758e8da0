// SPDX-License-Identifier: Apache-2.0
#include <std_msgs/msg/u_int64.hpp>
#include <tactus/node.hpp>
#include <vector>

/// Holds 8 loans, all that a publisher may have, and 200 samples.
class Hoarder final : public tactus::Node {
 public:
  explicit Hoarder(tactus::NodeContext& context)
      : in_{context.subscribe<std_msgs::msg::UInt64>("in", {.depth = 16, .max_held = 201})},
        out_{context.advertise<std_msgs::msg::UInt64>("out", {.max_loans = 8})},
        held_{context.metric("held", {.help = "samples"})} {
    loans_.reserve(8);
    samples_.reserve(200);
  }

  void step(const tactus::Cycle&) override {
    while (loans_.size() < 8) loans_.push_back(out_.loan());
    while (auto in = in_.take()) {
      if (samples_.size() < 200) samples_.push_back(std::move(in));
      held_.record(static_cast<double>(samples_.size()));
    }
  }

 private:
  tactus::Subscriber<std_msgs::msg::UInt64> in_;
  tactus::Publisher<std_msgs::msg::UInt64> out_;
  tactus::Metric held_;
  std::vector<tactus::Loan<std_msgs::msg::UInt64>> loans_;
  std::vector<tactus::Sample<std_msgs::msg::UInt64>> samples_;
};
TACTUS_NODE(Hoarder)
