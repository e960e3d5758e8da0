// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <geometry_msgs/msg/pose_stamped.hpp>
#include <nlohmann/json.hpp>
#include <sensor_msgs/msg/imu.hpp>

#include "tactus/node_library.hpp"
#include "tactus/testing/harness.hpp"

namespace {

using geometry_msgs::msg::PoseStamped;
using sensor_msgs::msg::Imu;
using namespace std::chrono_literals;

/// Height from twice integrated vertical acceleration.
class Height final : public tactus::Node {
 public:
  explicit Height(tactus::NodeContext& context)
      : imu_{context.subscribe<Imu>("imu")},
        pose_{context.advertise<PoseStamped>("pose")},
        gravity_{context.parameter("gravity", 9.81, {.min = 9.7, .max = 9.9, .unit = "m/s^2"})},
        speed_metric_{context.metric("speed", {.unit = "m/s"})},
        log_{context.log()} {}

  void step(const tactus::Cycle& cycle) override {
    while (auto imu = imu_.take()) speed_ += (imu->linear_acceleration.z - gravity_) * 0.005;
    speed_metric_.record(speed_);
    log_.info("cycle {} speed {:.3f}", cycle.index(), speed_);
    if (auto pose = pose_.loan()) {
      pose->pose.position.z = speed_;
      pose_.publish(std::move(pose));
    }
  }

 private:
  tactus::Subscriber<Imu> imu_;
  tactus::Publisher<PoseStamped> pose_;
  double gravity_;
  tactus::Metric speed_metric_;
  tactus::Log& log_;
  double speed_ = 0;
};

/// Says how long ago what it is given began.
class Age final : public tactus::Node {
 public:
  explicit Age(tactus::NodeContext& context)
      : pose_{context.subscribe<PoseStamped>("pose")},
        chain_{context.chain("motion_to_photon")},
        age_{context.metric("age", {.unit = "ms"})} {}
  void step(const tactus::Cycle& cycle) override {
    const auto pose = pose_.take();
    if (const auto origin = chain_.origin(pose)) age_.record((cycle.now() - *origin) / 1ms);
  }

 private:
  tactus::Subscriber<PoseStamped> pose_;
  tactus::Chain chain_;
  tactus::Metric age_;
};

/// Counts the steps in which its input was stale.
class Watcher final : public tactus::Node {
 public:
  explicit Watcher(tactus::NodeContext& context)
      : imu_{context.subscribe<Imu>("imu")}, pose_{context.subscribe<PoseStamped>("pose")} {}
  void step(const tactus::Cycle& cycle) override {
    imu_stale += cycle.stale(imu_) ? 1 : 0;
    pose_stale += cycle.stale(pose_) ? 1 : 0;
  }
  int imu_stale = 0, pose_stale = 0;

