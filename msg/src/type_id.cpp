// SPDX-License-Identifier: Apache-2.0
#include "tactus/msg/type_id.hpp"

#include <fmt/core.h>

#include <cstring>

namespace tactus {
namespace {

std::string hex(const auto& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace

std::uint64_t fnv1a(std::string_view text) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
  return hash;
}

// The digest is a SHA-256 already: its first half, with the layout version mixed into every byte group, is as
// good.
TypeId type_id(const TypeInfo& type) noexcept {
  TypeId id;
  std::memcpy(id.bytes.data(), type.hash.data(), id.bytes.size());
  for (std::size_t i = 0; i < sizeof kLayoutVersion; ++i) {
    id.bytes[12 + i] ^= static_cast<std::uint8_t>(kLayoutVersion >> (8 * i));
  }
  return id;
}

std::string to_hex(const TypeId& id) { return hex(id.bytes); }

std::string rihs(const TypeInfo& type) { return "RIHS01_" + hex(type.hash); }

}  // namespace tactus
