// SPDX-License-Identifier: Apache-2.0
#include <std_msgs/msg/u_int64.hpp>
#include <tactus/node.hpp>
#include <thread>

/// Publishes 1, 2, 3 ...: one number per step. Takes its time, throws or never comes back where told to.
class Ticker final : public tactus::Node {
 public:
  explicit Ticker(tactus::NodeContext& context)
      : number_{context.advertise<std_msgs::msg::UInt64>("number")},
        fail_at_{context.parameter("fail_at", std::int64_t{0}, {.help = "throw at this step; 0 = never"})},
        hang_at_{context.parameter("hang_at", std::int64_t{0},
                                   {.help = "never return from this step; 0 = never"})},
        work_ms_{context.parameter("work_ms", std::int64_t{0}, {.unit = "ms", .help = "of every step"})} {}

  void step(const tactus::Cycle&) override {
    ++steps_;
    while (steps_ == hang_at_) std::this_thread::sleep_for(std::chrono::seconds{1});
    std::this_thread::sleep_for(std::chrono::milliseconds{work_ms_});
    if (fail_at_ != 0 && steps_ >= fail_at_) throw std::runtime_error{"the test wants it so"};
    if (auto number = number_.loan()) {
      number->data = static_cast<std::uint64_t>(steps_);
      number_.publish(std::move(number));
    }
  }

 private:
  tactus::Publisher<std_msgs::msg::UInt64> number_;
  std::int64_t fail_at_;
  std::int64_t hang_at_;
  std::int64_t work_ms_;
  std::int64_t steps_ = 0;
};
TACTUS_NODE(Ticker)