 private:
  tactus::Subscriber<Imu> imu_;
  tactus::Subscriber<PoseStamped> pose_;
};

TEST(Harness, SaysWhichInputsAreStale) {
  tactus::testing::Harness<Watcher> node;
  node.step_at(1ms);
  node.set_stale({"imu"});
  node.step_at(2ms);
  EXPECT_EQ(node.node().imu_stale, 1);
  EXPECT_EQ(node.node().pose_stale, 0);
}

tactus::Message<Imu> acceleration(double z) {
  tactus::Message<Imu> imu;
  imu->linear_acceleration.z = z;
  return imu;
}

TEST(Harness, RunsANodeOnWhatItIsGiven) {
  tactus::testing::Harness<Height> node;
  node.give("imu", acceleration(9.81));
  node.give("imu", acceleration(10.81));
  node.step_at(5ms);
  EXPECT_NEAR(node.last<PoseStamped>("pose").pose.position.z, 0.005, 1e-12);
  EXPECT_THAT(node.logged(), testing::ElementsAre("cycle 0 speed 0.005"));
}

TEST(Harness, ShowsWhatTheNodeMeasured) {
  tactus::testing::Harness<Height> node;
  node.give("imu", acceleration(10.81));
  node.step_at(5ms);
  node.step_at(10ms);
  const tactus::MetricSummary speed = node.metric("speed");
  EXPECT_EQ(speed.count, 2u);
  EXPECT_EQ(speed.unit, "m/s");
  EXPECT_NEAR(speed.mean, 0.005, 1e-12);
  EXPECT_THROW((void)node.metric("height"), std::invalid_argument);
}

TEST(Harness, GivesMessagesThatDescendFromSomething) {
  tactus::testing::Harness<Age> node;
  node.give("pose", tactus::Message<PoseStamped>{}, {.origin = tactus::Time{30ms}});
  node.step_at(50ms);
  node.give("pose", tactus::Message<PoseStamped>{});
  node.step_at(60ms);
  EXPECT_EQ(node.metric("age").count, 1u);
  EXPECT_EQ(node.metric("age").last, 20);
}

TEST(Harness, RefusesPortsThatTheNodeDoesNotDeclare) {
  tactus::testing::Harness<Height> node;
  EXPECT_THROW(node.give("camera", acceleration(0)), std::invalid_argument);
  EXPECT_THROW((void)node.last<PoseStamped>("pose"), std::runtime_error);
}

TEST(Parameter, OutOfRangeIsRefusedWithTheRange) {
  try {
    tactus::testing::Harness<Height> node{{{"gravity", 12.5}}};
    FAIL() << "12.5 was accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "parameter 'gravity' is 12.5, allowed are 9.7 to 9.9 m/s^2");
  }
}

TEST(Parameter, OfAnotherKindIsRefusedAndAWholeNumberIsAFloat) {
  const tactus::ParameterDescription declared{"gain", 2.0, {}};
  EXPECT_EQ(std::get<double>(tactus::checked_parameter(declared, std::int64_t{3})), 3.0);
  EXPECT_THROW((void)tactus::checked_parameter(declared, std::string{"much"}), std::invalid_argument);
  EXPECT_THROW((void)tactus::checked_parameter(declared, true), std::invalid_argument);
}

TEST(NodeDescription, SurvivesJson) {
  tactus::NodeDescription description{"Height", true, false, {}, {}, {}, {"motion_to_photon"}};
  description.ports.push_back({.name = "imu", .type_name = "sensor_msgs/msg/Imu", .depth = 8});
  description.parameters.push_back({"gravity", 9.0, {.min = 1, .unit = "m/s^2"}});
  description.metrics.push_back({"speed", {"m/s", "after the step"}});
  const auto back = tactus::description_from_json(nlohmann::json::parse(to_json(description).dump()));
  EXPECT_EQ(to_json(back), to_json(description));
  EXPECT_TRUE(std::holds_alternative<double>(back.parameters[0].initial));
}

TEST(NodeLibrary, RefusesWhatIsNoNodeBeforeLoadingIt) {
  EXPECT_THROW((void)tactus::read_node_note("/no/such/file.so"), tactus::NodeLibraryError);
  EXPECT_THROW((void)tactus::read_node_note("/etc/passwd"), tactus::NodeLibraryError);
  EXPECT_THROW((void)tactus::read_node_note("/proc/self/exe"), tactus::NodeLibraryError);
}

TEST(NodeLibrary, SaysWhichSideToRebuild) {
  tactus::NodeNote note;
  EXPECT_EQ(tactus::incompatibility(note), "");
  note.layout_version = 0;
  EXPECT_THAT(tactus::incompatibility(note), testing::HasSubstr("rebuild the node"));
  note = {};
  note.interface_major = 99;
  EXPECT_THAT(tactus::incompatibility(note), testing::HasSubstr("rebuild the host"));
}

TEST(NodeLibrary, IsLookedForByNameAndSuggestsNearOnes) {
  EXPECT_THROW((void)tactus::find_node_library("no_such_node"), tactus::NodeLibraryError);
}

}  // namespace
