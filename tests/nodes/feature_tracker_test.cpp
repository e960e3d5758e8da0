// SPDX-License-Identifier: Apache-2.0
// Through the Harness; the node is compiled in as its shared object has it. Its images are drawn, so that
// where each point must be is known, or come from a recording.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <filesystem>
#include <map>
#include <set>

#include "../../nodes/feature_tracker/feature_tracker.cpp"
#include "camera.hpp"
#include "euroc.hpp"
#include "png.hpp"
#include "renderer.hpp"
#include "rig.hpp"
#include "room.hpp"
#include "sensor_noise.hpp"
#include "tactus/testing/harness.hpp"
#include "trajectory.hpp"

namespace {

namespace fs = std::filesystem;
using Eigen::Vector2d;
using Eigen::Vector3d;
using sensor_msgs::msg::Image;
using testing::Contains;
using testing::HasSubstr;
using xr_msgs::msg::Tracks;
using namespace std::chrono_literals;
using Tracker = tactus::testing::Harness<FeatureTracker>;
using Parameters = std::map<std::string, tactus::ParameterValue>;

constexpr xr::Camera kCamera{640, 480, 400, 400, 319.5, 239.5};
constexpr tactus::Duration kFrame = 50ms;

tactus::Message<Image> message_of(std::span<const std::uint8_t> pixels, std::uint32_t width,
                                  std::uint32_t height, tactus::Duration stamp, const char* frame) {
  tactus::Message<Image> image{pixels.size() + 4096};
  xr::set_stamp_ns(image->header.stamp, stamp.count());
  image->header.frame_id = frame;
  image->width = width;
  image->height = height;
  image->encoding = "mono8";
  image->step = width;
  image->data = pixels;
  return image;
}

/// The synthetic room and head, drawn and computed.
class World {
 public:
  explicit World(const xr::Camera& camera = kCamera) : camera_{camera}, renderer_{camera, scene()} {}

  tactus::Message<Image> image(const xr::SensorPose& eye, tactus::Duration at) const {
    std::vector<std::uint8_t> pixels(std::size_t{camera_.width} * camera_.height);
    renderer_.render(position(eye, at), orientation(eye, at), pixels);
    noise_.add(at.count(), eye.position.y() > 0 ? 0 : 1, pixels);
    return message_of(pixels, camera_.width, camera_.height, at,
                      eye.position.y() > 0 ? "camera_left" : "camera_right");
  }

  /// The nearest point of the scene that a pixel of a camera shows: every rectangle is asked.
  Vector3d seen(const xr::SensorPose& eye, tactus::Duration at, const Vector2d& pixel) const {
    const Vector3d from = position(eye, at);
    const Vector3d ray = orientation(eye, at) * Vector3d{(pixel.x() - camera_.cx) / camera_.fx,
                                                         (pixel.y() - camera_.cy) / camera_.fy, 1};
    double nearest = std::numeric_limits<double>::infinity();
    const auto ask = [&](const xr::Solid& solid) {
      for (const auto& face : solid.faces) {
        const Vector3d normal = face.across.cross(face.down);
        const double distance = normal.dot(face.corner - from) / normal.dot(ray);
        const Vector3d on = from + distance * ray - face.corner;
        const double a = on.dot(face.across) / face.across.squaredNorm();
        const double b = on.dot(face.down) / face.down.squaredNorm();
        if (normal.dot(ray) > 0 && distance > 0 && a >= 0 && a <= 1 && b >= 0 && b <= 1)
          nearest = std::min(nearest, distance);
      }
    };
    ask(scene().room);
    std::ranges::for_each(scene().things, ask);
    return from + nearest * ray;
  }

  /// In a camera's frame.
  Vector3d in_camera(const xr::SensorPose& eye, tactus::Duration at, const Vector3d& point) const {
    return orientation(eye, at).conjugate() * (point - position(eye, at));
  }
  Vector2d projected(const xr::SensorPose& eye, tactus::Duration at, const Vector3d& point) const {
    return camera_.project(in_camera(eye, at, point));
  }

  const xr::StereoRig rig = xr::synthetic_rig();

 private:
  static const xr::Scene& scene() {
    static const xr::Scene room = xr::make_room(7);
    return room;
  }
  Vector3d position(const xr::SensorPose& eye, tactus::Duration at) const {
    const double t = xr::Trajectory::seconds(at.count());
    return head_.position(t) + head_.orientation(t) * eye.position;
  }
  Eigen::Quaterniond orientation(const xr::SensorPose& eye, tactus::Duration at) const {
    return head_.orientation(xr::Trajectory::seconds(at.count())) * eye.orientation;
  }

