// SPDX-License-Identifier: Apache-2.0
#include <ros/callback_queue.h>
#include <ros/ros.h>
#include <std_msgs/UInt8MultiArray.h>

#include <cstring>
#include <deque>
#include <map>

#include "network_arm.hpp"

namespace tactus::benchmarks {
namespace {

/// ROS 1 over TCP without delay; needs a rosmaster.
class RosEnd final : public NetworkEnd {
 public:
  explicit RosEnd(const NetworkPlace& place) {
    const std::string ping = "/" + place.name + "/ping", pong = "/" + place.name + "/pong";
    out_.data.resize(place.bytes);
    publisher_ = node_.advertise<std_msgs::UInt8MultiArray>(place.first ? ping : pong, 10);
    subscriber_ = node_.subscribe(place.first ? pong : ping, 10, &RosEnd::hear, this,
                                  ros::TransportHints().tcpNoDelay());
  }

  void send(std::int64_t stamp_ns) override {
    std::memcpy(out_.data.data(), &stamp_ns, sizeof stamp_ns);
    publisher_.publish(out_);
  }
  std::optional<std::int64_t> take() override {
    if (heard_.empty()) return std::nullopt;
    const std::int64_t stamp_ns = heard_.front();
    heard_.pop_front();
    return stamp_ns;
  }
  void wait() override { ros::getGlobalCallbackQueue()->callAvailable(ros::WallDuration(0.1)); }

 private:
  void hear(const std_msgs::UInt8MultiArray::ConstPtr& message) {
    std::memcpy(&heard_.emplace_back(), message->data.data(), sizeof(std::int64_t));
  }
  ros::NodeHandle node_;
  std_msgs::UInt8MultiArray out_;
  ros::Publisher publisher_;
  ros::Subscriber subscriber_;
  std::deque<std::int64_t> heard_;
};

}  // namespace

std::unique_ptr<NetworkEnd> make_network_end(const NetworkPlace& place) {
  std::map<std::string, std::string> remappings;
  ros::init(remappings, place.name + (place.first ? "_first" : "_second"),
            ros::init_options::NoSigintHandler | ros::init_options::NoRosout);
  return std::make_unique<RosEnd>(place);
}

}  // namespace tactus::benchmarks
