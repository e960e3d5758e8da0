// SPDX-License-Identifier: Apache-2.0
#include "stereo_tracker.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>

namespace xr {
namespace {

const cv::Size kWindow{21, 21};
constexpr int kLevels = 3;      // of the pyramids, above the image itself
constexpr int kBackLevels = 1;  // on the way back, which begins where it should end
constexpr float kBorder = 3;    // pixels: nearer to the image's edge a point is lost
const cv::Point2f kNowhere{std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::quiet_NaN()};

bool inside(const cv::Point2f& point, const cv::Mat& image) {
  return point.x >= kBorder && point.y >= kBorder && point.x < static_cast<float>(image.cols) - kBorder &&
         point.y < static_cast<float>(image.rows) - kBorder;
}

void lucas_kanade(const std::vector<cv::Mat>& from, const std::vector<cv::Mat>& to,
                  const std::vector<cv::Point2f>& points, std::vector<cv::Point2f>& found,
                  std::vector<std::uint8_t>& status, std::vector<float>& errors, int levels) {
  const cv::TermCriteria enough{cv::TermCriteria::COUNT | cv::TermCriteria::EPS, 20, 0.02};
  cv::calcOpticalFlowPyrLK(from, to, points, found, status, errors, kWindow, levels, enough,
                           cv::OPTFLOW_USE_INITIAL_FLOW, 1e-4);
}

}  // namespace

StereoTracker::StereoTracker(const TrackerOptions& options) : options_{options} {
  points_.reserve(options_.max_tracks);
  from_.reserve(options_.max_tracks);
  to_.reserve(options_.max_tracks);
  back_.reserve(options_.max_tracks);
}

void StereoTracker::reset() {
  points_.clear();
  before_.clear();
}

void StereoTracker::advance(const cv::Mat& left, const cv::Mat& right) {
  if (!before_.empty() && free_.size() != left.size()) reset();
  cv::buildOpticalFlowPyramid(left, left_, kWindow, kLevels, true, cv::BORDER_REFLECT_101,
                              cv::BORDER_CONSTANT, false);
  cv::buildOpticalFlowPyramid(right, right_, kWindow, kLevels, true, cv::BORDER_REFLECT_101,
                              cv::BORDER_CONSTANT, false);
  free_.create(left.size(), CV_8U);
  free_.setTo(255);
  if (!before_.empty()) follow_in_time();
  thin_out();
  fill_up(left);
  follow_to_right();
  std::swap(before_, left_);
}

/// From `from_` to `to_` (a guess before, the answer after) and back; `found_` says where both went well.
void StereoTracker::follow(const Pyramid& from, const Pyramid& to, int levels) {
  lucas_kanade(from, to, from_, to_, found_, errors_, levels);
  back_ = from_;
  lucas_kanade(to, from, to_, back_, returned_, errors_, kBackLevels);
  for (std::size_t i = 0; i < from_.size(); ++i) {
    const bool returns = cv::norm(back_[i] - from_[i]) <= options_.max_return_error;
    found_[i] = found_[i] != 0 && returned_[i] != 0 && returns && inside(to_[i], free_);
  }
}

void StereoTracker::follow_in_time() {
  if (points_.empty()) return;
  from_.clear();
  to_.clear();
  for (const auto& point : points_) {
    from_.push_back(point.left);
    to_.push_back(point.left + point.velocity);
  }
  follow(before_, left_, kLevels);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < points_.size(); ++i) {
    if (found_[i] == 0) continue;
    TrackedPoint& point = points_[kept++] = points_[i];
    point.trail[point.age % TrackedPoint::kTrail] = point.left;
    ++point.age;
    point.velocity = to_[i] - point.left;
    point.left = to_[i];
    point.right += point.velocity;  // expected there; looked for later
  }
  points_.resize(kept);
}

void StereoTracker::follow_to_right() {
  if (points_.empty()) return;
  from_.clear();
  to_.clear();
  for (const auto& point : points_) {
    from_.push_back(point.left);
    to_.push_back(point.left + expected_disparity(point));
  }
  follow(left_, right_, kLevels);
  for (std::size_t i = 0; i < points_.size(); ++i) points_[i].right = found_[i] != 0 ? to_[i] : kNowhere;
}

