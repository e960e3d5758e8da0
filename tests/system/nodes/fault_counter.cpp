// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <std_msgs/msg/u_int64.hpp>
#include <tactus/node.hpp>

/// Sends every number on and records the page faults of its thread since the last call.
class FaultCounter final : public tactus::Node {
 public:
  explicit FaultCounter(tactus::NodeContext& context)
      : in_{context.subscribe<std_msgs::msg::UInt64>("in")},
        out_{context.advertise<std_msgs::msg::UInt64>("out")},
        warm_up_{context.parameter("warm_up", std::int64_t{100}, {.help = "calls that do not count"})},
        faults_{context.metric("page_faults")} {}

  void step(const tactus::Cycle& cycle) override {
    while (auto in = in_.take()) {
      if (auto out = out_.loan()) {
        out->data = in->data;
        out_.publish(std::move(out));
      }
    }
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    const long faults = usage.ru_minflt + usage.ru_majflt;
    if (cycle.index() >= static_cast<std::uint64_t>(warm_up_))
      faults_.record(static_cast<double>(faults - before_));
    before_ = faults;
  }

 private:
  tactus::Subscriber<std_msgs::msg::UInt64> in_;
  tactus::Publisher<std_msgs::msg::UInt64> out_;
  std::int64_t warm_up_;
  tactus::Metric faults_;
  long before_ = 0;
};
TACTUS_NODE(FaultCounter)
