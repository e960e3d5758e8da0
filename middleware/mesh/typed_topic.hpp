// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "endpoints.hpp"
#include "message_cdr.hpp"
#include "ros_names.hpp"
#include "tactus/msg/block.hpp"

/// DDS topics of our own, between gateways and tools: typed by the one codec.
namespace tactus::mesh {

template <typename T>
[[nodiscard]] dds::EndpointSettings settings_of(const std::string& topic, dds::EndpointSettings settings) {
  settings.topic = topic;
  settings.type = dds::dds_type(type_info<T>().name);
  return settings;
}

/// Thread: any, one at a time.
template <typename T>
class TypedWriter {
 public:
  TypedWriter(const dds::Participant& participant, const std::string& topic, const dds::EndpointSettings& qos)
      : writer_{participant, settings_of<T>(topic, qos)} {}

  bool write(const T& message, std::int64_t time_ns) {
    return writer_.write(to_cdr(type_info<T>(), &message), time_ns);
  }
  [[nodiscard]] std::uint32_t readers() const { return writer_.readers(); }

 private:
  dds::Writer writer_;
};

template <typename T>
class TypedReader {
 public:
  TypedReader(const dds::Participant& participant, const std::string& topic, const dds::EndpointSettings& qos)
      : reader_{participant, settings_of<T>(topic, qos)} {}

  [[nodiscard]] std::int32_t entity() const noexcept { return reader_.entity(); }
  /// Any thread.
  [[nodiscard]] std::uint64_t malformed() const noexcept { return malformed_; }

  void take(const std::function<void(const T&)>& sink) {
    reader_.take([&](const dds::ReceivedSample& sample) {
      if (from_cdr(type_info<T>(), sample.cdr, block_))
        sink(block_root<T>(reinterpret_cast<std::byte*>(block_.data())));
      else
        ++malformed_;
    });
  }

 private:
  dds::Reader reader_;
  std::vector<std::uint64_t> block_;
  std::atomic<std::uint64_t> malformed_{0};
};

}  // namespace tactus::mesh