/// From left to right: what it was in the last image, or the nearest point's.
cv::Point2f StereoTracker::expected_disparity(const TrackedPoint& of) const {
  if (of.has_right()) return of.right - of.left;
  cv::Point2f expected;
  double least = std::numeric_limits<double>::max();
  for (const TrackedPoint& point : points_) {
    const double distance = cv::norm(point.left - of.left);
    if (!point.has_right() || distance >= least) continue;
    expected = point.right - point.left;
    least = distance;
  }
  return expected;
}

/// Of points that came too close to each other the oldest stays.
void StereoTracker::thin_out() {
  std::erase_if(points_, [&](const TrackedPoint& point) {
    const cv::Point at{point.left};
    if (free_.at<std::uint8_t>(at) == 0) return true;
    take_place(at);
    return false;
  });
}

/// Candidates are the best corner of each cell without a point; the strongest of them are taken.
void StereoTracker::fill_up(const cv::Mat& left) {
  if (points_.size() >= options_.max_tracks) return;
  // Cells are somewhat larger than one per point: points crowd while they move.
  const double area = 1.3 * static_cast<double>(left.total()) / static_cast<double>(options_.max_tracks);
  const int cell = static_cast<int>(std::max(std::sqrt(area), options_.min_distance));
  const int border = static_cast<int>(kBorder) + 2;
  candidates_.clear();
  for (int y = border; y + cell / 2 < left.rows - border; y += cell) {
    for (int x = border; x + cell / 2 < left.cols - border; x += cell)
      find_corner(left,
                  {x, y, std::min(cell, left.cols - border - x), std::min(cell, left.rows - border - y)});
  }
  std::ranges::stable_sort(candidates_, std::ranges::greater{}, &Candidate::strength);
  for (const Candidate& candidate : candidates_) {
    if (points_.size() == options_.max_tracks) return;
    if (free_.at<std::uint8_t>(candidate.at) != 0) add_point(candidate.at);
  }
}

void StereoTracker::find_corner(const cv::Mat& left, const cv::Rect& cell) {
  if (std::ranges::any_of(points_, [&](const auto& point) { return cell.contains(cv::Point{point.left}); }))
    return;
  cv::cornerMinEigenVal(left(cell), corners_, 5);
  Candidate candidate;
  cv::minMaxLoc(corners_, nullptr, &candidate.strength, nullptr, &candidate.at, free_(cell));
  if (candidate.strength < options_.min_corner || candidate.at.x < 0) return;
  candidate.at += cell.tl();
  candidates_.push_back(candidate);
}

void StereoTracker::add_point(const cv::Point& at) {
  TrackedPoint point;
  point.id = next_id_++;
  point.left = at;
  point.right = kNowhere;
  points_.push_back(point);
  take_place(at);
}

void StereoTracker::take_place(const cv::Point& at) {
  cv::circle(free_, at, static_cast<int>(std::lround(options_.min_distance)), cv::Scalar::all(0), cv::FILLED);
}

namespace {

cv::Scalar colour_of(std::uint32_t age) {
  constexpr double kOld = 60;  // images
  const double t = std::min(1.0, age / kOld);
  const cv::Scalar young{255, 120, 0}, grown{60, 230, 60}, old{70, 160, 255};
  return t < 0.5 ? young + (grown - young) * (2 * t) : grown + (old - grown) * (2 * t - 1);
}

}  // namespace

void draw_points(const cv::Mat& left, std::span<const TrackedPoint> points, cv::Mat& picture) {
  cv::cvtColor(left, picture, cv::COLOR_GRAY2RGB);
  for (const TrackedPoint& point : points) {
    const cv::Scalar colour = colour_of(point.age);
    const std::uint32_t seen = std::min<std::uint32_t>(point.age - 1, TrackedPoint::kTrail);
    cv::Point2f to = point.left;
    for (std::uint32_t back = 1; back <= seen; ++back) {
      const cv::Point2f from = point.trail[(point.age - back) % TrackedPoint::kTrail];
      cv::line(picture, from, to, colour, 1, cv::LINE_AA);
      to = from;
    }
    cv::circle(picture, point.left, 3, colour, point.has_right() ? cv::FILLED : 1, cv::LINE_AA);
  }
}

}  // namespace xr
