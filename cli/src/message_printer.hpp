// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tactus/middleware/transport.hpp"
#include "types.hpp"

namespace rtctl {

struct PrintWords {
  std::string field;
  bool no_arrays = false;
  bool full_length = false;
  std::size_t most_elements = 128;
  bool json = false;
  bool csv = false;
  bool header = false;
  bool picture = false;
  std::string save;
};

/// What `topic echo` does with each message.
class MessagePrinter {
 public:
  virtual ~MessagePrinter() = default;
  /// False when nobody reads any more. Throws Failure.
  virtual bool print(const tactus::ConstChunk& message) = 0;
  /// True when one message is all it takes.
  [[nodiscard]] virtual bool once() const { return false; }
};

/// As the words say: YAML, JSON, CSV; pictures as a line each, and on the terminal or as PNG files.
/// Throws Failure: fields that do not exist, options that do not fit the type or each other.
[[nodiscard]] std::unique_ptr<MessagePrinter> make_printer(const PrintWords& words, TypePointer type);

}  // namespace rtctl
