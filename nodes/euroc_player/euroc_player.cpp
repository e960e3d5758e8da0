// SPDX-License-Identifier: Apache-2.0
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <sensor_msgs/msg/image.hpp>
#include <tactus/node.hpp>
#include <thread>

#include "euroc.hpp"
#include "png.hpp"
#include "pose_message.hpp"

namespace {

/// Decodes the images of one camera ahead of time, on a thread of its own.
class ImageDecoder {
 public:
  ImageDecoder(std::vector<xr::ImageRow> rows, tactus::Log& log)
      : rows_{std::move(rows)}, log_{log}, thread_{[this](std::stop_token stop) { run(stop); }} {}

  struct Frame {
    std::int64_t stamp_ns;
    std::optional<xr::GrayImage> image;  ///< empty: it could not be read
  };
  /// The frame of that stamp when it is ready; frames before it are dropped.
  std::optional<Frame> take(std::int64_t stamp_ns) {
    const std::scoped_lock lock{mutex_};
    while (!ready_.empty() && ready_.front().stamp_ns < stamp_ns) ready_.pop_front();
    room_.notify_one();
    if (ready_.empty() || ready_.front().stamp_ns != stamp_ns) return std::nullopt;
    Frame frame = std::move(ready_.front());
    ready_.pop_front();
    return frame;
  }
  [[nodiscard]] const std::vector<xr::ImageRow>& rows() const { return rows_; }

 private:
  static constexpr std::size_t kAhead = 8;

  void run(const std::stop_token& stop) {
    for (const auto& row : rows_) {
      Frame frame{row.stamp_ns, std::nullopt};
      try {
        frame.image = xr::read_png(row.file);
      } catch (const std::exception& problem) {
        log_.warn("image left out: {}", problem.what());
      }
      std::unique_lock lock{mutex_};
      if (!room_.wait(lock, stop, [&] { return ready_.size() < kAhead; })) return;
      ready_.push_back(std::move(frame));
    }
  }

  std::vector<xr::ImageRow> rows_;
  tactus::Log& log_;
  std::mutex mutex_;
  std::condition_variable_any room_;
  std::deque<Frame> ready_;
  std::jthread thread_;
};

}  // namespace

/// Plays a recording in the ASL layout (EuRoC MAV: a folder with mav0/) at its own pace. Stamps are moved to
/// the group's clock.
class EurocPlayer final : public tactus::Node {
 public:
  explicit EurocPlayer(tactus::NodeContext& context)
      : context_{context},
        imu_{context.advertise<sensor_msgs::msg::Imu>("imu")},
        truth_{context.advertise<geometry_msgs::msg::PoseStamped>("ground_truth")},
        dataset_{context.parameter("dataset", "", {.help = "folder that holds mav0/, or mav0 itself"})},
        rate_{context.parameter("rate", 1.0,
                                {.min = 0.01, .max = 100, .help = "1: as recorded, 2: twice as fast"})} {
    const auto bytes = context.parameter<std::size_t>(
        "max_image_bytes", 400'000,
        {.min = 4096, .max = 16'000'000, .unit = "B", .help = "of a whole image message"});
    for (const char* name : {"left_image", "right_image"}) {
      cameras_.push_back(
          {context.advertise<sensor_msgs::msg::Image>(name, {.max_bytes = bytes}), nullptr, 0});
    }
  }

  void start() override {
    namespace fs = std::filesystem;
    if (dataset_.empty())
      throw std::runtime_error{"parameter 'dataset' is empty: name the folder of a recording"};
    fs::path folder = dataset_;
    if (fs::is_directory(folder / "mav0")) folder /= "mav0";
    if (!fs::is_directory(folder)) throw std::runtime_error{folder.string() + ": no such folder"};
    imus_ = xr::read_imu(folder / "imu0/data.csv");
    truths_ = xr::read_poses(folder / "state_groundtruth_estimate0/data.csv");
    if (imus_.malformed + truths_.malformed > 0)
      context_.log().warn("{} malformed rows were left out", imus_.malformed + truths_.malformed);
    const char* names[] = {"cam0", "cam1"};
    for (std::size_t i = 0; i < cameras_.size(); ++i) {
      if (!fs::exists(folder / names[i])) continue;
      auto images = xr::read_images(folder / names[i] / "data.csv");
      cameras_[i].decoder = std::make_unique<ImageDecoder>(std::move(images.rows), context_.log());
    }
  }

