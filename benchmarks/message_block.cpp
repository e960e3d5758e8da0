// SPDX-License-Identifier: Apache-2.0
// The message block beside FlatBuffers and std containers: build, read, copy, encode.
// Usage: bench_message_block [--json FILE]
#include <fmt/core.h>

#include <chrono>
#include <cstring>
#include <functional>
#include <nav_msgs/msg/path.hpp>
#include <sensor_msgs/msg/image.hpp>
#include <sensor_msgs/msg/imu.hpp>
#include <string>
#include <vector>

#include "compare.hpp"
#include "messages_generated.h"
#include "report.hpp"
#include "tactus/msg/block.hpp"
#include "tactus/msg/codec.hpp"
#include "tactus/msg/message.hpp"

namespace {

using tactus::benchmarks::compare;
using tactus::benchmarks::keep;
using tactus::benchmarks::Row;

constexpr std::size_t kPoses = 1000;
constexpr std::uint32_t kWidth = 1280, kHeight = 720;
constexpr std::size_t kPixels = std::size_t{kWidth} * kHeight;
constexpr const char* kFrame = "camera_left_optical_frame";

/// The same messages as a user of std containers writes them.
namespace plain {
struct Header {
  std::int32_t sec = 0;
  std::uint32_t nanosec = 0;
  std::string frame_id;
};
struct Imu {
  Header header;
  double orientation[4]{};
  double orientation_covariance[9]{};
  double angular_velocity[3]{};
  double angular_velocity_covariance[9]{};
  double linear_acceleration[3]{};
  double linear_acceleration_covariance[9]{};
};
struct Image {
  Header header;
  std::uint32_t height = 0, width = 0;
  std::string encoding;
  std::uint8_t is_bigendian = 0;
  std::uint32_t step = 0;
  std::vector<std::uint8_t> data;
};
struct PoseStamped {
  Header header;
  double position[3]{};
  double orientation[4]{};
};
struct Path {
  Header header;
  std::vector<PoseStamped> poses;
};
}  // namespace plain

/// A block that is used again and again, as a pool's chunk is.
template <typename T>
class Block {
 public:
  explicit Block(std::size_t bytes) : memory_((bytes + 7) / 8) {}
  T& fresh() { return *tactus::construct_block<T>(bytes(), size()); }
  [[nodiscard]] std::byte* bytes() { return reinterpret_cast<std::byte*>(memory_.data()); }
  [[nodiscard]] std::size_t size() const { return memory_.size() * 8; }

