// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>
#include <opencv2/core.hpp>
#include <sensor_msgs/msg/image.hpp>
#include <tactus/node.hpp>
#include <xr_msgs/msg/tracks.hpp>

#include "pose_message.hpp"
#include "stereo_pairs.hpp"
#include "stereo_tracker.hpp"

/// Follows corners through the images of a stereo camera. A SLAM would sit in its place: the same inputs, a
/// thread or a process of its own, and a pose beside the tracks.
class FeatureTracker final : public tactus::Node {
 public:
  explicit FeatureTracker(tactus::NodeContext& context)
      : context_{context},
        left_{context.subscribe<Image>("left_image", kInput)},
        right_{context.subscribe<Image>("right_image", kInput)},
        options_{options(context)},
        picture_period_ns_{picture_period(context)},
        tracks_{context.advertise<xr_msgs::msg::Tracks>(
            "tracks", {.max_bytes = kHeaderBytes + options_.max_tracks * sizeof(xr_msgs::msg::Track)})},
        picture_{context.advertise<Image>(
            "tracks_image",
            {.max_bytes = context.parameter<std::size_t>(
                 "max_picture_bytes", 1'200'000,
                 {.min = 4096, .max = 64e6, .unit = "B", .help = "of a whole tracks_image message"})})},
        alive_{context.metric("tracks", {.help = "alive, per pair of images"})},
        stereo_{context.metric("stereo_tracks", {.help = "of them found in the right image"})},
        age_{context.metric("track_age", {.unit = "images", .help = "mean of the tracks alive"})},
        unmatched_{context.metric("unmatched_images", {.help = "1 each: without a partner of their stamp"})},
        refused_{context.metric("refused_images", {.help = "1 each: that could not be read"})},
        tracker_{options_} {}

  void start() override { cv::setNumThreads(1); }

  void run(std::stop_token stop) override {
    while (true) {
      while (take(left_, Pairs::kLeft) | take(right_, Pairs::kRight)) {
        while (const auto pair = pairs_.take()) process(pair->first, pair->second);
        report_unmatched();
      }
      if (stop.stop_requested()) return;
      context_.wait_until(context_.now() + std::chrono::milliseconds{100});
    }
  }

 private:
  using Image = sensor_msgs::msg::Image;
  using Sample = tactus::Sample<Image>;
  using Pairs = xr::StereoPairs<Sample>;
  // What waits, what is being looked at, and one that was just taken.
  inline static const tactus::InputOptions kInput{.depth = 4, .max_held = Pairs::kMostWaiting + 2};
  static constexpr std::size_t kHeaderBytes = 512;
  static constexpr std::uint32_t kLargestSize = 8192;

  static xr::TrackerOptions options(tactus::NodeContext& context) {
    xr::TrackerOptions options;
    options.max_tracks = context.parameter("max_tracks", options.max_tracks, {.min = 1, .max = 5000});
    options.min_distance =
        context.parameter("min_distance", options.min_distance,
                          {.min = 1, .max = 500, .unit = "pixels", .help = "between two tracks"});
    options.min_corner =
        context.parameter("min_corner", options.min_corner,
                          {.min = 0, .max = 1, .help = "smaller eigenvalue of a corner's gradients"});
    options.max_return_error = context.parameter(
        "max_return_error", options.max_return_error,
        {.min = 0.01, .max = 10, .unit = "pixels", .help = "of following a corner there and back"});
    return options;
  }
  /// Nanoseconds; below 0: no pictures.
  static std::int64_t picture_period(tactus::NodeContext& context) {
    const double rate = context.parameter(
        "picture_rate", 10.0, {.min = 0, .max = 1000, .unit = "Hz", .help = "of tracks_image; 0: none"});
    return rate > 0 ? std::llround(1e9 / rate) : -1;
  }

  bool take(tactus::Subscriber<Image>& input, Pairs::Side side) {
    auto image = input.take();
    if (!image) return false;
    const std::int64_t stamp = xr::stamp_ns(image->header.stamp);
    pairs_.add(side, stamp, std::move(image));
    return true;
  }

  void report_unmatched() {
    const std::uint64_t left = pairs_.unmatched(Pairs::kLeft), right = pairs_.unmatched(Pairs::kRight);
    if (left + right == reported_unmatched_) return;
    while (reported_unmatched_ < left + right) {
      unmatched_.record(1);
      ++reported_unmatched_;
    }
    if (std::has_single_bit(reported_unmatched_))  // ever rarer
      context_.log().warn(
          "images without one of the same stamp from the other camera, so far: {} left, {} right", left,
          right);
  }

