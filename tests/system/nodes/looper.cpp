// SPDX-License-Identifier: Apache-2.0
#include <std_msgs/msg/u_int64.hpp>
#include <tactus/node.hpp>

/// Loops by itself: publishes a number every millisecond, or, with `hang`, never looks at its stop token.
class Looper final : public tactus::Node {
 public:
  explicit Looper(tactus::NodeContext& context)
      : context_{context},
        number_{context.advertise<std_msgs::msg::UInt64>("number")},
        hang_{context.parameter("hang", false, {.help = "ignore the request to stop"})} {}

  void run(std::stop_token stop) override {
    std::uint64_t count = 0;
    while (hang_ || !stop.stop_requested()) {
      if (auto number = number_.loan()) {
        number->data = ++count;
        number_.publish(std::move(number));
      }
      context_.wait_until(context_.now() + std::chrono::milliseconds{1});
    }
  }

 private:
  tactus::NodeContext& context_;
  tactus::Publisher<std_msgs::msg::UInt64> number_;
  bool hang_;
};
TACTUS_NODE(Looper)
