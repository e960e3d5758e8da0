// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <opencv2/core.hpp>
#include <span>
#include <vector>

namespace xr {

/// A point that is followed from image to image.
struct TrackedPoint {
  static constexpr std::size_t kTrail = 12;

  std::uint64_t id = 0;
  std::uint32_t age = 1;  ///< images it was seen in
  cv::Point2f left;       ///< pixels
  cv::Point2f right;      ///< pixels in the other camera; NaN when it was not found there
  cv::Point2f velocity;   ///< pixels per image
  /// Where it was before, the oldest overwritten: image n of its life at n % kTrail.
  std::array<cv::Point2f, kTrail> trail{};

  [[nodiscard]] bool has_right() const { return right.x == right.x; }
};

struct TrackerOptions {
  std::size_t max_tracks = 150;
  double min_distance = 20;       ///< pixels between two points
  double min_corner = 3e-4;       ///< smallest eigenvalue of a corner (cv::cornerMinEigenVal, blocks of 5)
  double max_return_error = 0.6;  ///< pixels that following there and back may miss by
};

/// Follows corners through the images of a stereo camera: pyramidal Lucas-Kanade from the last left image to
/// this one and from left to right, each there and back; where points were lost, the best corner of each
/// empty cell of a grid. The images need not be rectified. Keeps its buffers; allocates now and then. Throws
/// cv::Exception.
class StereoTracker {
 public:
  explicit StereoTracker(const TrackerOptions& options);

  /// Gray images of one size, at least kLeastSize pixels wide and high; only read during the call. A size
  /// that differs from the last one begins anew.
  void advance(const cv::Mat& left, const cv::Mat& right);
  /// Forgets all points. Numbers are not given twice.
  void reset();

  /// The oldest first.
  [[nodiscard]] std::span<const TrackedPoint> points() const { return points_; }

  static constexpr int kLeastSize = 64;

 private:
  using Pyramid = std::vector<cv::Mat>;
  struct Candidate {
    cv::Point at;
    double strength = 0;
  };

  void follow(const Pyramid& from, const Pyramid& to, int levels);
  void follow_in_time();
  void follow_to_right();
  void thin_out();
  void fill_up(const cv::Mat& left);
  void find_corner(const cv::Mat& left, const cv::Rect& cell);
  void add_point(const cv::Point& at);
  void take_place(const cv::Point& at);
  [[nodiscard]] cv::Point2f expected_disparity(const TrackedPoint& of) const;

  TrackerOptions options_;
  std::vector<TrackedPoint> points_;
  std::uint64_t next_id_ = 1;
  Pyramid before_, left_, right_;
  cv::Mat free_;     ///< 255 where a new point may begin
  cv::Mat corners_;  ///< how good a corner each pixel of a cell is
  std::vector<Candidate> candidates_;
  std::vector<cv::Point2f> from_, to_, back_;
  std::vector<std::uint8_t> found_, returned_;
  std::vector<float> errors_;
};

/// The left image in colour with the points and their trails: orange when new, green, then blue. `picture` is
/// of type CV_8UC3 (red, green, blue) and the image's size.
void draw_points(const cv::Mat& left, std::span<const TrackedPoint> points, cv::Mat& picture);

}  // namespace xr
