// SPDX-License-Identifier: Apache-2.0
// A node that breaks one promise, the one its parameter names.
#include <fcntl.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <std_msgs/msg/float64.hpp>
#include <std_msgs/msg/header.hpp>
#include <stdexcept>
#include <string>
#include <tactus/node.hpp>
#include <tactus/state.hpp>
#include <thread>

namespace {

/// Its destructor at the end of each thread holds the shared object in the process.
struct Holder {
  ~Holder() { value = 0; }
  volatile int value = 0;
};
thread_local Holder holder;

int constructed = 0;

}  // namespace

class Faulty final : public tactus::Node, public tactus::Stateful {
 public:
  explicit Faulty(tactus::NodeContext& context)
      : fault_{context.parameter("fault", "", {.help = "the promise that is broken"})},
        number_{context.subscribe<std_msgs::msg::Float64>("number")},
        header_{context.subscribe<std_msgs::msg::Header>("header")},
        out_{context.advertise<std_msgs::msg::Float64>("out")} {
    if (fault_ == "opens") static_cast<void>(open("/dev/null", O_RDONLY));
    if (fault_ == "changes" && constructed++ > 0) static_cast<void>(context.parameter("more", 1.0));
    if (fault_ == "holds") holder.value = 1;
  }

  void start() override {
    if (fault_ == "leaks") leaked_ = new std::string(1000, 'x');
  }

  [[nodiscard]] std::uint32_t state_version() const noexcept override { return 1; }
  void save(tactus::StateWriter& to) const override {
    to.put(newest_);
    if (fault_ == "saves otherwise") to.put(saves_++);
  }
  void restore(tactus::StateReader& from, std::uint32_t) override {
    if (fault_ == "restores nothing") return;
    newest_ = from.get<std::uint32_t>();
    if (fault_ == "restores otherwise") ++newest_;
  }

  void step(const tactus::Cycle& cycle) override {
    const auto number = number_.latest();
    const auto header = header_.latest();
    if (fault_ == "needs input" && !number) std::abort();
    if (fault_ == "allocates") text_ = std::string(100 + cycle.index() % 2 * 200, 'x'), text_.shrink_to_fit();
    if (fault_ == "hangs" && number && std::isinf(number->data))
      std::this_thread::sleep_for(std::chrono::hours{1});
    if (fault_ == "throws" && number && std::isnan(number->data)) throw std::invalid_argument{"NaN came"};
    if (fault_ == "orders" && header) check_order(header->stamp.nanosec);
    auto out = out_.loan();
    if (fault_ == "needs loans" || out) out->data = 1;
    if (out) out_.publish(std::move(out));
  }

 private:
  void check_order(std::uint32_t now) {
    if (now < newest_) throw std::logic_error{"time went back"};
    newest_ = now;
  }

  std::string fault_, text_;
  tactus::Subscriber<std_msgs::msg::Float64> number_;
  tactus::Subscriber<std_msgs::msg::Header> header_;
  tactus::Publisher<std_msgs::msg::Float64> out_;
  std::uint32_t newest_ = 0;
  mutable std::uint32_t saves_ = 0;
  std::string* leaked_ = nullptr;
};
TACTUS_NODE(Faulty)
