// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

/// Cyclone's view of our samples: opaque CDR bytes. Keyless, XCDR1, one instance per topic.
struct ddsi_serdata;
struct ddsi_sertype;

namespace tactus::dds {

/// CDR bytes with the 4-byte encapsulation header in front, and room up to the next multiple of 4 behind:
/// Cyclone reads that far.
class CdrBuffer {
 public:
  CdrBuffer() = default;
  explicit CdrBuffer(std::size_t size)
      : bytes_{std::make_unique_for_overwrite<std::byte[]>((size + 3) & ~std::size_t{3})}, size_{size} {}
  [[nodiscard]] std::byte* data() const noexcept { return bytes_.get(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  void shrink(std::size_t size) noexcept { size_ = size; }

 private:
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_ = 0;
};

/// 16 bytes that travel beside a sample and that other vendors ignore.
using SampleTag = std::array<std::byte, 16>;

/// No sample of the network is taken when it claims to be larger.
inline constexpr std::size_t kMaxSampleBytes = std::size_t{256} << 20;

namespace detail {

/// A new sertype for a topic; owned by the caller until dds_create_topic_sertype takes it.
[[nodiscard]] ddsi_sertype* make_type(const std::string& topic, const std::string& type_name);
/// A new sample to write, with one reference. The buffer moves into it.
[[nodiscard]] ddsi_serdata* make_sample(const ddsi_sertype* type, CdrBuffer&& cdr, const SampleTag& tag,
                                        std::int64_t source_time_ns);

/// What a received sample holds. Valid while the serdata is.
struct SampleView {
  const CdrBuffer* cdr;
  std::uint64_t sequence;  ///< the writer's RTPS sequence number; 0 when it is not known
  std::int64_t source_time_ns;
  SampleTag tag;
};
[[nodiscard]] SampleView view(const ddsi_serdata* sample);

}  // namespace detail
}  // namespace tactus::dds
