// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <std_msgs/msg/u_int64.hpp>
#include <tactus/node.hpp>
#include <tactus/program.hpp>

namespace {

std::uint64_t first = 0;  // main() sets it

}  // namespace

/// Publishes 1001, 1002 ...: counted from what main() has set. A program instead of a shared object.
class OwnMain final : public tactus::Node {
 public:
  explicit OwnMain(tactus::NodeContext& context)
      : context_{context},
        number_{context.advertise<std_msgs::msg::UInt64>("number")},
        by_{context.parameter("by", std::int64_t{1}, {.min = 1, .max = 10, .help = "counted in steps of"})},
        crash_at_{context.parameter("crash_at", std::int64_t{0}, {.help = "0 = never"})} {}

  void start() override { context_.log().info("counts from {}", first); }
  void step(const tactus::Cycle& cycle) override {
    if (crash_at_ != 0 && static_cast<std::int64_t>(cycle.index()) == crash_at_) std::raise(SIGSEGV);
    if (auto number = number_.loan()) {
      number->data = first + static_cast<std::uint64_t>(by_) * (cycle.index() + 1);
      number_.publish(std::move(number));
    }
  }

 private:
  tactus::NodeContext& context_;
  tactus::Publisher<std_msgs::msg::UInt64> number_;
  std::int64_t by_, crash_at_;
};
TACTUS_NODE(OwnMain)

int main(int argc, char** argv) {
  first = 1000;
  return tactus::run_program(argc, argv);
}
