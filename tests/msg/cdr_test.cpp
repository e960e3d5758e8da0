// SPDX-License-Identifier: Apache-2.0
// Bytes equal Fast-CDR's, an encoder that nobody here wrote, for the message definitions of ROS 2's own test
// package.
#include <fastcdr/Cdr.h>
#include <fastcdr/FastBuffer.h>
#include <gtest/gtest.h>

#include <cstring>
#include <nav_msgs/msg/path.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <sensor_msgs/msg/joint_state.hpp>
#include <std_msgs/msg/string.hpp>
#include <test_interface_files/msg/types.hpp>

#include "tactus/msg/dynamic_type.hpp"
#include "tactus/msg/print.hpp"
#include "tactus/msg/registry.hpp"
#include "tactus/msg/type_id.hpp"

namespace {

using tactus::Field;
using tactus::FieldKind;
using tactus::FieldShape;
using tactus::TypeInfo;

/// A block of a type known by its table only.
struct Block {
  explicit Block(const TypeInfo& type) : Block{std::size_t{1} << 18} {
    tactus::construct_block(type, bytes(), size());
  }
  /// Memory only: read_cdr makes the message.
  explicit Block(std::size_t size) : memory((size + 7) / 8) { root = tactus::block_root_bytes(bytes()); }
  std::byte* bytes() { return reinterpret_cast<std::byte*>(memory.data()); }
  [[nodiscard]] std::size_t size() const { return memory.size() * 8; }
  std::vector<std::uint64_t> memory;
  std::byte* root = nullptr;
};

/// Seeded values for every field; sequences of 0 to 5 elements within their bounds.
nlohmann::json random_values(const TypeInfo& type, std::mt19937& random);

nlohmann::json random_element(const Field& field, std::mt19937& random) {
  switch (field.kind) {
    case FieldKind::kMessage:
      return random_values(*field.type, random);
    case FieldKind::kString:
      return std::string(random() % (field.string_bound != 0 ? field.string_bound + 1 : 9),
                         'a' + char(random() % 26));
    case FieldKind::kBool:
      return random() % 2 == 1;
    case FieldKind::kFloat32:
    case FieldKind::kFloat64:
      return (double(random() % 20001) - 10000) / 64;
    case FieldKind::kInt8:
      return int(random() % 256) - 128;
    default:
      return random() % 128;
  }
}

nlohmann::json random_values(const TypeInfo& type, std::mt19937& random) {
  nlohmann::json values = nlohmann::json::object();
  for (const Field& field : type.fields) {
    if (field.shape == FieldShape::kSingle) {
      values[field.name] = random_element(field, random);
      continue;
    }
    const std::uint32_t most = field.bound != 0 ? std::min(field.bound, 5U) : 5U;
    const std::size_t count = field.shape == FieldShape::kArray ? field.bound : random() % (most + 1);
    auto& list = values[field.name] = nlohmann::json::array();
    for (std::size_t i = 0; i < count; ++i) list.push_back(random_element(field, random));
  }
  return values;
}

template <typename T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

void encode(eprosima::fastcdr::Cdr& cdr, const TypeInfo& type, const std::byte* object);

void encode_element(eprosima::fastcdr::Cdr& cdr, const Field& field, const std::byte* at) {
  switch (field.kind) {
    case FieldKind::kMessage:
      return encode(cdr, *field.type, at);
    case FieldKind::kString:
      cdr << std::string{tactus::detail::text_of(field, at)};
      return;
    case FieldKind::kBool:
      cdr << (load<std::uint8_t>(at) != 0);
      return;
    case FieldKind::kFloat32:
      cdr << load<float>(at);
      return;
    case FieldKind::kFloat64:
      cdr << load<double>(at);
      return;
    case FieldKind::kInt16:
      cdr << load<std::int16_t>(at);
      return;
    case FieldKind::kUint16:
      cdr << load<std::uint16_t>(at);
      return;
    case FieldKind::kInt32:
      cdr << load<std::int32_t>(at);
      return;
    case FieldKind::kUint32:
      cdr << load<std::uint32_t>(at);
      return;
    case FieldKind::kInt64:
      cdr << load<std::int64_t>(at);
      return;
    case FieldKind::kUint64:
      cdr << load<std::uint64_t>(at);
      return;
    default:
      cdr << load<std::uint8_t>(at);
      return;
  }
}

void encode(eprosima::fastcdr::Cdr& cdr, const TypeInfo& type, const std::byte* object) {
  for (const Field& field : type.fields) {
    const auto elements = tactus::detail::elements_of(field, object);
    if (field.shape == FieldShape::kSequence) cdr << static_cast<std::uint32_t>(elements.count);
    for (std::size_t i = 0; i < elements.count; ++i) {
      encode_element(cdr, field, elements.data + i * tactus::detail::element_bytes(field));
    }
  }
}

std::vector<std::byte> fast_cdr(const TypeInfo& type, const std::byte* root) {
  std::vector<char> zeroed(std::size_t{1} << 18);  // Fast-CDR leaves pad bytes as they were
  eprosima::fastcdr::FastBuffer buffer{zeroed.data(), zeroed.size()};
  eprosima::fastcdr::Cdr cdr{buffer, eprosima::fastcdr::Cdr::LITTLE_ENDIANNESS,
                             eprosima::fastcdr::Cdr::DDS_CDR};
  cdr.serialize_encapsulation();
  encode(cdr, type, root);
  const auto* begin = reinterpret_cast<const std::byte*>(buffer.getBuffer());
  return {begin, begin + cdr.getSerializedDataLength()};
}

std::vector<std::byte> our_cdr(const TypeInfo& type, const std::byte* root) {
  std::vector<std::byte> cdr(tactus::cdr_size(type, root));
  EXPECT_EQ(tactus::write_cdr(type, root, cdr), cdr.size());
  return cdr;
}

std::vector<const TypeInfo*> all_types() {
  auto types = tactus::known_types();
  for (const TypeInfo* type : test_interface_files::msg::kTypes) types.push_back(type);
  return types;
}

class EveryType : public testing::TestWithParam<const TypeInfo*> {
 protected:
  const TypeInfo& type = *GetParam();
};

INSTANTIATE_TEST_SUITE_P(Messages, EveryType, testing::ValuesIn(all_types()), [](const auto& param) {
  std::string name = param.param->name;
  std::ranges::replace(name, '/', '_');
  return name;
});

TEST_P(EveryType, EncodesAsFastCdrDoesAndReadsItBackEqual) {
  std::mt19937 random{7};
  for (int round = 0; round < 20; ++round) {
    Block block{type};
    tactus::assign_json(type, block.bytes(), random_values(type, random));
    ASSERT_TRUE(tactus::BlockCheck{type}(block.bytes(), block.size()));
    const auto cdr = our_cdr(type, block.root);
    ASSERT_EQ(cdr, fast_cdr(type, block.root));

    const auto needed = tactus::measure_block(type, cdr);
    ASSERT_TRUE(needed.has_value());
    Block copy{*needed};
    ASSERT_TRUE(tactus::read_cdr(type, cdr, copy.bytes(), copy.size()));
    ASSERT_TRUE(tactus::BlockCheck{type}(copy.bytes(), copy.size()));
    ASSERT_TRUE(tactus::equal(type, block.root, copy.root));
    ASSERT_EQ(our_cdr(type, copy.root), cdr);
  }
}

TEST_P(EveryType, TruncatedCdrIsRefusedAndTrailingPaddingAccepted) {
  std::mt19937 random{11};
  Block block{type};
  tactus::assign_json(type, block.bytes(), random_values(type, random));
  auto cdr = our_cdr(type, block.root);
  for (std::size_t size = 0; size < cdr.size(); ++size) {
    EXPECT_FALSE(tactus::measure_block(type, std::span{cdr}.first(size)).has_value()) << size;
  }
  cdr.resize(cdr.size() + 3);
  EXPECT_TRUE(tactus::measure_block(type, cdr).has_value());
}

TEST_P(EveryType, FlippedBytesNeverReadOrWriteOutsideAndNeverOverAllocate) {
  std::mt19937 random{13};
  Block block{type};
  tactus::assign_json(type, block.bytes(), random_values(type, random));
  const auto original = our_cdr(type, block.root);
  for (int round = 0; round < 300; ++round) {
    auto cdr = original;
    for (int i = 0; i < 3; ++i)
      cdr[4 + random() % std::max<std::size_t>(1, cdr.size() - 4)] = std::byte(random());
    const auto needed = tactus::measure_block(type, cdr);
    if (!needed) continue;
    EXPECT_LT(*needed, 64 * cdr.size() + 4096);
    Block copy{*needed};
    if (tactus::read_cdr(type, cdr, copy.bytes(), copy.size())) {
      EXPECT_TRUE(tactus::BlockCheck{type}(copy.bytes(), copy.size()));
    }
  }
}

TEST_P(EveryType, IsTheSameWhenItsTableTravelsAsText) {
  const auto dynamic = tactus::DynamicType::parse(tactus::serialize_type(type));
  EXPECT_EQ(tactus::first_difference(type, dynamic.info()), "");
  EXPECT_EQ(tactus::to_hex(tactus::type_id(type)), tactus::to_hex(tactus::type_id(dynamic.info())));
  EXPECT_EQ(dynamic.info().schema, type.schema);
  std::mt19937 random{17};
  Block block{type};
  tactus::assign_json(type, block.bytes(), random_values(type, random));
  EXPECT_EQ(tactus::to_yaml(dynamic.info(), block.root), tactus::to_yaml(type, block.root));
  EXPECT_EQ(our_cdr(dynamic.info(), block.root), our_cdr(type, block.root));
}

TEST_P(EveryType, JsonRoundTripsThroughAssignment) {
  std::mt19937 random{19};
  Block block{type}, copy{type};
  tactus::assign_json(type, block.bytes(), random_values(type, random));
  const auto json =
      tactus::to_json(type, block.root, {.max_elements = std::numeric_limits<std::size_t>::max()});
  tactus::assign_json(type, copy.bytes(), nlohmann::json::parse(json));
  EXPECT_TRUE(tactus::equal(type, block.root, copy.root));
}

// As `ros2 topic info --verbose` shows them: names, types and order of every field, nested ones included.
TEST(Rihs01, IsWhatRos2Publishes) {
  const std::pair<const char*, const char*> published[] = {
      {"std_msgs/String", "df668c740482bbd48fb39d76a70dfd4bd59db1288021743503259e948f6b1a18"},
      {"std_msgs/Char", "3ad2d04dd29ba19d04b16659afa3ccaedd691914b02a64e82e252f2fa6a586a9"},
      {"geometry_msgs/Twist", "9c45bf16fe0983d80e3cfe750d6835843d265a9a6c46bd2e609fcddde6fb8d2a"},
      {"geometry_msgs/Inertia", "2ddd5dab5c347825ba2e56c895ddccfd0b8efe53ae931bf67f905529930b4bd7"},
      {"sensor_msgs/Imu", "7d9a00ff131080897a5ec7e26e315954b8eae3353c3f995c55faf71574000b5b"},
      {"sensor_msgs/Image", "d31d41a9a4c4bc8eae9be757b0beed306564f7526c88ea6a4588fb9582527d47"},
      {"sensor_msgs/CameraInfo", "b3dfd68ff46c9d56c80fd3bd4ed22c7a4ddce8c8348f2f59c299e73118e7e275"},
      {"sensor_msgs/PointCloud2", "9198cabf7da3796ae6fe19c4cb3bdd3525492988c70522628af5daa124bae2b5"},
      {"sensor_msgs/LaserScan", "64c191398013af96509d518dac71d5164f9382553fce5c1f8cca5be7924bd828"},
      {"sensor_msgs/NavSatFix", "62223ab3fe210a15976021da7afddc9e200dc9ec75231c1b6a557fc598a65404"},
      {"nav_msgs/Odometry", "3cc97dc7fb7502f8714462c526d369e35b603cfc34d946e3f2eda2766dfec6e0"},
      {"nav_msgs/OccupancyGrid", "8d348150c12913a31ee0ec170fbf25089e4745d17035792a1ba94d6f0bc0cfc7"},
      {"tf2_msgs/TF2Error", "db2485e7d6a0ec75bf087e058ee45df682acc3a621ca7780503d10aac141809a"},
  };
  for (const auto& [name, digest] : published)
    EXPECT_EQ(tactus::rihs(*tactus::find_type(name)), std::string{"RIHS01_"} + digest) << name;
}

TEST(Cdr, RefusesALengthThatCannotBeInTheBytesLeft) {
  const auto& type = tactus::type_info<nav_msgs::msg::Path>();
  std::vector<std::byte> cdr(4 + 8 + 4 + 4, std::byte{0});
  cdr[1] = std::byte{1};
  for (std::size_t i = 16; i < 20; ++i) cdr[i] = std::byte{0xff};
  EXPECT_FALSE(tactus::measure_block(type, cdr).has_value());
}

TEST(DynamicType, RefusesTablesThatLie) {
  const std::string good = tactus::serialize_type(*tactus::find_type("geometry_msgs/PoseStamped"));
  EXPECT_THROW(tactus::DynamicType::parse("{"), std::invalid_argument);
  EXPECT_THROW(tactus::DynamicType::parse("{}"), std::invalid_argument);
  auto json = nlohmann::json::parse(good);
  json["types"]["geometry_msgs/msg/Point"]["fields"][0][6] = 4000;  // offset outside the struct
  EXPECT_THROW(tactus::DynamicType::parse(json.dump()), std::invalid_argument);
  json = nlohmann::json::parse(good);
  json["types"]["geometry_msgs/msg/Pose"]["fields"][0][7] = "geometry_msgs/msg/Pose";  // contains itself
  EXPECT_THROW(tactus::DynamicType::parse(json.dump()), std::invalid_argument);
}

/// A table as another process may send it: `change` is applied to the good one of PoseStamped.
void expect_refused(const char* pointer, const nlohmann::json& value) {
  auto json = nlohmann::json::parse(tactus::serialize_type(*tactus::find_type("geometry_msgs/PoseStamped")));
  json["types"][nlohmann::json::json_pointer{pointer}] = value;
  EXPECT_THROW(tactus::DynamicType::parse(json.dump()), std::invalid_argument) << pointer << " = " << value;
}

// Otherwise writing one field forges the offset of another, which is then written through.
TEST(DynamicType, RefusesFieldsThatOverlapOrLieElsewhere) {
  expect_refused("/std_msgs~1msg~1Header/fields/1/6", 0);   // frame_id on top of the stamp
  expect_refused("/std_msgs~1msg~1Header/fields/1/6", 9);   // misaligned
  expect_refused("/std_msgs~1msg~1Header/fields/1/6", 12);  // beyond the end
  expect_refused("/std_msgs~1msg~1Header/size", 24);        // larger than its fields
  expect_refused("/geometry_msgs~1msg~1Point/alignment", 4);
}
TEST(DynamicType, RefusesFlagsThatContradictTheFields) {
  expect_refused("/std_msgs~1msg~1Header/plain", true);
  expect_refused("/std_msgs~1msg~1Header/packed", true);
  expect_refused("/std_msgs~1msg~1Header/fields/1/3", false);     // a string outside the tail
  expect_refused("/geometry_msgs~1msg~1Point/fields/0/3", true);  // a number in it
  expect_refused("/geometry_msgs~1msg~1Point/fields/0/2", 2);     // an unbounded sequence that lies inline
  expect_refused("/geometry_msgs~1msg~1Point/fields/0/5", 8);     // a number with a string's bound
}
TEST(DynamicType, RefusesValuesThatDoNotFitTheirField) {
  for (const nlohmann::json& value :
       {nlohmann::json(-1), nlohmann::json(1e300), nlohmann::json(std::uint64_t{1} << 33),
        nlohmann::json("8"), nlohmann::json(nullptr)}) {
    expect_refused("/geometry_msgs~1msg~1Point/fields/1/6", value);
  }
  expect_refused("/geometry_msgs~1msg~1Point/fields/0/0", "x\n: injected");
  expect_refused("/geometry_msgs~1msg~1Point/hash", nlohmann::json::array({1, 2, 3}));
}
/// Each level holds two sequences of the next one: walking every path would take 2^30 steps.
TEST(DynamicType, RefusesTypesWithMorePathsThanAnyoneWalks) {
  nlohmann::json types = nlohmann::json::object();
  const auto name = [](int level) { return "t/msg/T" + std::to_string(level); };
  for (int level = 0; level < 30; ++level) {
    const int kind = static_cast<int>(level < 29 ? FieldKind::kMessage : FieldKind::kUint8);
    const std::string below = level < 29 ? name(level + 1) : "";
    types[name(level)] = {
        {"size", 16},
        {"alignment", 4},
        {"plain", false},
        {"packed", false},
        {"hash", std::vector<int>(32, 0)},
        {"fields", {{"a", kind, 2, true, 0, 0, 0, below}, {"b", kind, 2, true, 0, 0, 8, below}}}};
  }
  const nlohmann::json whole{{"name", name(0)}, {"schema", ""}, {"types", types}};
  EXPECT_THROW(tactus::DynamicType::parse(whole.dump()), std::invalid_argument);
  const nlohmann::json part{{"name", name(20)}, {"schema", ""}, {"types", types}};
  EXPECT_EQ(tactus::DynamicType::parse(part.dump()).info().fields.size(), 2U);
}

TEST(FirstDifference, NamesTheField) {
  auto json = nlohmann::json::parse(tactus::serialize_type(*tactus::find_type("geometry_msgs/PoseStamped")));
  json["types"]["geometry_msgs/msg/Point"]["fields"][1][1] = static_cast<int>(FieldKind::kInt64);
  const auto other = tactus::DynamicType::parse(json.dump());
  EXPECT_EQ(tactus::first_difference(*tactus::find_type("geometry_msgs/PoseStamped"), other.info()),
            "field 'pose.position.y': float64 here, int64 there");
}

TEST(Print, LooksLikeRos2TopicEcho) {
  tactus::Message<nav_msgs::msg::Path> path;
  path->header.frame_id = "map";
  path->poses.resize(1);
  path->poses[0].pose.position.x = 1.5;
  EXPECT_EQ(
      tactus::to_yaml(tactus::type_info<nav_msgs::msg::Path>(), &*path),
      "header:\n  stamp:\n    sec: 0\n    nanosec: 0\n  frame_id: map\nposes:\n- header:\n    stamp:\n      "
      "sec: 0\n"
      "      nanosec: 0\n    frame_id: ''\n  pose:\n    position:\n      x: 1.5\n      y: 0.0\n      z: 0.0\n"
      "    orientation:\n      x: 0.0\n      y: 0.0\n      z: 0.0\n      w: 1.0\n");
  EXPECT_EQ(tactus::to_yaml(tactus::type_info<nav_msgs::msg::Path>(), &*path, {.field = "header.frame_id"}),
            "map\n");
  EXPECT_THROW((void)tactus::to_yaml(tactus::type_info<nav_msgs::msg::Path>(), &*path, {.field = "nothing"}),
               std::invalid_argument);
}

TEST(Print, CutsLongArrays) {
  tactus::Message<sensor_msgs::msg::JointState> joints;
  joints->position = {1, 2, 3};
  const auto& type = tactus::type_info<sensor_msgs::msg::JointState>();
  const auto json = [&](std::size_t most) {
    return tactus::to_json(type, &*joints, {.max_elements = most, .field = "position"});
  };
  EXPECT_EQ(tactus::to_yaml(type, &*joints, {.max_elements = 2, .field = "position"}),
            "- 1.0\n- 2.0\n- '...'\n");
  EXPECT_EQ(json(2), R"([1.0,2.0,"..."])");
  EXPECT_EQ(json(3), "[1.0,2.0,3.0]");
}

TEST(Print, QuotesTextThatYamlWouldReadAsSomethingElse) {
  tactus::Message<std_msgs::msg::String> text;
  const auto printed = [&](const char* value) {
    text->data = value;
    return tactus::to_yaml(tactus::type_info<std_msgs::msg::String>(), &*text);
  };
  EXPECT_EQ(printed("camera/left"), "data: camera/left\n");
  for (const char* word : {"true", "Yes", "NO", "off", "Null", "y", "1.5", "a: b", "line\nbreak"}) {
    EXPECT_EQ(printed(word), "data: " + nlohmann::json(word).dump() + "\n");
  }
}

TEST(AssignJson, SaysWhichFieldAndWhy) {
  const auto& type = *tactus::find_type("sensor_msgs/Image");
  Block block{type};
  const auto error = [&](const char* text) -> std::string {
    try {
      tactus::assign_json(type, block.bytes(), nlohmann::json::parse(text));
      return "accepted";
    } catch (const std::invalid_argument& refused) {
      return refused.what();
    }
  };
  EXPECT_EQ(error(R"({"height": -1})"), "field 'height' is uint32, not -1");
  EXPECT_EQ(error(R"({"header": {"frame_id": 3}})"), "field 'header.frame_id' is string, not 3");
  EXPECT_NE(error(R"({"hight": 1})").find("has no field 'hight'; it has header, height"), std::string::npos);
  EXPECT_EQ(error(R"({"height": 480})"), "accepted");
}

}  // namespace
