// SPDX-License-Identifier: Apache-2.0
// Bytes from outside, taken for a block: what the check accepts can be walked whole without leaving it.
#include <cstdlib>
#include <cstring>
#include <nav_msgs/msg/path.hpp>
#include <sensor_msgs/msg/imu.hpp>
#include <sensor_msgs/msg/joint_state.hpp>
#include <sensor_msgs/msg/point_cloud2.hpp>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tactus;
  static const TypeInfo* const types[] = {
      &type_info<nav_msgs::msg::Path>(), &type_info<sensor_msgs::msg::Imu>(),
      &type_info<sensor_msgs::msg::JointState>(), &type_info<sensor_msgs::msg::PointCloud2>()};
  if (size == 0) return 0;
  const TypeInfo& type = *types[data[0] % std::size(types)];
  // Exactly as large as claimed, so that the address sanitizer sees each byte beyond it.
  std::vector<std::uint64_t> memory((size - 1) / 8);
  auto* block = reinterpret_cast<std::byte*>(memory.data());
  if (!memory.empty()) std::memcpy(block, data + 1, memory.size() * 8);
  if (!BlockCheck{type}(block, memory.size() * 8)) return 0;
  std::vector<std::byte> cdr(cdr_size(type, block_root_bytes(block)));
  if (write_cdr(type, block_root_bytes(block), cdr) != cdr.size()) std::abort();
  return 0;
}
