// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <std_msgs/msg/u_int64.hpp>
#include <tactus/node.hpp>

namespace tactus::testing {
/// There when libtest_allocations.so is preloaded.
[[gnu::weak]] std::uint64_t allocations_of_this_thread() noexcept;
}  // namespace tactus::testing

/// Sends every number on and records what its thread did since the last call: page faults and, where they are
/// counted, heap allocations.
class FaultCounter final : public tactus::Node {
 public:
  explicit FaultCounter(tactus::NodeContext& context)
      : in_{context.subscribe<std_msgs::msg::UInt64>("in")},
        out_{context.advertise<std_msgs::msg::UInt64>("out")},
        warm_up_{context.parameter("warm_up", std::int64_t{100}, {.help = "calls that do not count"})},
        faults_{context.metric("page_faults")},
        allocations_{context.metric("allocations")} {}

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
    const bool counts = cycle.index() >= static_cast<std::uint64_t>(warm_up_);
    if (counts) faults_.record(static_cast<double>(faults - before_));
    before_ = faults;
    if (tactus::testing::allocations_of_this_thread == nullptr) return;
    const std::uint64_t allocations = tactus::testing::allocations_of_this_thread();
    if (counts) allocations_.record(static_cast<double>(allocations - allocations_before_));
    allocations_before_ = allocations;
  }

 private:
  tactus::Subscriber<std_msgs::msg::UInt64> in_;
  tactus::Publisher<std_msgs::msg::UInt64> out_;
  std::int64_t warm_up_;
  tactus::Metric faults_;
  tactus::Metric allocations_;
  long before_ = 0;
  std::uint64_t allocations_before_ = 0;
};
TACTUS_NODE(FaultCounter)
