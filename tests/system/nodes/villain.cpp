// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <std_msgs/msg/u_int64.hpp>
#include <stdexcept>
#include <tactus/node.hpp>
#include <thread>

/// Publishes 1, 2, 3 ... and does something bad in step `at`: throw, contract, segv, abort, stack, exit,
/// spin, lock, sleep. With `deed` "start" its start() crashes.
class Villain final : public tactus::Node {
 public:
  explicit Villain(tactus::NodeContext& context)
      : context_{context},
        number_{context.advertise<std_msgs::msg::UInt64>("number")},
        deed_{context.parameter("deed", "none", {.help = "what it does"})},
        at_{context.parameter("at", std::int64_t{50}, {.help = "in which step"})} {}

  void start() override {
    if (deed_ == "start") std::abort();
  }
  void step(const tactus::Cycle&) override {
    if (++steps_ == at_) do_it();
    publish();
  }
  void run(std::stop_token stop) override {
    while (!stop.stop_requested()) {
      if (++steps_ == at_) do_it();
      publish();
      context_.wait_until(context_.now() + std::chrono::milliseconds{5});
    }
  }

 private:
  void publish() {
    if (auto number = number_.loan()) {
      number->data = static_cast<std::uint64_t>(steps_);
      number_.publish(std::move(number));
    }
  }
  void do_it() {
    if (deed_ == "throw") throw std::runtime_error{"the test wants it so"};
    if (deed_ == "contract") number_.publish({});
    if (deed_ == "segv") std::raise(SIGSEGV);
    if (deed_ == "abort") std::abort();
    if (deed_ == "stack") deeper(1);
    if (deed_ == "exit") std::exit(0);
    if (deed_ == "spin") spin_for_ever();
    if (deed_ == "lock") lock_twice();
    if (deed_ == "sleep") std::this_thread::sleep_for(std::chrono::milliseconds{500});
  }
  __attribute__((noinline)) void spin_for_ever() {
    for (volatile bool go_on = true; go_on;) continue;
  }
  __attribute__((noinline)) void lock_twice() {
    mutex_.lock();
    mutex_.lock();
  }
  __attribute__((noinline)) static int deeper(int depth) {
    volatile char frame[4096];
    frame[0] = static_cast<char>(depth);
    return deeper(depth + 1) + frame[0];
  }

  tactus::NodeContext& context_;
  tactus::Publisher<std_msgs::msg::UInt64> number_;
  std::string deed_;
  std::int64_t at_;
  std::int64_t steps_ = 0;
  std::mutex mutex_;
};
TACTUS_NODE(Villain)
