// SPDX-License-Identifier: Apache-2.0
#include "arbitrary_message.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

#include "tactus/msg/block.hpp"
#include "tactus/msg/codec.hpp"

namespace tactus::conformance {
namespace {

class Filler {
 public:
  Filler(Values values, std::int64_t stamp_ns, std::mt19937& random, BlockHeader& block)
      : values_{values}, stamp_ns_{stamp_ns}, random_{random}, block_{block} {}

  void fill(const TypeInfo& type, std::byte* object) {
    if (values_ != Values::kZero && std::string_view{type.name} == "builtin_interfaces/msg/Time")
      set_time(object);
    else
      for (const Field& field : type.fields) fill(field, object);
  }

 private:
  void fill(const Field& field, std::byte* object) {
    if (field.shape == FieldShape::kSequence && changes_everything()) resize(field, object);
    const auto elements = detail::elements_of(field, object);
    const std::size_t bytes = detail::element_bytes(field);
    for (std::size_t i = 0; i < elements.count; ++i)
      set(field, const_cast<std::byte*>(elements.data) + i * bytes);
  }

  void resize(const Field& field, std::byte* object) {
    std::uint32_t count = values_ == Values::kRandom ? random_() % 6 : 3;
    if (field.bound != 0) count = std::min(count, field.bound);
    detail::resize_elements(field, object, count, block_);
  }

  void set(const Field& field, std::byte* element) {
    switch (field.kind) {
      case FieldKind::kMessage:
        return fill(*field.type, element);
      case FieldKind::kString:
        return set_text(field, element);
      case FieldKind::kBool:
        if (changes_everything())
          *element = std::byte{static_cast<unsigned char>(values_ == Values::kRandom ? random_() % 2 : 1)};
        return;
      case FieldKind::kFloat32:
        return set_real<float>(element);
      case FieldKind::kFloat64:
        return set_real<double>(element);
      case FieldKind::kInt8:
        return set_whole<std::int8_t>(element);
      case FieldKind::kInt16:
        return set_whole<std::int16_t>(element);
      case FieldKind::kInt32:
        return set_whole<std::int32_t>(element);
      case FieldKind::kInt64:
        return set_whole<std::int64_t>(element);
      case FieldKind::kUint16:
        return set_whole<std::uint16_t>(element);
      case FieldKind::kUint32:
        return set_whole<std::uint32_t>(element);
      case FieldKind::kUint64:
        return set_whole<std::uint64_t>(element);
      case FieldKind::kByte:
      case FieldKind::kChar:
      case FieldKind::kUint8:
        return set_whole<std::uint8_t>(element);
    }
  }

  void set_text(const Field& field, std::byte* element) {
    if (!changes_everything()) return;
    std::size_t length = values_ == Values::kRandom ? random_() % 20 : 500;
    if (field.string_bound != 0) length = std::min<std::size_t>(length, field.string_bound);
    detail::assign_text(field, element, std::string(length, 'x'), block_);
  }

  template <typename T>
  void set_real(std::byte* at) {
    using Limits = std::numeric_limits<T>;
    switch (values_) {
      case Values::kLargest:
        return store(at, Limits::max());
      case Values::kSmallest:
        return store(at, Limits::lowest());
      case Values::kNotANumber:
        return store(at, Limits::quiet_NaN());
      case Values::kInfinite:
        return store(at, Limits::infinity());
      case Values::kRandom:
        return store_random<T>(at);
      case Values::kDefault:
      case Values::kZero:
        return;
    }
  }

  template <typename T>
  void set_whole(std::byte* at) {
    if (values_ == Values::kLargest) store(at, std::numeric_limits<T>::max());
    if (values_ == Values::kSmallest) store(at, std::numeric_limits<T>::min());
    if (values_ == Values::kRandom) store_random<T>(at);
  }

  template <typename T>
  void store_random(std::byte* at) {
    for (std::size_t i = 0; i < sizeof(T); ++i) at[i] = static_cast<std::byte>(random_());
  }
  template <typename T>
  static void store(std::byte* at, T value) {
    std::memcpy(at, &value, sizeof value);
  }

  void set_time(std::byte* object) {
    if (changes_everything() && values_ != Values::kRandom) return extreme_time(object);
    store(object, static_cast<std::int32_t>(stamp_ns_ / 1'000'000'000));
    store(object + 4, static_cast<std::uint32_t>(stamp_ns_ % 1'000'000'000));
  }
  void extreme_time(std::byte* object) {
    set_whole<std::int32_t>(object);
    set_whole<std::uint32_t>(object + 4);
  }

  [[nodiscard]] bool changes_everything() const {
    return values_ == Values::kLargest || values_ == Values::kSmallest || values_ == Values::kRandom;
  }

  Values values_;
  std::int64_t stamp_ns_;
  std::mt19937& random_;
  BlockHeader& block_;
};

}  // namespace

const char* to_text(Values values) noexcept {
  switch (values) {
    case Values::kDefault:
      return "ordinary";
    case Values::kZero:
      return "all-zero";
    case Values::kLargest:
      return "largest";
    case Values::kSmallest:
      return "most negative";
    case Values::kNotANumber:
      return "NaN";
    case Values::kInfinite:
      return "infinite";
    case Values::kRandom:
      return "random";
  }
  return "";
}

bool construct_message(const TypeInfo& type, std::byte* memory, std::size_t size, Values values,
                       std::int64_t stamp_ns, std::mt19937& random) {
  std::byte* root = values == Values::kZero ? detail::construct_empty_block(type, memory, size)
                                            : construct_block(type, memory, size);
  if (root == nullptr) return false;
  Filler{values, stamp_ns, random, *reinterpret_cast<BlockHeader*>(memory)}.fill(type, root);
  return true;
}

}  // namespace tactus::conformance
