// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <sensor_msgs/msg/image.hpp>
#include <tactus/node.hpp>

#include "camera.hpp"
#include "pose_message.hpp"
#include "renderer.hpp"
#include "rig.hpp"
#include "room.hpp"
#include "sensor_noise.hpp"
#include "trajectory.hpp"

/// The stereo camera of the synthetic headset: pictures of a furnished room from where the head truly is. A
/// node of its own, so that drawing never delays the IMU.
class SyntheticCamera final : public tactus::Node {
 public:
  explicit SyntheticCamera(tactus::NodeContext& context)
      : seed_{context.parameter<std::uint64_t>(
            "seed", 7, {.min = 0, .help = "trajectory, room and noise; the headset's"})},
        camera_{camera(context)},
        noise_{seed_, context.parameter(
                          "noise", 2.0,
                          {.min = 0, .max = 30, .unit = "gray", .help = "standard deviation per pixel"})},
        trajectory_{seed_},
        left_{context, "left", "camera_left", camera_, xr::synthetic_rig().left},
        right_{context, "right", "camera_right", camera_, xr::synthetic_rig().right} {}

  void start() override { renderer_ = std::make_unique<xr::Renderer>(camera_, xr::make_room(seed_)); }

  void step(const tactus::Cycle& cycle) override {
    const std::int64_t stamp = tactus::to_ns(cycle.released());
    if (cycle.index() == 0) {
      publish_info(left_, stamp);
      publish_info(right_, stamp);
    }
    publish_image(left_, cycle.released());
    publish_image(right_, cycle.released());
  }

 private:
  struct Eye {
    Eye(tactus::NodeContext& context, const std::string& side, const char* frame_id, const xr::Camera& camera,
        const xr::SensorPose& on_body)
        : frame{frame_id},
          pose{on_body},
          image{context.advertise<sensor_msgs::msg::Image>(
              side + "_image", {.max_bytes = kHeaderBytes + std::size_t{camera.width} * camera.height})},
          info{context.advertise<sensor_msgs::msg::CameraInfo>(side + "_camera_info",
                                                               {.max_bytes = kInfoBytes, .history = 1})} {}
    const char* frame;
    xr::SensorPose pose;
    tactus::Publisher<sensor_msgs::msg::Image> image;
    tactus::Publisher<sensor_msgs::msg::CameraInfo> info;
  };
  static constexpr std::size_t kHeaderBytes = 512, kInfoBytes = 1024;

  static xr::Camera camera(tactus::NodeContext& context) {
    const tactus::ParameterOptions size{.min = 16, .max = 4096, .unit = "pixels", .help = "of an image"};
    const auto width = context.parameter<std::uint32_t>("width", 640, size);
    const auto height = context.parameter<std::uint32_t>("height", 480, size);
    const double focal = context.parameter("focal_length", 400.0, {.min = 10, .max = 1e4, .unit = "pixels"});
    return {width, height, focal, focal, (width - 1) / 2.0, (height - 1) / 2.0};
  }

  void publish_info(Eye& eye, std::int64_t stamp) {
    if (auto info = eye.info.loan()) {
      xr::set_stamp_ns(info->header.stamp, stamp);
      info->header.frame_id = eye.frame;
      xr::write_camera_info(camera_, *info);
      eye.info.publish(std::move(info));
    }
  }

  void publish_image(Eye& eye, tactus::Time captured) {
    auto image = eye.image.loan();
    if (!image) return;
    const std::int64_t stamp = tactus::to_ns(captured);
    const double t = xr::Trajectory::seconds(stamp);
    const Eigen::Quaterniond body = trajectory_.orientation(t);
    xr::set_stamp_ns(image->header.stamp, stamp);
    image->header.frame_id = eye.frame;
    image->height = camera_.height;
    image->width = camera_.width;
    image->encoding = "mono8";
    image->step = camera_.width;
    const auto pixels =
        image->data.resize(std::size_t{camera_.width} * camera_.height, tactus::for_overwrite);
    renderer_->render(trajectory_.position(t) + body * eye.pose.position, body * eye.pose.orientation,
                      pixels);
    noise_.add(stamp, &eye == &left_ ? 0 : 1, pixels);
    image.captured_at(captured);
    eye.image.publish(std::move(image));
  }

  std::uint64_t seed_;
  xr::Camera camera_;
  xr::SensorNoise noise_;
  xr::Trajectory trajectory_;
  Eye left_, right_;
  std::unique_ptr<xr::Renderer> renderer_;
};
TACTUS_NODE(SyntheticCamera)