 private:
  std::vector<std::uint64_t> memory_;
};

void build(sensor_msgs::msg::Imu& imu) {
  imu.header.stamp.sec = 12;
  imu.header.frame_id = kFrame;
  imu.orientation.w = 1;
  imu.angular_velocity.z = 0.1;
  imu.linear_acceleration.z = 9.81;
}

void build(plain::Imu& imu) {
  imu.header.sec = 12;
  imu.header.frame_id = kFrame;
  imu.orientation[3] = 1;
  imu.angular_velocity[2] = 0.1;
  imu.linear_acceleration[2] = 9.81;
}

void build_imu(flatbuffers::FlatBufferBuilder& fbb) {
  static const std::vector<double> covariance(9, 0.0);
  fbb.Clear();
  const auto header = peer::CreateHeader(fbb, nullptr, fbb.CreateString(kFrame));
  const peer::Quaternion orientation{0, 0, 0, 1};
  const peer::Vector3 rate{0, 0, 0.1}, acceleration{0, 0, 9.81};
  const auto c1 = fbb.CreateVector(covariance), c2 = fbb.CreateVector(covariance),
             c3 = fbb.CreateVector(covariance);
  fbb.Finish(peer::CreateImu(fbb, header, &orientation, c1, &rate, c2, &acceleration, c3));
}

void build(sensor_msgs::msg::Image& image, const std::vector<std::uint8_t>& pixels) {
  image.header.frame_id = kFrame;
  image.height = kHeight;
  image.width = kWidth;
  image.encoding = "mono8";
  image.step = kWidth;
  const auto data = image.data.resize(pixels.size(), tactus::for_overwrite);
  std::memcpy(data.data(), pixels.data(), pixels.size());
}

void build(plain::Image& image, const std::vector<std::uint8_t>& pixels) {
  image.header.frame_id = kFrame;
  image.height = kHeight;
  image.width = kWidth;
  image.encoding = "mono8";
  image.step = kWidth;
  image.data.assign(pixels.begin(), pixels.end());
}

void build_image(flatbuffers::FlatBufferBuilder& fbb, const std::vector<std::uint8_t>& pixels) {
  fbb.Clear();
  const auto header = peer::CreateHeader(fbb, nullptr, fbb.CreateString(kFrame));
  const auto encoding = fbb.CreateString("mono8");
  const auto data = fbb.CreateVector(pixels);
  fbb.Finish(peer::CreateImage(fbb, header, kHeight, kWidth, encoding, 0, kWidth, data));
}

void build(nav_msgs::msg::Path& path) {
  path.header.frame_id = kFrame;
  path.poses.resize(kPoses);
  double x = 0;
  for (auto& pose : path.poses) {
    pose.header.frame_id = kFrame;
    pose.pose.position.x = x;
    pose.pose.orientation.w = 1;
    x += 0.01;
  }
}

void build(plain::Path& path) {
  path.header.frame_id = kFrame;
  path.poses.resize(kPoses);
  double x = 0;
  for (auto& pose : path.poses) {
    pose.header.frame_id = kFrame;
    pose.position[0] = x;
    pose.orientation[3] = 1;
    x += 0.01;
  }
}

void build_path(flatbuffers::FlatBufferBuilder& fbb) {
  fbb.Clear();
  std::vector<flatbuffers::Offset<peer::PoseStamped>> poses;
  poses.reserve(kPoses);
  double x = 0;
  for (std::size_t i = 0; i < kPoses; ++i) {
    const peer::Vector3 position{x, 0, 0};
    const peer::Quaternion orientation{0, 0, 0, 1};
    const auto header = peer::CreateHeader(fbb, nullptr, fbb.CreateString(kFrame));
    poses.push_back(peer::CreatePoseStamped(fbb, header, &position, &orientation));
    x += 0.01;
  }
  const auto header = peer::CreateHeader(fbb, nullptr, fbb.CreateString(kFrame));
  fbb.Finish(peer::CreatePath(fbb, header, fbb.CreateVector(poses)));
}

template <typename T>
std::size_t encode(const T& message, std::vector<std::byte>& cdr) {
  cdr.resize(tactus::cdr_size(message));
  tactus::write_cdr(message, cdr);
  return cdr.size();
}

void imu_rows(std::vector<Row>& rows) {
  Block<sensor_msgs::msg::Imu> block{1024}, other{1024};
  flatbuffers::FlatBufferBuilder fbb{4096};
  std::vector<std::byte> cdr;
  const auto ours = [&] {
    build(block.fresh());
    keep(block);
  };
  rows.push_back(compare("Imu build", "flatbuffers", ours, [&] {
    build_imu(fbb);
    keep(fbb);
  }));
  rows.push_back(compare("Imu build", "std", ours, [&] {
    plain::Imu imu;
    build(imu);
    keep(imu);
  }));
  auto& imu = block.fresh();
  build(imu);
  build_imu(fbb);
  plain::Imu standard;
  build(standard);
  const auto read = [&] {
    keep(imu.linear_acceleration.z + imu.angular_velocity.z + double(imu.header.frame_id.size()));
  };
  rows.push_back(compare("Imu read", "flatbuffers", read, [&] {
    const auto* m = flatbuffers::GetRoot<peer::Imu>(fbb.GetBufferPointer());
    keep(m->linear_acceleration()->z() + m->angular_velocity()->z() +
         double(m->header()->frame_id()->size()));
  }));
  rows.push_back(compare(
      "Imu copy", "std",
      [&] {
        other.fresh() = imu;
        keep(other);
      },
      [&] {
        plain::Imu copy{standard};
        keep(copy);
      }));
  // FlatBuffers' encoded form is its buffer: building is encoding.
  rows.push_back(compare(
      "Imu build + encode (CDR)", "flatbuffers",
      [&] {
        build(block.fresh());
        encode(imu, cdr);
        keep(cdr);
      },
      [&] {
        build_imu(fbb);
        keep(fbb);
      }));
}

void image_rows(std::vector<Row>& rows) {
  const std::vector<std::uint8_t> pixels(kPixels, 42);
  Block<sensor_msgs::msg::Image> block{kPixels + 4096}, other{kPixels + 4096};
  flatbuffers::FlatBufferBuilder fbb{kPixels + 4096};
  plain::Image standard;
  std::vector<std::byte> cdr;
  const auto ours = [&] {
    build(block.fresh(), pixels);
    keep(block);
  };
  rows.push_back(compare("Image 1280x720 build", "flatbuffers", ours, [&] {
    build_image(fbb, pixels);
    keep(fbb);
  }));
  rows.push_back(compare("Image 1280x720 build", "std (reused)", ours, [&] {
    build(standard, pixels);
    keep(standard);
  }));
  auto& image = block.fresh();
  build(image, pixels);
  const auto sum = [](const auto& bytes) {
    std::uint64_t total = 0;
    for (const auto byte : bytes) total += byte;
    return total;
  };
  rows.push_back(compare(
      "Image 1280x720 read", "flatbuffers", [&] { keep(sum(image.data)); },
      [&] { keep(sum(*flatbuffers::GetRoot<peer::Image>(fbb.GetBufferPointer())->data())); }));
  rows.push_back(compare(
      "Image 1280x720 copy", "std",
      [&] {
        other.fresh() = image;
        keep(other);
      },
      [&] {
        plain::Image copy{standard};
        keep(copy);
      }));
  rows.push_back(compare(
      "Image 1280x720 build + encode (CDR)", "flatbuffers",
      [&] {
        build(block.fresh(), pixels);
        encode(image, cdr);
        keep(cdr);
      },
      [&] {
        build_image(fbb, pixels);
        keep(fbb);
      }));
}

void path_rows(std::vector<Row>& rows) {
  constexpr std::size_t kBytes = 1024 + kPoses * 128;
  Block<nav_msgs::msg::Path> block{kBytes}, other{kBytes};
  flatbuffers::FlatBufferBuilder fbb{kBytes * 2};
  std::vector<std::byte> cdr;
  const auto ours = [&] {
    build(block.fresh());
    keep(block);
  };
  rows.push_back(compare("Path of 1000 build", "flatbuffers", ours, [&] {
    build_path(fbb);
    keep(fbb);
  }));
  rows.push_back(compare("Path of 1000 build", "std", ours, [&] {
    plain::Path path;
    build(path);
    keep(path);
  }));
  auto& path = block.fresh();
  build(path);
  plain::Path standard;
  build(standard);
  rows.push_back(compare(
      "Path of 1000 read", "flatbuffers",
      [&] {
        double total = 0;
        for (const auto& pose : path.poses)
          total += pose.pose.position.x + double(pose.header.frame_id.size());
        keep(total);
      },
      [&] {
        double total = 0;
        for (const auto* pose : *flatbuffers::GetRoot<peer::Path>(fbb.GetBufferPointer())->poses()) {
          total += pose->position()->x() + double(pose->header()->frame_id()->size());
        }
        keep(total);
      }));
  rows.push_back(compare(
      "Path of 1000 copy", "std",
      [&] {
        other.fresh() = path;
        keep(other);
      },
      [&] {
        plain::Path copy{standard};
        keep(copy);
      }));
  rows.push_back(compare(
      "Path of 1000 build + encode (CDR)", "flatbuffers",
      [&] {
        build(block.fresh());
        encode(path, cdr);
        keep(cdr);
      },
      [&] {
        build_path(fbb);
        keep(fbb);
      }));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string json = argc == 3 && std::string{argv[1]} == "--json" ? argv[2] : "";
  if (argc != 1 && json.empty()) {
    fmt::print(stderr, "usage: bench_message_block [--json FILE]\n");
    return 2;
  }
  std::vector<Row> rows;
  imu_rows(rows);
  image_rows(rows);
  path_rows(rows);
  tactus::benchmarks::report({{"message block beside FlatBuffers and std containers, one thread", rows}}, {},
                             json);
}