  xr::Camera camera_;
  xr::Renderer renderer_;
  xr::Trajectory head_{7};
  xr::SensorNoise noise_{7, 2};
};

/// One round of the node's loop: what has arrived is worked on.
void run(Tracker& node) {
  std::stop_source stop;
  stop.request_stop();
  node.run(stop.get_token());
}

void give(Tracker& node, const tactus::Message<Image>& left, const tactus::Message<Image>& right) {
  node.give("left_image", left);
  node.give("right_image", right);
  run(node);
}

void watch(Tracker& node, const World& world, tactus::Duration from, int frames) {
  for (int i = 0; i < frames; ++i) {
    const auto at = from + i * kFrame;
    give(node, world.image(world.rig.left, at), world.image(world.rig.right, at));
  }
}

double median(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::infinity();
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

/// Comparable: where a track is not found in the right image is a NaN, which equals nothing.
using Bits = std::array<std::uint32_t, 4>;
std::vector<std::tuple<std::uint64_t, std::uint32_t, Bits>> bits_of(const Tracks& tracks) {
  std::vector<std::tuple<std::uint64_t, std::uint32_t, Bits>> bits;
  for (const auto& t : tracks.tracks) {
    const std::array<float, 4> at{t.left[0], t.left[1], t.right[0], t.right[1]};
    bits.emplace_back(t.id, t.age, std::bit_cast<Bits>(at));
  }
  return bits;
}

Vector2d pixel(const std::array<float, 2>& at) { return {at[0], at[1]}; }

TEST(FeatureTracker, TracksMoveAsTheProjectionOfThePointTheyAreOn) {
  const World world;
  Tracker node;
  watch(node, world, 10s, 20);
  const auto messages = node.taken<Tracks>("tracks");
  ASSERT_EQ(messages.size(), 20U);
  std::vector<double> errors;
  for (std::size_t i = 0; i + 1 < messages.size(); ++i) {
    const auto at = 10s + static_cast<int>(i) * kFrame;
    std::map<std::uint64_t, Vector2d> next;
    for (const auto& track : messages[i + 1]->tracks) next[track.id] = pixel(track.left);
    for (const auto& track : messages[i]->tracks) {
      if (!next.contains(track.id)) continue;
      const Vector3d point = world.seen(world.rig.left, at, pixel(track.left));
      errors.push_back((world.projected(world.rig.left, at + kFrame, point) - next[track.id]).norm());
    }
  }
  EXPECT_GT(errors.size(), 2000U);
  EXPECT_LT(median(errors), 0.5);
}

TEST(FeatureTracker, TheDisparityOfATrackIsFocalLengthTimesBaselineOverDepth) {
  const World world;
  Tracker node;
  watch(node, world, 10s, 10);
  std::vector<double> errors, skews;
  for (const auto& track : node.last<Tracks>("tracks").tracks) {
    if (std::isnan(track.right[0])) continue;
    const auto at = 10s + 9 * kFrame;
    const Vector3d point = world.seen(world.rig.left, at, pixel(track.left));
    const double depth = world.in_camera(world.rig.left, at, point).z();
    errors.push_back(std::abs(track.left[0] - track.right[0] - kCamera.fx * xr::kSyntheticBaseline / depth));
    skews.push_back(std::abs(track.left[1] - track.right[1]));
  }
  EXPECT_GT(errors.size(), 100U);
  EXPECT_LT(median(errors), 0.5);
  EXPECT_LT(median(skews), 0.5);
}

TEST(FeatureTracker, ATrackKeepsItsNumberAndCountsItsImages) {
  const World world;
  Tracker node;
  watch(node, world, 5s, 15);
  std::map<std::uint64_t, std::uint32_t> ages;
  std::set<std::uint64_t> ended;
  for (const auto& message : node.taken<Tracks>("tracks")) {
    std::map<std::uint64_t, std::uint32_t> now;
    for (const auto& track : message->tracks) {
      EXPECT_FALSE(ended.contains(track.id)) << "number " << track.id << " was given twice";
      EXPECT_EQ(track.age, ages.contains(track.id) ? ages[track.id] + 1 : 1);
      EXPECT_TRUE(now.emplace(track.id, track.age).second);
    }
    for (const auto& [id, age] : ages)
      if (!now.contains(id)) ended.insert(id);
    ages = now;
  }
  EXPECT_THAT(ages, Contains(testing::Pair(testing::_, 15U))) << "no track was seen in all images";
}

TEST(FeatureTracker, NeverHasMoreTracksThanAskedForAndNewOnesKeepTheirDistance) {
  const World world;
  Tracker node{{{"max_tracks", std::int64_t{30}}, {"min_distance", 40.0}}};
  watch(node, world, 5s, 10);
  for (const auto& message : node.taken<Tracks>("tracks")) {
    EXPECT_LE(message->tracks.size(), 30U);
    EXPECT_GT(message->tracks.size(), 10U);
    for (const auto& a : message->tracks) {
      for (const auto& b : message->tracks) {
        if (a.id < b.id) {
          EXPECT_GT((pixel(a.left) - pixel(b.left)).norm(), 39);
        }
      }
    }
  }
}

TEST(FeatureTracker, TracksCoverTheWholeImage) {
  const World world;
  Tracker node;
  watch(node, world, 10s, 10);
  std::array<int, 4> quarters{};
  for (const auto& track : node.last<Tracks>("tracks").tracks)
    ++quarters[(track.left[0] < 320 ? 0U : 1U) + (track.left[1] < 240 ? 0U : 2U)];
  EXPECT_THAT(quarters, testing::Each(testing::Gt(15)));
}

TEST(FeatureTracker, SameImagesSameTracks) {
  const World world;
  Tracker a, b;
  watch(a, world, 7s, 5);
  watch(b, world, 7s, 5);
  EXPECT_EQ(bits_of(a.last<Tracks>("tracks")), bits_of(b.last<Tracks>("tracks")));
}

TEST(FeatureTracker, TracksBearTheStampAndFrameOfTheLeftImage) {
  const World world;
  Tracker node;
  watch(node, world, 7s, 1);
  const auto& tracks = node.last<Tracks>("tracks");
  EXPECT_EQ(xr::stamp_ns(tracks.header.stamp), 7'000'000'000);
  EXPECT_EQ(tracks.header.frame_id, "camera_left");
}

TEST(FeatureTracker, MeasuresWhatItFollows) {
  const World world;
  Tracker node;
  watch(node, world, 7s, 6);
  const auto messages = node.taken<Tracks>("tracks");
  EXPECT_EQ(node.metric("tracks").count, 6U);
  EXPECT_EQ(node.metric("tracks").last, static_cast<double>(messages.back()->tracks.size()));
  EXPECT_GT(node.metric("stereo_tracks").last, 100);
  double ages = 0;
  for (const auto& track : messages.back()->tracks) ages += track.age;
  EXPECT_NEAR(node.metric("track_age").last, ages / static_cast<double>(messages.back()->tracks.size()),
              1e-9);
}

TEST(FeatureTracker, PicturesComeAtTheirOwnRate) {
  const World world;
  Tracker node{{{"picture_rate", 10.0}}};
  watch(node, world, 7s, 8);  // at 20 Hz
  EXPECT_EQ(node.taken<Image>("tracks_image").size(), 4U);
  Tracker blind{{{"picture_rate", 0.0}}};
  watch(blind, world, 7s, 2);
  EXPECT_TRUE(blind.taken<Image>("tracks_image").empty());
}

TEST(FeatureTracker, JitterOfTheStampsDoesNotCostPictures) {
  const World world;
  Tracker node{{{"picture_rate", 10.0}}};
  for (int i = 0; i < 8; ++i) watch(node, world, 7s + i * kFrame + (i == 0 ? 1us : 0us), 1);
  EXPECT_EQ(node.taken<Image>("tracks_image").size(), 4U);
}

TEST(FeatureTracker, APictureIsTheLeftImageInColourWithPointsOnIt) {
  const World world;
  Tracker node;
  watch(node, world, 7s, 1);
  const auto& picture = node.last<Image>("tracks_image");
  EXPECT_EQ(picture.encoding, "rgb8");
  EXPECT_EQ(picture.step, 3U * 640);
  ASSERT_EQ(picture.data.size(), 3U * 640 * 480);
  const auto left = world.image(world.rig.left, 7s);
  std::size_t gray = 0;
  for (std::size_t i = 0; i < 640 * 480; ++i)
    gray += picture.data[3 * i] == left->data[i] && picture.data[3 * i + 1] == left->data[i] ? 1 : 0;
  EXPECT_GT(gray, 640U * 480 * 9 / 10);
  const auto& track = node.last<Tracks>("tracks").tracks[0];
  const auto at = 3 * (static_cast<std::size_t>(std::lround(track.left[1])) * 640 +
                       static_cast<std::size_t>(std::lround(track.left[0])));
  EXPECT_GT(picture.data[at], 200);  // a new point is orange
  EXPECT_LT(picture.data[at + 2], 60);
}

TEST(FeatureTracker, APictureThatDoesNotFitIsSaidAndLeftOut) {
  const World world;
  Tracker node{{{"max_picture_bytes", std::int64_t{4096}}}};
  watch(node, world, 7s, 2);
  EXPECT_TRUE(node.taken<Image>("tracks_image").empty());
  EXPECT_EQ(node.taken<Tracks>("tracks").size(), 2U);
  EXPECT_THAT(node.logged(), Contains(HasSubstr("more than max_picture_bytes")));
}

// ---- what cameras should not send, and do ----------------------------------------------------------------

/// Gives a good pair, one whose right image was tampered with, and another good pair.
template <typename Tamper>
std::string word_about(Tamper tamper) {
  const World world;
  Tracker node;
  watch(node, world, 7s, 1);
  auto bad = world.image(world.rig.right, 7s + kFrame);
  tamper(*bad);
  give(node, world.image(world.rig.left, 7s + kFrame), bad);
  EXPECT_EQ(node.taken<Tracks>("tracks").size(), 1U);
  watch(node, world, 7s + 2 * kFrame, 1);
  EXPECT_GT(node.last<Tracks>("tracks").tracks.size(), 100U) << "it does not go on";
  EXPECT_EQ(node.metric("refused_images").count, 1U);
  EXPECT_EQ(node.logged().size(), 1U);
  return node.logged().empty() ? "" : node.logged()[0];
}

TEST(FeatureTracker, AnImageThatCannotBeReadIsNamedCountedAndLeftOut) {
  EXPECT_THAT(word_about([](Image& image) { image.encoding = "rgb8"; }), HasSubstr("encoding is not mono8"));
  EXPECT_THAT(word_about([](Image& image) { image.encoding = ""; }), HasSubstr("encoding is not mono8"));
  EXPECT_THAT(word_about([](Image& image) { image.step = 600; }),
              HasSubstr("step is smaller than its width"));
  EXPECT_THAT(word_about([](Image& image) { image.data.clear(); }),
              HasSubstr("fewer bytes than step * height"));
  EXPECT_THAT(word_about([](Image& image) { image.data.resize(640 * 480 - 1); }), HasSubstr("fewer bytes"));
  EXPECT_THAT(word_about([](Image& image) { image.width = image.height = 0; }),
              HasSubstr("smaller than 64 x 64"));
  EXPECT_THAT(word_about([](Image& image) { image.height = 4'000'000'000U; }), HasSubstr("larger than"));
  EXPECT_THAT(word_about([](Image& image) { image.width = 320; }), HasSubstr("not as large as the left one"));
  const auto word = word_about([](Image& image) { image.step = 4'000'000'000U; });  // no overflow
  EXPECT_THAT(word, HasSubstr("image of camera_right refused, 1 so far (640 x 480, step 4000000000"));
}

TEST(FeatureTracker, RowsMayBePadded) {
  const World world;
  const auto padded = [&](const xr::SensorPose& eye) {
    const auto image = world.image(eye, 7s);
    tactus::Message<Image> wide{700 * 480 + 4096};
    wide->header = image->header;
    wide->encoding = "mono8";
    wide->width = 640;
    wide->height = 480;
    wide->step = 700;
    wide->data.resize(700 * 480);
    for (std::size_t row = 0; row < 480; ++row)
      std::copy_n(image->data.begin() + row * 640, 640, wide->data.begin() + row * 700);
    return wide;
  };
  Tracker plain, wide;
  watch(plain, world, 7s, 1);
  give(wide, padded(world.rig.left), padded(world.rig.right));
  EXPECT_EQ(bits_of(plain.last<Tracks>("tracks")), bits_of(wide.last<Tracks>("tracks")));
}

TEST(FeatureTracker, AnotherSizeBeginsAnew) {
  const World large, small{xr::Camera{320, 240, 200, 200, 159.5, 119.5}};
  Tracker node;
  watch(node, large, 7s, 3);
  watch(node, small, 7s + 3 * kFrame, 2);
  const auto messages = node.taken<Tracks>("tracks");
  ASSERT_EQ(messages.size(), 5U);
  for (const auto& track : messages[3]->tracks) EXPECT_EQ(track.age, 1U);
  EXPECT_GT(messages[4]->tracks.size(), 30U);
  EXPECT_EQ(node.metric("refused_images").count, 0U);
}

TEST(FeatureTracker, ImagesOfOneCameraAloneAreCountedAndSaid) {
  const World world;
  Tracker node;
  const auto image = world.image(world.rig.left, 0s);
  for (int i = 1; i <= 10; ++i) {
    auto left = image;
    xr::set_stamp_ns(left->header.stamp, i);
    node.give("left_image", left);
    run(node);
  }
  EXPECT_TRUE(node.taken<Tracks>("tracks").empty());
  EXPECT_EQ(node.metric("unmatched_images").count, 7U);  // three wait
  EXPECT_THAT(node.logged(), Contains(HasSubstr("from the other camera, so far: 1 left, 0 right")));
  EXPECT_EQ(node.logged().size(), 3U);  // after 1, 2 and 4
  watch(node, world, 7s, 1);
  EXPECT_EQ(node.taken<Tracks>("tracks").size(), 1U);
}

TEST(FeatureTracker, AWhiteImageHasNoTracksAndDoesNoHarm) {
  const World world;
  Tracker node;
  watch(node, world, 7s, 2);
  auto white = world.image(world.rig.left, 7s + 2 * kFrame);
  std::ranges::fill(white->data, std::uint8_t{255});
  give(node, white, white);
  EXPECT_TRUE(node.last<Tracks>("tracks").tracks.empty());
  watch(node, world, 7s + 3 * kFrame, 1);
  EXPECT_GT(node.last<Tracks>("tracks").tracks.size(), 100U);
}

TEST(StereoTracker, WhatOpenCvRefusesIsAnExceptionAndNotTheEnd) {
  xr::StereoTracker tracker{{}};
  EXPECT_THROW(tracker.advance(cv::Mat(480, 640, CV_16U, cv::Scalar{0}), cv::Mat(480, 640, CV_8U)),
               cv::Exception);
  tracker.reset();
  const World world;
  const auto left = world.image(world.rig.left, 7s), right = world.image(world.rig.right, 7s);
  const auto view = [](const Image& image) {
    return cv::Mat(480, 640, CV_8U, const_cast<std::uint8_t*>(image.data.data()));
  };
  tracker.advance(view(*left), view(*right));
  EXPECT_GT(tracker.points().size(), 50U);
}

// ---- a real recording ------------------------------------------------------------------------------------

TEST(FeatureTracker, FollowsARealFlight) {
  const char* given = std::getenv("TACTUS_TEST_DATA");
  const fs::path folder =
      fs::path{given != nullptr ? given : TACTUS_DEFAULT_DATA} / "euroc/MH_01_easy_a/mav0";
  if (!fs::exists(folder)) GTEST_SKIP() << "no recording at " << folder << " (set TACTUS_TEST_DATA)";
  const auto left = xr::read_images(folder / "cam0/data.csv").rows;
  const auto right = xr::read_images(folder / "cam1/data.csv").rows;
  Tracker node;
  constexpr std::size_t kImages = 40;
  double survivors = 0;
  for (std::size_t i = 0; i < kImages; ++i) {
    ASSERT_EQ(left[i].stamp_ns, right[i].stamp_ns);
    const auto l = xr::read_png(left[i].file), r = xr::read_png(right[i].file);
    give(node, message_of(l.pixels, l.width, l.height, tactus::Duration{left[i].stamp_ns}, "camera_left"),
         message_of(r.pixels, r.width, r.height, tactus::Duration{right[i].stamp_ns}, "camera_right"));
    if (i == 0) continue;
    for (const auto& track : node.last<Tracks>("tracks").tracks) survivors += track.age >= 2 ? 1 : 0;
  }
  const double mean = survivors / (kImages - 1);
  RecordProperty("mean_survivors", std::to_string(mean));
  EXPECT_GT(mean, 50);
  EXPECT_EQ(node.metric("refused_images").count, 0U);
}

}  // namespace
