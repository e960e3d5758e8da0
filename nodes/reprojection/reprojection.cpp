// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numbers>
#include <sensor_msgs/msg/image.hpp>
#include <tactus/node.hpp>
#include <tf2_msgs/msg/tf_message.hpp>

#include "motion_message.hpp"
#include "timewarp.hpp"

/// Makes a frame of the display: the newest image of the camera, turned from where the head was when it was
/// taken to where the head will be when it is seen. Always publishes: black while something is missing, and
/// says what.
class Reprojection final : public tactus::Node {
 public:
  explicit Reprojection(tactus::NodeContext& context)
      : log_{context.log()},
        image_{context.subscribe<sensor_msgs::msg::Image>("image")},
        camera_info_{context.subscribe<sensor_msgs::msg::CameraInfo>("camera_info")},
        transforms_{context.subscribe<tf2_msgs::msg::TFMessage>("tf_static")},
        pose_{context.subscribe<geometry_msgs::msg::PoseStamped>("pose", {.depth = 64})},
        prediction_{context.subscribe<xr_msgs::msg::PredictedPose>("predicted_pose", {.depth = 64})},
        display_{display_from(context)},
        camera_frame_{context.parameter("camera_frame", "camera_left", {.help = "child frame in tf_static"})},
        latency_ns_{std::llround(
            1e6 *
            context.parameter(
                "display_latency", 11.1,
                {.min = 0, .max = 1000, .unit = "ms", .help = "from the begin of a frame to its light"}))},
        frame_{context.advertise<sensor_msgs::msg::Image>("frame", {.max_bytes = pixels() * 3 + 1024})},
        frame_pose_{context.advertise<xr_msgs::msg::PredictedPose>("frame_pose")},
        image_age_{context.metric("image_age", {.unit = "ms", .help = "of the image when it is displayed"})},
        pose_age_{
            context.metric("pose_age", {.unit = "ms", .help = "of the head pose when it is displayed"})},
        black_{context.metric("black_frames", {.help = "how many in a row, while something was missing"})},
        refused_{
            context.metric("refused_images", {.help = "1 each: damaged, or older than the head's history"})},
        warp_{display_} {}

  void step(const tactus::Cycle& cycle) override {
    // Poses before predictions: so the newest motion that this frame descends from is its prediction's.
    while (const auto pose = pose_.take()) history_.add(xr::read_pose(*pose));
    if (auto prediction = prediction_.latest()) predicted_ = std::move(prediction);
    take_camera();
    if (auto image = image_.latest()) take_image(std::move(image));

    const std::int64_t display_ns = tactus::to_ns(cycle.released()) + latency_ns_;
    if (const char* missing = find_missing())
      show_black(display_ns, missing);
    else
      show_picture(display_ns);
  }

  void stop() override {
    if (shown_ == 0) log_.warn("no picture was displayed: {}", find_missing());
  }

 private:
  static xr::Display display_from(tactus::NodeContext& context) {
    xr::Display display;
    display.width = context.parameter("width", 640U, {.min = 16, .max = 4096, .unit = "pixels"});
    display.height = context.parameter("height", 480U, {.min = 16, .max = 4096, .unit = "pixels"});
    display.field_of_view =
        std::numbers::pi / 180 *
        context.parameter("field_of_view", 70.0,
                          {.min = 10, .max = 160, .unit = "deg", .help = "horizontal, without the lens"});
    const char* help = "of the lens: a pixel at radius r is seen at r (1 + k1 r^2 + k2 r^4)";
    display.k1 = context.parameter("k1", 0.0, {.min = -1, .max = 1, .help = help});
    display.k2 = context.parameter("k2", 0.0, {.min = -1, .max = 1, .help = help});
    return display;
  }
  [[nodiscard]] std::size_t pixels() const { return std::size_t{display_.width} * display_.height; }

  void take_camera() {
    if (const auto info = camera_info_.latest()) {
      if (const char* defect = xr::defect_of(*info)) {
        if (!std::exchange(calibration_said_, true)) log_.warn("{}: it is ignored", defect);
      } else {
        warp_.set_camera(xr::camera_from(*info));
        calibrated_ = true;
      }
    }
    while (const auto message = transforms_.take()) {
      for (const auto& transform : message->transforms) {
        if (transform.child_frame_id != camera_frame_) continue;
        body_from_camera_ = xr::to_eigen(transform.transform.rotation).normalized();
      }
    }
  }

  void take_image(tactus::Sample<sensor_msgs::msg::Image> image) {
    const bool too_old = !history_.empty() && xr::stamp_ns(image->header.stamp) < history_.oldest().stamp_ns;
    const bool whole = channels_of(*image) != 0 && image->width > 1 && image->height > 1 &&
                       image->step >= std::uint64_t{image->width} * channels_of(*image) &&
                       image->data.size() >= std::uint64_t{image->step} * image->height;
    if (too_old || !whole) {
      refused_.record(1);
      if (!whole && !std::exchange(damage_said_, true))
        log_.warn("an image of {} x {}, step {}, '{}' with {} bytes is refused: mono8 and rgb8 are known",
                  image->width, image->height, image->step, std::string_view{image->encoding},
                  image->data.size());
      return;
    }
    picture_ = std::move(image);
    captured_.reset();
  }

  static std::uint32_t channels_of(const sensor_msgs::msg::Image& image) {
    return image.encoding == "mono8" ? 1 : image.encoding == "rgb8" ? 3 : 0;
  }

