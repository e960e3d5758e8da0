// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <sensor_msgs/msg/image.hpp>

#include "network_arm.hpp"
#include "tactus/middleware/broker_client.hpp"
#include "tactus/middleware/iceoryx_transport.hpp"
#include "tactus/middleware/publisher.hpp"
#include "tactus/middleware/subscriber.hpp"
#include "tactus/middleware/time.hpp"

namespace tactus::benchmarks {
namespace {

using sensor_msgs::msg::Image;
constexpr std::int64_t kLongestWaitNs = 100'000'000;

/// As a node on an executor does: sleeps on a doorbell.
class TactusEnd final : public NetworkEnd {
 public:
  explicit TactusEnd(const NetworkPlace& place)
      : bytes_{place.bytes},
        broker_{BrokerClient::ensure({BrokerClient::Kind::kProgram, "bench_network", ""})},
        transport_{make_iceoryx_transport(*broker_)} {
    const std::string ping = "/" + place.name + "/ping", pong = "/" + place.name + "/pong";
    const std::string node = "/" + place.name + (place.first ? "/first" : "/second");
    const DoorbellId id = broker_->allocate_doorbell();
    bell_ = &broker_->doorbells().doorbells.at(id);
    PublisherOptions out;
    out.node = node;
    out.topic = place.first ? ping : pong;
    out.type = &type_info<Image>();
    out.max_bytes = bytes_ + 256;
    out_port_ = transport_->create_publisher(out);
    SubscriberOptions in;
    in.node = node;
    in.topic = place.first ? pong : ping;
    in.type = &type_info<Image>();
    in.max_held = 1;
    in.doorbell = id;
    in_port_ = transport_->create_subscriber(in);
    out_ = Publisher<Image>{*out_port_};
    in_ = Subscriber<Image>{*in_port_};
  }

  void send(std::int64_t stamp_ns) override {
    auto loan = out_.loan();
    if (!loan) return;
    std::memcpy(loan->data.resize(bytes_, for_overwrite).data(), &stamp_ns, sizeof stamp_ns);
    out_.publish(std::move(loan));
  }
  std::optional<std::int64_t> take() override {
    const auto sample = in_.take();
    if (!sample) return std::nullopt;
    std::int64_t stamp_ns = 0;
    std::memcpy(&stamp_ns, sample->data.data(), sizeof stamp_ns);
    return stamp_ns;
  }
  void wait() override {
    bell_->wait_until(monotonic_ns() + kLongestWaitNs);
    bell_->answer();
  }

 private:
  std::size_t bytes_;
  std::unique_ptr<BrokerClient> broker_;
  std::unique_ptr<Transport> transport_;
  Doorbell* bell_ = nullptr;
  std::unique_ptr<UntypedPublisher> out_port_;
  std::unique_ptr<UntypedSubscriber> in_port_;
  Publisher<Image> out_;
  Subscriber<Image> in_;
};

}  // namespace

std::unique_ptr<NetworkEnd> make_network_end(const NetworkPlace& place) {
  return std::make_unique<TactusEnd>(place);
}

}  // namespace tactus::benchmarks
