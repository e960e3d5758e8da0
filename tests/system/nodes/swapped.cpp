// SPDX-License-Identifier: Apache-2.0
// One node in many builds: SWAP_VERSION, and one of the SWAP_... that say what is wrong with it, or how it is
// called.
#include <csignal>
#include <cstdlib>
#include <std_msgs/msg/u_int32.hpp>
#include <std_msgs/msg/u_int64.hpp>
#include <stdexcept>
#include <tactus/coroutine.hpp>
#include <tactus/node.hpp>
#include <tactus/state.hpp>
#include <thread>

#ifndef SWAP_VERSION
#define SWAP_VERSION 2
#endif
#ifdef SWAP_OTHER_TYPE
using Out = std_msgs::msg::UInt32;
#else
using Out = std_msgs::msg::UInt64;
#endif
#ifdef SWAP_COROUTINE
using Base = tactus::CoroutineNode;
#else
using Base = tactus::Node;
#endif
#ifdef SWAP_OTHER_DEPTH
constexpr tactus::InputOptions kIn{.depth = 100};
#else
constexpr tactus::InputOptions kIn{.depth = 200};
#endif
#ifdef SWAP_UNIQUE
struct __attribute__((visibility("default"))) Pinned {
  static inline int pin = 1;
};
template <typename T>
__attribute__((visibility("default"), noinline)) int& unique() {
  static int value = Pinned::pin;
  return value;
}
#endif
#ifdef SWAP_MISSING_SYMBOL
extern "C" void nobody_defines_this();
#endif

/// Sends every number on, and counts them over all its builds.
class Swapped final : public Base, public tactus::Stateful {
 public:
  explicit Swapped(tactus::NodeContext& context)
      :
#ifdef SWAP_COROUTINE
        CoroutineNode{context},
#endif
        context_{context},
        in_{context.subscribe<std_msgs::msg::UInt64>("in", kIn)},
        out_{context.advertise<Out>("out")},
        handled_{context.metric("handled", {.help = "so far, by all builds"})},
        version_{context.metric("version", {.help = "of the build"})},
        add_{context.parameter("add", std::int64_t{0}, {.min = 0, .max = 1000})} {
#ifdef SWAP_CONSTRUCTOR_THROWS
    throw std::runtime_error{"the constructor does not like it here"};
#endif
#ifdef SWAP_CONSTRUCTOR_CRASHES
    std::raise(SIGSEGV);
#endif
#ifdef SWAP_CONSTRUCTOR_HANGS
    for (volatile bool go_on = true; go_on;) continue;
#endif
#ifdef SWAP_OTHER_PORT
    static_cast<void>(context.advertise<std_msgs::msg::UInt64>("more"));
#endif
#ifdef SWAP_UNIQUE
    unique<int>() = 2;
#endif
#ifdef SWAP_MISSING_SYMBOL
    nobody_defines_this();
#endif
  }

  void start() override {
#ifdef SWAP_START_THROWS
    throw std::runtime_error{"no camera is there"};
#endif
#ifdef SWAP_LEAVES_THREAD
    std::thread{[] {
      for (;;) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }}.detach();
#endif
  }

#if defined SWAP_LOOPING
  void run(std::stop_token stop) override {
    while (!stop.stop_requested()) {
      send_on();
      context_.wait_until(context_.now() + std::chrono::milliseconds{100});
    }
  }
#elif defined SWAP_COROUTINE
  tactus::Task<> main() override {
    for (;;) send(*co_await in_.next());
  }
#else
  void step(const tactus::Cycle&) override { send_on(); }
#endif

  [[nodiscard]] std::uint32_t state_version() const noexcept override { return SWAP_VERSION; }
  void save(tactus::StateWriter& to) const override { to.put(count_); }
  void restore(tactus::StateReader& from, std::uint32_t version) override {
#ifdef SWAP_RESTORE_THROWS
    throw std::runtime_error{"cannot read version " + std::to_string(version)};
#endif
    static_cast<void>(version);
#ifndef SWAP_RESTORE_READS_NOTHING
    count_ = from.get<std::uint64_t>();
#endif
  }

 private:
  void send_on() {
    while (auto in = in_.take()) send(*in);
  }
  void send(const std_msgs::msg::UInt64& in) {
    handled_.record(static_cast<double>(++count_));
    version_.record(SWAP_VERSION);
    auto out = out_.loan();
    if (!out) return;
    out->data = static_cast<decltype(out->data)>(in.data + static_cast<std::uint64_t>(add_));
    out_.publish(std::move(out));
  }

  tactus::NodeContext& context_;
  tactus::Subscriber<std_msgs::msg::UInt64> in_;
  tactus::Publisher<Out> out_;
  tactus::Metric handled_, version_;
  std::int64_t add_;
  std::uint64_t count_ = 0;
};
TACTUS_NODE(Swapped)
