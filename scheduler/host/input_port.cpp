// SPDX-License-Identifier: Apache-2.0
#include "input_port.hpp"

#include <cstring>
#include <string_view>
#include <utility>

#include "tactus/middleware/prefetch.hpp"
#include "tactus/middleware/time.hpp"
#include "tactus/msg/block.hpp"

namespace tactus {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

const Field* find_field(const TypeInfo& type, std::string_view name, std::string_view type_name) {
  for (const Field& field : type.fields) {
    if (field.name != name || field.kind != FieldKind::kMessage || field.shape != FieldShape::kSingle)
      continue;
    if (field.type->name == type_name) return &field;
  }
  return nullptr;
}

}  // namespace

std::optional<std::uint32_t> stamp_offset(const TypeInfo& type) {
  const Field* header = find_field(type, "header", "std_msgs/msg/Header");
  if (header == nullptr) return std::nullopt;
  const Field* stamp = find_field(*header->type, "stamp", "builtin_interfaces/msg/Time");
  if (stamp == nullptr) return std::nullopt;
  return header->offset + stamp->offset;
}

InputPort::InputPort(std::unique_ptr<UntypedSubscriber> inner, Lineage& lineage, FlightLog& flight)
    : inner_{std::move(inner)},
      lineage_{lineage},
      held_{lineage.add_input(inner_->options().max_held)},
      flight_{flight},
      stamp_offset_{stamp_offset(*inner_->options().type)} {}

InputPort::~InputPort() { drop_front(); }

std::int64_t InputPort::stamp_ns() const noexcept {
  if (!stamp_offset_) return front_->header->capture_time_ns;
  // builtin_interfaces/msg/Time: int32 sec, uint32 nanosec.
  const std::byte* stamp = block_root_bytes(front_->bytes) + *stamp_offset_;
  std::int32_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  std::memcpy(&seconds, stamp, sizeof seconds);
  std::memcpy(&nanoseconds, stamp + sizeof seconds, sizeof nanoseconds);
  return seconds * kNanosecondsPerSecond + nanoseconds;
}

const SampleHeader* InputPort::peek() noexcept {
  if (front_ == nullptr) {
    front_ = inner_->take();
    if (front_ == nullptr) return nullptr;
    clock_id_ = front_->header->clock_id;
  }
  return front_->header;
}

void InputPort::discard() {
  if (peek() == nullptr) return;
  inner_->count_unmatched();
  drop_front();
}

void InputPort::close() {
  if (!admitted_) return;
  admitted_ = false;
  drop_front();
}

const ConstChunk* InputPort::take() noexcept {
  if (!gated_) {
    if (peek() == nullptr || comes_later(*front_)) return nullptr;
    newest_ns_ = front_->header->publish_time_ns;
    return hand_out_front();
  }
  return std::exchange(admitted_, false) ? hand_out_front() : nullptr;
}

const ConstChunk* InputPort::hand_out_front() noexcept {
  const SampleHeader& header = *front_->header;
  lineage_.take(header.chains);
  held_.add(front_, header.chains);
  record_drops();
  flight_.took(inner_->page_index(), header);
  return std::exchange(front_, nullptr);
}

void InputPort::record_drops() noexcept {
  const std::uint64_t dropped = inner_->counts().dropped;
  if (dropped == dropped_) return;
  flight_.dropped(inner_->page_index(), dropped - dropped_);
  dropped_ = dropped;
}

// The origins go first: afterwards its place may be another sample's.
void InputPort::release(const ConstChunk& chunk) noexcept {
  held_.remove(&chunk);
  inner_->release(chunk);
}

bool InputPort::has_data() const noexcept {
  if (gated_) return admitted_;
  return front_ != nullptr ? !comes_later(*front_) : inner_->has_data();
}

// A time that lies further ahead than any call lasts is another machine's or nonsense: it holds up nothing.
bool InputPort::comes_later(const ConstChunk& chunk) const noexcept {
  constexpr std::int64_t kLongestCallNs = 1'000'000'000;
  if (!frozen_ns_) return false;
  const std::int64_t ahead_ns = clamped_difference(chunk.header->publish_time_ns, *frozen_ns_);
  return ahead_ns > 0 && ahead_ns <= kLongestCallNs;
}

std::optional<std::int64_t> InputPort::newest_ns() noexcept {
  const SampleHeader* waiting = peek();
  if (waiting != nullptr) return waiting->publish_time_ns;
  return newest_ns_;
}

void InputPort::warm() noexcept {
  prefetch(*this);
  prefetch(held_);
  inner_->warm();
}

void InputPort::drop_front() {
  if (front_ != nullptr) inner_->release(*std::exchange(front_, nullptr));
}

}  // namespace tactus