  /// What is wrong with an image; empty when nothing is.
  static const char* fault_of(const Image& image) {
    if (image.encoding != "mono8") return "its encoding is not mono8";
    if (image.width < xr::StereoTracker::kLeastSize || image.height < xr::StereoTracker::kLeastSize)
      return "it is smaller than 64 x 64";
    if (image.width > kLargestSize || image.height > kLargestSize) return "it is larger than 8192 x 8192";
    if (image.step < image.width) return "its step is smaller than its width";
    if (image.data.size() < std::size_t{image.step} * image.height)
      return "it has fewer bytes than step * height";
    return "";
  }

  void refuse(const Image& image, const char* why) {
    ++refused_images_;
    refused_.record(1);
    if (!std::has_single_bit(refused_images_)) return;
    context_.log().warn("image of {} refused, {} so far ({} x {}, step {}, {} bytes, encoding '{}'): {}",
                        std::string_view{image.header.frame_id}, refused_images_, image.width, image.height,
                        image.step, image.data.size(), std::string_view{image.encoding}, why);
  }

  /// Over the sample's own memory: nothing is copied, nothing may be written.
  static cv::Mat view(const Image& image) {
    return {static_cast<int>(image.height), static_cast<int>(image.width), CV_8U,
            const_cast<std::uint8_t*>(image.data.data()), image.step};
  }

  void process(const Sample& left, const Sample& right) {
    for (const Sample* image : {&left, &right}) {
      if (const char* fault = fault_of(**image); *fault != 0) return refuse(**image, fault);
    }
    if (left->width != right->width || left->height != right->height)
      return refuse(*right, "it is not as large as the left one");
    try {
      tracker_.advance(view(*left), view(*right));
    } catch (const cv::Exception& problem) {
      tracker_.reset();
      refuse(*left, problem.what());
    }
    measure();
    publish_tracks(left);
    publish_picture(left);
  }

  void measure() {
    double ages = 0, stereo = 0;
    for (const auto& point : tracker_.points()) {
      ages += point.age;
      stereo += point.has_right() ? 1 : 0;
    }
    const auto alive = static_cast<double>(tracker_.points().size());
    alive_.record(alive);
    stereo_.record(stereo);
    if (alive > 0) age_.record(ages / alive);
  }

  void publish_tracks(const Sample& left) {
    auto tracks = tracks_.loan();
    if (!tracks) return;
    tracks->header = left->header;
    tracks->tracks.resize(tracker_.points().size());
    std::size_t i = 0;
    for (const auto& point : tracker_.points()) {
      auto& track = tracks->tracks[i++];
      track.id = point.id;
      track.age = point.age;
      track.left = {point.left.x, point.left.y};
      track.right = {point.right.x, point.right.y};
    }
    tracks.captured_at(left.captured());
    tracks_.publish(std::move(tracks));
  }

  void publish_picture(const Sample& left) {
    if (picture_period_ns_ < 0 || !is_picture_due(xr::stamp_ns(left->header.stamp))) return;
    auto picture = picture_.loan();
    if (!picture) return;
    picture->header = left->header;
    picture->height = left->height;
    picture->width = left->width;
    picture->encoding = "rgb8";
    picture->step = 3 * left->width;
    const std::size_t bytes = std::size_t{picture->step} * picture->height;
    if (!picture->data.try_reserve(bytes)) {
      picture_period_ns_ = -1;
      context_.log().warn("tracks_image needs {} bytes, more than max_picture_bytes: no pictures", bytes);
      return;
    }
    cv::Mat pixels{static_cast<int>(left->height), static_cast<int>(left->width), CV_8UC3,
                   picture->data.resize(bytes, tactus::for_overwrite).data()};
    xr::draw_points(view(*left), tracker_.points(), pixels);
    picture.captured_at(left.captured());
    picture_.publish(std::move(picture));
  }

  /// On a grid, so that the mean rate holds whatever the stamps' jitter. A stamp far from it begins another
  /// stream.
  bool is_picture_due(std::int64_t stamp_ns) {
    const std::int64_t late_ns = stamp_ns - picture_due_ns_;
    if (late_ns < 0 && late_ns >= -picture_period_ns_) return false;
    const bool on_grid = late_ns >= 0 && late_ns < picture_period_ns_;
    picture_due_ns_ = (on_grid ? picture_due_ns_ : stamp_ns) + picture_period_ns_;
    return true;
  }

  tactus::NodeContext& context_;
  tactus::Subscriber<Image> left_, right_;
  xr::TrackerOptions options_;
  std::int64_t picture_period_ns_;
  tactus::Publisher<xr_msgs::msg::Tracks> tracks_;
  tactus::Publisher<Image> picture_;
  tactus::Metric alive_, stereo_, age_, unmatched_, refused_;
  xr::StereoTracker tracker_;
  Pairs pairs_;
  std::uint64_t reported_unmatched_ = 0, refused_images_ = 0;
  std::int64_t picture_due_ns_ = 0;
};
TACTUS_NODE(FeatureTracker)