  /// What a picture cannot be made without; nullptr when all is there. Looks up where the head was for the
  /// picture.
  const char* find_missing() {
    if (!calibrated_) return "camera_info has not come";
    if (!body_from_camera_) return "tf_static does not have the camera's frame";
    if (!predicted_) return "predicted_pose has not come";
    if (!picture_) return "no image has come";
    if (picture_->width != warp_.camera().width || picture_->height != warp_.camera().height)
      return "image and camera_info differ in size";
    if (!captured_) captured_ = history_.at(xr::stamp_ns(picture_->header.stamp));
    const bool ahead = history_.empty() || xr::stamp_ns(picture_->header.stamp) > history_.newest().stamp_ns;
    return captured_ || ahead ? nullptr : "the image is older than the head poses that are known";
  }

  void show_black(std::int64_t display_ns, const char* missing) {
    ++black_in_a_row_;
    black_.record(static_cast<double>(black_in_a_row_));
    if (black_in_a_row_ == kSayAfter) log_.warn("the display is black: {}", missing);
    auto frame = frame_.loan();
    if (!frame) return;
    begin(*frame, display_ns, "mono8", 1);
    frame->data.resize(pixels());
    frame_.publish(std::move(frame));
  }

  void show_picture(std::int64_t display_ns) {
    xr::Motion motion = xr::read_motion(*predicted_);
    const std::int64_t image_ns = xr::stamp_ns(picture_->header.stamp);
    // An image that overtook its pose is brought in with the predicted motion; the history has it a moment
    // later.
    const Eigen::Quaterniond then = (captured_ ? *captured_ : xr::predict(motion, image_ns)).orientation;
    const std::int64_t known_ns = xr::stamp_ns(predicted_->header.stamp);
    motion.pose = xr::predict(motion, std::min(display_ns, known_ns + kLongestPredictionNs));
    motion.pose.stamp_ns = display_ns;
    const Eigen::Quaterniond turn =
        (then * *body_from_camera_).conjugate() * (motion.pose.orientation * *body_from_camera_);

    auto frame = frame_.loan();
    if (!frame) return;
    const std::uint32_t channels = channels_of(*picture_);
    begin(*frame, display_ns, picture_->encoding, channels);
    warp_.warp(turn.toRotationMatrix(),
               {picture_->width, picture_->height, picture_->step, channels, picture_->data.data()},
               frame->data.resize(pixels() * channels, tactus::for_overwrite));
    say_first_picture();
    say_held_pose(display_ns > known_ns + kLongestPredictionNs);
    if (auto pose = frame_pose_.loan()) {
      xr::write_prediction(motion, known_ns, *pose);
      frame_pose_.publish(std::move(pose));
    }
    frame_.publish(std::move(frame));
    image_age_.record(1e-6 * static_cast<double>(display_ns - image_ns));
    pose_age_.record(1e-6 * static_cast<double>(display_ns - known_ns));
  }

  void begin(sensor_msgs::msg::Image& frame, std::int64_t display_ns, std::string_view encoding,
             std::uint32_t channels) const {
    xr::set_stamp_ns(frame.header.stamp, display_ns);
    frame.header.frame_id = "display";
    frame.width = display_.width;
    frame.height = display_.height;
    frame.encoding = encoding;
    frame.step = display_.width * channels;
  }

  void say_first_picture() {
    if (shown_++ == 0)
      log_.info("the first picture, after {} black frames", black_in_a_row_);
    else if (black_in_a_row_ >= kSayAfter)
      log_.info("pictures again, after {} black frames", black_in_a_row_);
    black_in_a_row_ = 0;
  }

  void say_held_pose(bool held) {
    if (std::exchange(held_, held) == held) return;
    if (held)
      log_.warn("no head pose for more than 200 ms: the last one is held");
    else
      log_.info("head poses again");
  }

  static constexpr std::uint64_t kSayAfter = 90;  ///< frames; a second or so
  /// A head does not turn on for longer; without poses the picture would never stop.
  static constexpr std::int64_t kLongestPredictionNs = 200'000'000;

  tactus::Log& log_;
  tactus::Subscriber<sensor_msgs::msg::Image> image_;
  tactus::Subscriber<sensor_msgs::msg::CameraInfo> camera_info_;
  tactus::Subscriber<tf2_msgs::msg::TFMessage> transforms_;
  tactus::Subscriber<geometry_msgs::msg::PoseStamped> pose_;
  tactus::Subscriber<xr_msgs::msg::PredictedPose> prediction_;
  xr::Display display_;
  std::string camera_frame_;
  std::int64_t latency_ns_;
  tactus::Publisher<sensor_msgs::msg::Image> frame_;
  tactus::Publisher<xr_msgs::msg::PredictedPose> frame_pose_;
  tactus::Metric image_age_, pose_age_, black_, refused_;

  xr::Timewarp warp_;
  xr::PoseHistory history_;
  bool calibrated_ = false, calibration_said_ = false, damage_said_ = false, held_ = false;
  std::optional<Eigen::Quaterniond> body_from_camera_;
  tactus::Sample<sensor_msgs::msg::Image> picture_;
  std::optional<xr::StampedPose> captured_;  ///< where the head was for picture_, once the history knows it
  tactus::Sample<xr_msgs::msg::PredictedPose> predicted_;
  std::uint64_t shown_ = 0, black_in_a_row_ = 0;
};
TACTUS_NODE(Reprojection)
