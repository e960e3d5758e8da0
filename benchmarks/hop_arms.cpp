// SPDX-License-Identifier: Apache-2.0
#include "hop_arms.hpp"

#include <cstring>
#include <iceoryx_posh/popo/untyped_publisher.hpp>
#include <iceoryx_posh/popo/untyped_subscriber.hpp>
#include <iceoryx_posh/popo/wait_set.hpp>
#include <sensor_msgs/msg/image.hpp>
#include <span>
#include <stdexcept>
#include <thread>

#include "tactus/middleware/publisher.hpp"
#include "tactus/middleware/subscriber.hpp"

namespace tactus::benchmarks {
namespace {

using sensor_msgs::msg::Image;

constexpr std::size_t kCacheLine = 64;
constexpr std::uint32_t kDepth = 2;  // one message is under way; 8 MB each
constexpr std::int64_t kLongestWaitNs = 100'000'000;

void fill(std::span<std::byte> bytes, const Payload& payload, std::int64_t stamp_ns) {
  if (payload.touched) {
    for (std::size_t i = 0; i < bytes.size(); i += kCacheLine) bytes[i] = static_cast<std::byte>(stamp_ns);
  }
  std::memcpy(bytes.data(), &stamp_ns, sizeof stamp_ns);
}

std::int64_t read(std::span<const std::byte> bytes, const Payload& payload) {
  std::int64_t stamp_ns = 0;
  std::memcpy(&stamp_ns, bytes.data(), sizeof stamp_ns);
  if (payload.touched) {
    unsigned sum = 0;
    for (std::size_t i = 0; i < bytes.size(); i += kCacheLine) sum += static_cast<unsigned>(bytes[i]);
    asm volatile("" : : "r"(sum));
  }
  return stamp_ns;
}

/// True when there is something before the time is over; the clock is looked at less often.
template <typename Ready>
bool spin(std::int64_t spin_ns, Ready ready) {
  if (spin_ns == 0) return false;
  const std::int64_t until_ns = monotonic_ns() + spin_ns;
  do {
    for (int look = 0; look < 8; ++look)
      if (ready()) return true;
  } while (monotonic_ns() < until_ns);
  return false;
}

class TactusArm final : public Arm {
 public:
  TactusArm(BrokerClient& broker, Transport& transport, const ArmPlace& place) {
    const std::string ping = "/" + place.name + "/ping", pong = "/" + place.name + "/pong";
    const DoorbellId id = broker.allocate_doorbell();
    bell_ = &broker.doorbells().doorbells.at(id);
    const std::string node = place.first ? "/first" : "/second";
    out_port_ = transport.create_publisher({.node = node,
                                            .topic = place.first ? ping : pong,
                                            .type = &type_info<Image>(),
                                            .max_loans = 1,
                                            .max_bytes = place.bytes + 256});
    in_port_ = transport.create_subscriber({.node = node,
                                            .topic = place.first ? pong : ping,
                                            .type = &type_info<Image>(),
                                            .depth = kDepth,
                                            .max_held = 1,
                                            .doorbell = id});
    out_ = Publisher<Image>{*out_port_};
    in_ = Subscriber<Image>{*in_port_};
  }

  void send(const Payload& payload, std::int64_t stamp_ns) override {
    auto loan = out_.loan();
    if (!loan) throw std::runtime_error{"tactus: no loan"};
    fill(std::as_writable_bytes(loan->data.resize(payload.bytes, for_overwrite)), payload, stamp_ns);
    out_.publish(std::move(loan));
  }
  std::optional<std::int64_t> take(const Payload& payload) override {
    const auto sample = in_.take();
    if (!sample) return std::nullopt;
    return read(std::as_bytes(std::span{sample->data.data(), sample->data.size()}), payload);
  }
  void wait(std::int64_t spin_ns) override {
    if (!spin(spin_ns, [this] { return bell_->rung(); })) bell_->wait_until(monotonic_ns() + kLongestWaitNs);
    bell_->answer();
  }

 private:
  Doorbell* bell_;
  std::unique_ptr<UntypedPublisher> out_port_;
  std::unique_ptr<UntypedSubscriber> in_port_;
  Publisher<Image> out_;
  Subscriber<Image> in_;
};

iox::capro::ServiceDescription service(const std::string& name, const char* event) {
  using Id = iox::capro::IdString_t;
  return {Id{iox::cxx::TruncateToCapacity, name}, Id{"bare"}, Id{iox::cxx::TruncateToCapacity, event}};
}

class IceoryxArm final : public Arm {
 public:
  explicit IceoryxArm(const ArmPlace& place)
      : out_{service(place.name, place.first ? "ping" : "pong")},
        in_{service(place.name, place.first ? "pong" : "ping"), {kDepth}} {
    wait_set_.attachState(in_, iox::popo::SubscriberState::HAS_DATA).or_else([](auto) {
      throw std::runtime_error{"iceoryx: cannot attach to the WaitSet"};
    });
  }

  void send(const Payload& payload, std::int64_t stamp_ns) override {
    auto loan = out_.loan(static_cast<std::uint32_t>(payload.bytes));
    if (loan.has_error()) throw std::runtime_error{"iceoryx: no loan"};
    fill({static_cast<std::byte*>(loan.value()), payload.bytes}, payload, stamp_ns);
    out_.publish(loan.value());
  }
  std::optional<std::int64_t> take(const Payload& payload) override {
    const auto taken = in_.take();
    if (taken.has_error()) return std::nullopt;
    const std::int64_t stamp_ns =
        read({static_cast<const std::byte*>(taken.value()), payload.bytes}, payload);
    in_.release(taken.value());
    return stamp_ns;
  }
  void wait(std::int64_t spin_ns) override {
    if (!spin(spin_ns, [this] { return in_.hasData(); })) wait_set_.wait();
  }

 private:
  iox::popo::UntypedPublisher out_;
  iox::popo::UntypedSubscriber in_;
  iox::popo::WaitSet<> wait_set_;
};

}  // namespace

std::unique_ptr<Arm> make_tactus_arm(BrokerClient& broker, Transport& transport, const ArmPlace& place) {
  return std::make_unique<TactusArm>(broker, transport, place);
}

std::unique_ptr<Arm> make_iceoryx_arm(const ArmPlace& place) { return std::make_unique<IceoryxArm>(place); }

}  // namespace tactus::benchmarks
