// SPDX-License-Identifier: Apache-2.0
// Bytes from outside, read as CDR of several types: never a crash, a hang or an allocation out of proportion;
// what was read passes the block check and encodes again. The first byte chooses the type.
#include <cstdlib>
#include <nav_msgs/msg/path.hpp>
#include <sensor_msgs/msg/imu.hpp>
#include <sensor_msgs/msg/joint_state.hpp>
#include <sensor_msgs/msg/point_cloud2.hpp>
#include <std_msgs/msg/float64_multi_array.hpp>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tactus;
  static const TypeInfo* const types[] = {
      &type_info<nav_msgs::msg::Path>(), &type_info<sensor_msgs::msg::Imu>(),
      &type_info<sensor_msgs::msg::JointState>(), &type_info<sensor_msgs::msg::PointCloud2>(),
      &type_info<std_msgs::msg::Float64MultiArray>()};
  if (size == 0) return 0;
  const TypeInfo& type = *types[data[0] % std::size(types)];
  const std::span cdr{reinterpret_cast<const std::byte*>(data) + 1, size - 1};
  const auto needed = measure_block(type, cdr);
  if (!needed) return 0;
  if (*needed > 64 * size + 4096) std::abort();
  std::vector<std::uint64_t> memory((*needed + 7) / 8);
  auto* block = reinterpret_cast<std::byte*>(memory.data());
  if (!read_cdr(type, cdr, block, memory.size() * 8)) std::abort();  // it fitted when it was measured
  if (!BlockCheck{type}(block, memory.size() * 8)) std::abort();
  std::vector<std::byte> again(cdr_size(type, block_root_bytes(block)));
  if (write_cdr(type, block_root_bytes(block), again) != again.size()) std::abort();
  return 0;
}
