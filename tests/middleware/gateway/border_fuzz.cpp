// SPDX-License-Identifier: Apache-2.0
// A sample of a hostile writer at the border: what passes is a sound message with times that are none of the
// future, what does not leaves no loan behind. Input: type, room, tag, time, CDR.
#include <cstdlib>
#include <cstring>
#include <nav_msgs/msg/path.hpp>
#include <sensor_msgs/msg/imu.hpp>
#include <sensor_msgs/msg/joint_state.hpp>
#include <sensor_msgs/msg/point_cloud2.hpp>
#include <std_msgs/msg/float64_multi_array.hpp>
#include <vector>

#include "border.hpp"
#include "tactus/middleware/time.hpp"
#include "tactus/msg/block.hpp"
#include "tactus/msg/codec.hpp"

namespace {

using namespace tactus;

void expect(bool holds) {
  if (!holds) std::abort();
}

/// Loans memory exactly as large as it says, so that the address sanitizer sees each byte beyond it.
class ExactPublisher final : public UntypedPublisher {
 public:
  ExactPublisher(const TypeInfo& type, std::size_t max_bytes) : memory_(max_bytes / 8) {
    options_.type = &type;
    options_.max_bytes = memory_.size() * 8;
    chunk_ = {reinterpret_cast<std::byte*>(memory_.data()), options_.max_bytes, &header_};
  }
  Chunk* loan() noexcept override {
    expect(!loaned_);
    loaned_ = true;
    return &chunk_;
  }
  void publish(Chunk& chunk) noexcept override {
    release(chunk);
    published_ = true;
    expect(header_.publish_time_ns <= to_ns(group_now()));
    expect(header_.block_bytes <= chunk.size);
    expect(BlockCheck{*options_.type}(chunk.bytes, chunk.size));
    const std::byte* root = block_root_bytes(chunk.bytes);
    std::vector<std::byte> again(cdr_size(*options_.type, root));
    expect(write_cdr(*options_.type, root, again) == again.size());
  }
  void release(Chunk&) noexcept override {
    expect(loaned_);
    loaned_ = false;
  }
  [[nodiscard]] EndpointCounts counts() const noexcept override { return {}; }
  [[nodiscard]] const PublisherOptions& options() const noexcept override { return options_; }
  [[nodiscard]] bool loaned() const noexcept { return loaned_; }
  [[nodiscard]] bool published() const noexcept { return published_; }

 private:
  PublisherOptions options_;
  std::vector<std::uint64_t> memory_;
  SampleHeader header_;
  Chunk chunk_;
  bool loaned_ = false, published_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TypeInfo* const types[] = {
      &type_info<nav_msgs::msg::Path>(), &type_info<sensor_msgs::msg::Imu>(),
      &type_info<sensor_msgs::msg::JointState>(), &type_info<sensor_msgs::msg::PointCloud2>(),
      &type_info<std_msgs::msg::Float64MultiArray>()};
  dds::ReceivedSample sample;
  constexpr std::size_t kFront = 2 + sizeof sample.tag + sizeof sample.source_time_ns;
  if (size < kFront) return 0;
  std::memcpy(sample.tag.data(), data + 2, sample.tag.size());
  std::memcpy(&sample.source_time_ns, data + 2 + sample.tag.size(), sizeof sample.source_time_ns);
  const std::vector<std::uint8_t> cdr(data + kFront, data + size);
  sample.cdr = std::as_bytes(std::span{cdr});
  const TypeInfo& type = *types[data[0] % std::size(types)];
  ExactPublisher publisher{type, std::size_t{256} << (data[1] % 8)};
  const auto passed = gateway::pass(sample, type, publisher);
  expect(!publisher.loaned());
  expect(publisher.published() == (passed.how == gateway::Passage::kPublished));
  if (passed.how == gateway::Passage::kTooLarge) expect(passed.block_bytes > publisher.options().max_bytes);
  return 0;
}
