// SPDX-License-Identifier: Apache-2.0
#include "message_cdr.hpp"

#include "tactus/msg/codec.hpp"

namespace tactus::mesh {

dds::CdrBuffer to_cdr(const TypeInfo& type, const void* root) {
  dds::CdrBuffer cdr{cdr_size(type, root)};
  write_cdr(type, root, {cdr.data(), cdr.size()});
  return cdr;
}

bool from_cdr(const TypeInfo& type, std::span<const std::byte> cdr, std::vector<std::uint64_t>& words) {
  const auto needed = measure_block(type, cdr);
  if (!needed) return false;
  words.resize((*needed + 7) / 8);
  return read_cdr(type, cdr, reinterpret_cast<std::byte*>(words.data()), words.size() * 8);
}

}  // namespace tactus::mesh
