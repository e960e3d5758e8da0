// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "cdr_topic.hpp"
#include "participant.hpp"

namespace tactus::dds {

/// What must agree on both sides. Defaults are those of a ROS 2 topic.
struct EndpointSettings {
  std::string topic{};      ///< DDS name, "rt/imu"
  std::string type{};       ///< DDS name, "sensor_msgs::msg::dds_::Imu_"
  std::string partition{};  ///< empty: the default one, where ROS 2 is
  std::uint32_t depth = 10;
  bool reliable = true;
  bool latched = false;     ///< transient local: late readers get the last `depth` samples
  std::string user_data{};  ///< "typehash=RIHS01_...;"
};

/// One DDS writer of bytes. Thread: one at a time. `write` sends in the caller: it may block for the time the
/// socket takes, never for a reader.
class Writer {
 public:
  Writer(const Participant& participant, const EndpointSettings& settings);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Returns false when Cyclone refused it; the reason is in its log.
  bool write(CdrBuffer&& cdr, std::int64_t source_time_ns, const SampleTag& tag = {});
  /// Blocks until the readers have what was written, for so long at most. False: not all of them.
  bool wait_for_acknowledgements(std::int64_t limit_ns);
  /// Remote readers that are connected now.
  [[nodiscard]] std::uint32_t readers() const;

 private:
  std::int32_t topic_ = 0;
  std::int32_t writer_ = 0;
  const ddsi_sertype* type_ = nullptr;
};

struct ReceivedSample {
  std::span<const std::byte> cdr;   ///< encapsulation header included
  std::uint64_t writer = 0;         ///< which remote writer; unique in this process
  std::uint64_t sequence = 0;       ///< its own count; a jump is a loss. 0: not known
  std::int64_t source_time_ns = 0;  ///< the writer's clock
  SampleTag tag{};
};

/// One DDS reader of bytes; never receives what this process wrote.
class Reader {
 public:
  Reader(const Participant& participant, const EndpointSettings& settings);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// Hands over everything that has arrived, in order per writer. Thread: one at a time. Does not block.
  std::size_t take(const std::function<void(const ReceivedSample&)>& sink);
  /// What a writer (ReceivedSample::writer) says about itself; empty when it is gone.
  [[nodiscard]] std::string user_data_of(std::uint64_t writer) const;
  /// Who a writer is, for people: "DDS 0110a5cd... (host box, pid 7, address 10.0.0.2)", as far as it says.
  [[nodiscard]] std::string peer_of(std::uint64_t writer) const;
  [[nodiscard]] bool is_matched(std::uint64_t writer) const;
  [[nodiscard]] std::int32_t entity() const noexcept { return reader_; }

 private:
  std::int32_t topic_ = 0;
  std::int32_t reader_ = 0;
};

/// Sleeps until one of its readers has something, or until it is woken.
class Waiter {
 public:
  explicit Waiter(const Participant& participant);
  ~Waiter();
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  void attach(std::int32_t entity);
  void detach(std::int32_t entity) noexcept;
  /// Any thread.
  void wake() noexcept;
  void wait(std::int64_t timeout_ns);

 private:
  std::int32_t set_ = 0;
  std::int32_t guard_ = 0;
};

}  // namespace tactus::dds
