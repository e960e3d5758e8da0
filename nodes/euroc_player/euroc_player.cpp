// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <filesystem>
#include <memory>
#include <optional>
#include <sensor_msgs/msg/image.hpp>
#include <tactus/node.hpp>

#include "image_decoder.hpp"
#include "pose_message.hpp"
#include "rig_message.hpp"
#include "sensor_yaml.hpp"

/// Plays a recording in the ASL layout (EuRoC MAV: a folder with mav0/) at its own pace. Stamps are moved to
/// the group's clock. Images are decoded elsewhere: this thread only copies them.
class EurocPlayer final : public tactus::Node {
 public:
  explicit EurocPlayer(tactus::NodeContext& context)
      : context_{context},
        dataset_{context.parameter("dataset", "", {.help = "folder that holds mav0/, or mav0 itself"})},
        image_bytes_{context.parameter<std::size_t>(
            "max_image_bytes", 400'000,
            {.min = 4096, .max = 16'000'000, .unit = "B", .help = "of a whole image message"})},
        imu_{context.advertise<sensor_msgs::msg::Imu>("imu")},
        truth_{context.advertise<geometry_msgs::msg::PoseStamped>("ground_truth")},
        transforms_{context.advertise<tf2_msgs::msg::TFMessage>("tf_static",
                                                                {.max_bytes = xr::kRigBytes, .history = 1})},
        left_{context, "left", "cam0", image_bytes_},
        right_{context, "right", "cam1", image_bytes_},
        lag_{context.metric("lag", {.unit = "ms", .help = "of an IMU sample behind its time"})},
        late_{context.metric("late_images", {.help = "1 each: not decoded when its time came, left out"})},
        refused_{context.metric("refused_images", {.help = "1 each: cannot be read or sent, left out"})} {}

  void start() override {
    const std::filesystem::path folder = recording();
    imus_ = xr::read_imu(folder / "imu0/data.csv");
    truths_ = xr::read_poses(folder / "state_groundtruth_estimate0/data.csv");
    if (imus_.malformed + truths_.malformed > 0)
      context_.log().warn("{} malformed rows were left out", imus_.malformed + truths_.malformed);
    check_that_imu_is_the_body(folder);
    for (Eye* eye : {&left_, &right_}) open_camera(*eye, folder);
    for (Eye* eye : {&left_, &right_}) {
      if (eye->decoder) eye->decoder->wait_until_ahead();
    }
  }

  void run(std::stop_token stop) override {
    first_ns_ = imus_.rows.front().stamp_ns;
    begin_ = context_.now() + std::chrono::milliseconds{10};
    publish_calibration();
    std::size_t truth = 0;
    for (const xr::ImuRow& row : imus_.rows) {
      const tactus::Time when = due(row.stamp_ns);
      while (context_.now() < when) {
        if (stop.stop_requested()) return;
        context_.wait_until(when);
      }
      lag_.record(1e-6 * static_cast<double>((context_.now() - when).count()));
      // The truth of an instant comes before what is estimated from it.
      for (; truth < truths_.rows.size() && truths_.rows[truth].stamp_ns <= row.stamp_ns; ++truth)
        publish(truths_.rows[truth]);
      publish(row);
      for (Eye* eye : {&left_, &right_}) publish_images(*eye, row.stamp_ns);
      if (stop.stop_requested()) return;
    }
    context_.log().info("the recording has ended after {} IMU samples", imus_.rows.size());
  }

  void stop() override {
    if (left_out_ > 0)
      context_.log().warn("{} of {} images were left out: {} late, {} refused", left_out_, images_,
                          left_out_ - refused_images_, refused_images_);
    for (Eye* eye : {&left_, &right_}) eye->decoder.reset();
  }

 private:
  struct Eye {
    Eye(tactus::NodeContext& context, const std::string& side, const char* recorded_as, std::size_t max_bytes)
        : frame{"camera_" + side},
          folder{recorded_as},
          image{context.advertise<sensor_msgs::msg::Image>(side + "_image", {.max_bytes = max_bytes})},
          info{context.advertise<sensor_msgs::msg::CameraInfo>(side + "_camera_info",
                                                               {.max_bytes = kInfoBytes, .history = 1})} {}
    std::string frame;
    const char* folder;
    tactus::Publisher<sensor_msgs::msg::Image> image;
    tactus::Publisher<sensor_msgs::msg::CameraInfo> info;
    std::optional<xr::RecordedCamera> calibration;
    std::unique_ptr<xr::ImageDecoder> decoder;
    std::size_t next = 0;  ///< row
  };
  static constexpr std::size_t kInfoBytes = 1024;

  [[nodiscard]] std::filesystem::path recording() const {
    namespace fs = std::filesystem;
    if (dataset_.empty())
      throw std::runtime_error{"parameter 'dataset' is empty: name the folder of a recording"};
    fs::path folder = dataset_;
    if (fs::is_directory(folder / "mav0")) folder /= "mav0";
    if (!fs::is_directory(folder)) throw std::runtime_error{folder.string() + ": no such folder"};
    return folder;
  }

