// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fastcdr/Cdr.h>
#include <fastcdr/FastBuffer.h>

#include <array>
#include <cstdint>
#include <fastdds/dds/topic/TopicDataType.hpp>
#include <string>
#include <tuple>
#include <vector>

/// Types of ROS 2 as Fast DDS programs have them: written and read by Fast CDR. Nothing here knows Tactus.
namespace foreign {

struct Header {
  std::int32_t sec = 0;
  std::uint32_t nanosec = 0;
  std::string frame_id;
  auto fields() { return std::tie(sec, nanosec, frame_id); }
};

struct String {
  static constexpr const char* kName = "std_msgs::msg::dds_::String_";
  std::string data;
  auto fields() { return std::tie(data); }
};

struct PoseStamped {
  static constexpr const char* kName = "geometry_msgs::msg::dds_::PoseStamped_";
  Header header;
  std::array<double, 7> pose{};
  auto fields() { return std::tie(header.sec, header.nanosec, header.frame_id, pose); }
};

struct Imu {
  static constexpr const char* kName = "sensor_msgs::msg::dds_::Imu_";
  Header header;
  std::array<double, 4> orientation{};
  std::array<double, 9> orientation_covariance{};
  std::array<double, 3> angular_velocity{};
  std::array<double, 9> angular_velocity_covariance{};
  std::array<double, 3> linear_acceleration{};
  std::array<double, 9> linear_acceleration_covariance{};
  auto fields() {
    return std::tie(header.sec, header.nanosec, header.frame_id, orientation, orientation_covariance,
                    angular_velocity, angular_velocity_covariance, linear_acceleration,
                    linear_acceleration_covariance);
  }
};

struct JointState {
  static constexpr const char* kName = "sensor_msgs::msg::dds_::JointState_";
  Header header;
  std::vector<std::string> name;
  std::vector<double> position, velocity, effort;
  auto fields() {
    return std::tie(header.sec, header.nanosec, header.frame_id, name, position, velocity, effort);
  }
};

struct Image {
  static constexpr const char* kName = "sensor_msgs::msg::dds_::Image_";
  Header header;
  std::uint32_t height = 0, width = 0;
  std::string encoding;
  std::uint8_t is_bigendian = 0;
  std::uint32_t step = 0;
  std::vector<std::uint8_t> data;
  auto fields() {
    return std::tie(header.sec, header.nanosec, header.frame_id, height, width, encoding, is_bigendian, step,
                    data);
  }
};

/// What Fast DDS needs to know of a type.
template <typename T>
class Type final : public eprosima::fastdds::dds::TopicDataType {
 public:
  static constexpr std::uint32_t kMostBytes = 4 << 20;
  using Payload = eprosima::fastrtps::rtps::SerializedPayload_t;
  using Cdr = eprosima::fastcdr::Cdr;

  Type() {
    setName(T::kName);
    m_typeSize = kMostBytes;
  }
  bool serialize(void* data, Payload* payload) override {
    eprosima::fastcdr::FastBuffer buffer{reinterpret_cast<char*>(payload->data), payload->max_size};
    Cdr cdr{buffer, Cdr::DEFAULT_ENDIAN, Cdr::DDS_CDR};
    payload->encapsulation = CDR_LE;
    cdr.serialize_encapsulation();
    std::apply([&](auto&... field) { (cdr << ... << field); }, static_cast<T*>(data)->fields());
    payload->length = static_cast<std::uint32_t>(cdr.getSerializedDataLength());
    return true;
  }
  bool deserialize(Payload* payload, void* data) override {
    eprosima::fastcdr::FastBuffer buffer{reinterpret_cast<char*>(payload->data), payload->length};
    Cdr cdr{buffer, Cdr::DEFAULT_ENDIAN, Cdr::DDS_CDR};
    cdr.read_encapsulation();
    std::apply([&](auto&... field) { (cdr >> ... >> field); }, static_cast<T*>(data)->fields());
    return true;
  }
  std::function<std::uint32_t()> getSerializedSizeProvider(void* data) override {
    return [data] {
      std::size_t bytes = 4 + 64;
      std::apply([&](auto&... field) { ((bytes += size_of(field)), ...); }, static_cast<T*>(data)->fields());
      return static_cast<std::uint32_t>(bytes);
    };
  }
  void* createData() override { return new T{}; }
  void deleteData(void* data) override { delete static_cast<T*>(data); }
  bool getKey(void*, eprosima::fastrtps::rtps::InstanceHandle_t*, bool) override { return false; }

 private:
  /// An upper bound, padding included.
  template <typename F>
  static std::size_t size_of(const F& field) {
    if constexpr (requires { field.front().size(); }) {
      std::size_t bytes = 8;
      for (const auto& element : field) bytes += size_of(element);
      return bytes;
    } else if constexpr (requires { field.size(); }) {
      return 16 + field.size() * sizeof(field[0]);
    } else {
      return 8 + sizeof field;
    }
  }
};

}  // namespace foreign