  void run(std::stop_token stop) override {
    const std::int64_t first = imus_.rows.front().stamp_ns;
    // A moment for the decoders to get ahead.
    const tactus::Time begin = context_.now() + std::chrono::milliseconds{100};
    const auto due = [&](std::int64_t stamp) {
      return begin + tactus::Duration{static_cast<std::int64_t>(static_cast<double>(stamp - first) / rate_)};
    };
    std::size_t truth = 0;
    for (const auto& row : imus_.rows) {
      for (const tactus::Time when = due(row.stamp_ns); context_.now() < when;) {
        if (stop.stop_requested()) return;
        context_.wait_until(when);
      }
      // The truth of an instant comes before what is estimated from it.
      for (; truth < truths_.rows.size() && truths_.rows[truth].stamp_ns <= row.stamp_ns; ++truth)
        publish(truths_.rows[truth], due(truths_.rows[truth].stamp_ns));
      publish(row, due(row.stamp_ns));
      for (auto& camera : cameras_) publish_images(camera, row.stamp_ns, due);
    }
    context_.log().info("the recording has ended: {} IMU samples, {} images late, {} images unreadable",
                        imus_.rows.size(), late_, unreadable_);
  }

  void stop() override {
    for (auto& camera : cameras_) camera.decoder.reset();
  }

 private:
  struct Camera {
    tactus::Publisher<sensor_msgs::msg::Image> publisher;
    std::unique_ptr<ImageDecoder> decoder;
    std::size_t next;
  };

  void publish(const xr::PoseRow& row, tactus::Time when) {
    if (auto truth = truth_.loan()) {
      xr::write_pose(tactus::to_ns(when), row.position, row.orientation, *truth);
      truth.captured_at(when);
      truth_.publish(std::move(truth));
    }
  }

  void publish(const xr::ImuRow& row, tactus::Time when) {
    if (auto imu = imu_.loan()) {
      xr::write_imu({tactus::to_ns(when), row.angular_velocity, row.linear_acceleration}, *imu);
      imu.captured_at(when);
      imu_.publish(std::move(imu));
    }
  }

  template <typename Due>
  void publish_images(Camera& camera, std::int64_t until, const Due& due) {
    if (camera.decoder == nullptr) return;
    const auto& rows = camera.decoder->rows();
    for (; camera.next < rows.size() && rows[camera.next].stamp_ns <= until; ++camera.next) {
      const auto frame = camera.decoder->take(rows[camera.next].stamp_ns);
      if (!frame)
        ++late_;
      else if (!frame->image)
        ++unreadable_;
      else
        publish(camera, *frame->image, due(frame->stamp_ns));
    }
  }

  void publish(Camera& camera, const xr::GrayImage& pixels, tactus::Time when) {
    auto image = camera.publisher.loan();
    if (!image) return;
    xr::set_stamp_ns(image->header.stamp, tactus::to_ns(when));
    image->header.frame_id = &camera == &cameras_.front() ? "camera_left" : "camera_right";
    image->height = pixels.height;
    image->width = pixels.width;
    image->encoding = "mono8";
    image->step = pixels.width;
    if (!image->data.try_reserve(pixels.pixels.size())) {
      context_.log().warn("an image of {} bytes is more than max_image_bytes", pixels.pixels.size());
      return;
    }
    image->data = pixels.pixels;
    image.captured_at(when);
    camera.publisher.publish(std::move(image));
  }

  tactus::NodeContext& context_;
  tactus::Publisher<sensor_msgs::msg::Imu> imu_;
  tactus::Publisher<geometry_msgs::msg::PoseStamped> truth_;
  std::string dataset_;
  double rate_;
  std::vector<Camera> cameras_;
  xr::Table<xr::ImuRow> imus_;
  xr::Table<xr::PoseRow> truths_;
  std::size_t late_ = 0, unreadable_ = 0;
};
TACTUS_NODE(EurocPlayer)