  static void check_that_imu_is_the_body(const std::filesystem::path& folder) {
    const auto yaml = folder / "imu0/sensor.yaml";
    if (!std::filesystem::exists(yaml)) return;
    const xr::SensorPose imu = xr::read_sensor_pose(yaml);
    if (imu.position.isZero(1e-9) && imu.orientation.angularDistance(Eigen::Quaterniond::Identity()) < 1e-9)
      return;
    throw std::runtime_error{yaml.string() +
                             ": T_BS is not the identity, and only the IMU may be the body frame"};
  }

  void open_camera(Eye& eye, const std::filesystem::path& recording) {
    const std::filesystem::path folder = recording / eye.folder;
    if (!std::filesystem::exists(folder)) {
      context_.log().warn("there is no {}: no images of {}", folder.string(), eye.frame);
      return;
    }
    if (std::filesystem::exists(folder / "sensor.yaml"))
      eye.calibration = xr::read_camera(folder / "sensor.yaml");
    else
      context_.log().warn("there is no {}/sensor.yaml: no calibration of {}", folder.string(), eye.frame);
    auto images = xr::read_images(folder / "data.csv");
    if (images.malformed > 0)
      context_.log().warn("{}/data.csv: {} malformed rows were left out", folder.string(), images.malformed);
    images_ += images.rows.size();
    eye.decoder = std::make_unique<xr::ImageDecoder>(std::move(images.rows));
  }

  /// When a stamp of the recording is played.
  [[nodiscard]] tactus::Time due(std::int64_t stamp_ns) const {
    return begin_ + tactus::Duration{stamp_ns - first_ns_};
  }

  void publish_calibration() {
    const std::int64_t now_ns = tactus::to_ns(begin_);
    for (Eye* eye : {&left_, &right_}) {
      if (!eye->calibration) continue;
      if (auto info = eye->info.loan()) {
        xr::set_stamp_ns(info->header.stamp, now_ns);
        info->header.frame_id = eye->frame;
        xr::write_camera_info(eye->calibration->camera, *info);
        eye->info.publish(std::move(info));
      }
    }
    if (!left_.calibration || !right_.calibration) return;
    if (auto transforms = transforms_.loan()) {
      xr::write_rig(now_ns, {left_.calibration->on_body, right_.calibration->on_body}, *transforms);
      transforms_.publish(std::move(transforms));
    }
  }

  void publish(const xr::PoseRow& row) {
    const tactus::Time when = due(row.stamp_ns);
    if (auto truth = truth_.loan()) {
      xr::write_pose(tactus::to_ns(when), row.position, row.orientation, *truth);
      truth.captured_at(when);
      truth_.publish(std::move(truth));
    }
  }

  void publish(const xr::ImuRow& row) {
    const tactus::Time when = due(row.stamp_ns);
    if (auto imu = imu_.loan()) {
      xr::write_imu({tactus::to_ns(when), row.angular_velocity, row.linear_acceleration}, *imu);
      imu.captured_at(when);
      imu_.publish(std::move(imu));
    }
  }

  void publish_images(Eye& eye, std::int64_t until_ns) {
    if (eye.decoder == nullptr) return;
    const auto& rows = eye.decoder->rows();
    for (; eye.next < rows.size() && rows[eye.next].stamp_ns <= until_ns; ++eye.next) {
      if (context_.simulated()) eye.decoder->wait_for_next();
      const auto frame = eye.decoder->take();
      if (!frame)
        leave_out(late_);
      else if (!frame->image)
        refuse(frame->problem);
      else
        publish(eye, *frame->image, due(rows[eye.next].stamp_ns));
    }
  }

  void leave_out(tactus::Metric& reason) {
    ++left_out_;
    reason.record(1);
  }
  void refuse(std::string_view problem) {
    ++refused_images_;
    leave_out(refused_);
    if (std::has_single_bit(refused_images_))  // ever rarer
      context_.log().warn("image left out, {} so far: {}", refused_images_, problem);
  }

  void publish(Eye& eye, const xr::GrayImage& pixels, tactus::Time when) {
    auto image = eye.image.loan();
    if (!image) return;
    xr::set_stamp_ns(image->header.stamp, tactus::to_ns(when));
    image->header.frame_id = eye.frame;
    image->height = pixels.height;
    image->width = pixels.width;
    image->encoding = "mono8";
    image->step = pixels.width;
    if (!image->data.try_reserve(pixels.pixels.size()))
      return refuse(fmt::format("{} x {} pixels are more than max_image_bytes", pixels.width, pixels.height));
    image->data = pixels.pixels;
    image.captured_at(when);
    eye.image.publish(std::move(image));
  }

  tactus::NodeContext& context_;
  std::string dataset_;
  std::size_t image_bytes_;
  tactus::Publisher<sensor_msgs::msg::Imu> imu_;
  tactus::Publisher<geometry_msgs::msg::PoseStamped> truth_;
  tactus::Publisher<tf2_msgs::msg::TFMessage> transforms_;
  Eye left_, right_;
  tactus::Metric lag_, late_, refused_;

  xr::Table<xr::ImuRow> imus_;
  xr::Table<xr::PoseRow> truths_;
  std::int64_t first_ns_ = 0;
  tactus::Time begin_;
  std::size_t images_ = 0, left_out_ = 0, refused_images_ = 0;
};
TACTUS_NODE(EurocPlayer)
