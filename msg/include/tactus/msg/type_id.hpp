// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tactus/msg/type.hpp"

namespace tactus {

/// Identity of a type on one host: 128 bits of a hash over the RIHS01 digest and the layout version.
[[nodiscard]] TypeId type_id(const TypeInfo& type) noexcept;

/// 32 lower-case hexadecimal digits.
[[nodiscard]] std::string to_hex(const TypeId& id);

/// The definition's hash as ROS 2 writes it: "RIHS01_" and 64 hexadecimal digits.
[[nodiscard]] std::string rihs(const TypeInfo& type);

/// 64-bit FNV-1a of a text: for names that are too long for a transport's fields. Not for untrusted keys.
[[nodiscard]] std::uint64_t fnv1a(std::string_view text) noexcept;

}  // namespace tactus
