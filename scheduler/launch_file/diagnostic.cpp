// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "document.hpp"

namespace tactus {
namespace {

/// What a file says may hold anything; a terminal gets neither its control bytes nor pages of it.
std::string printable(const std::string& text) {
  constexpr std::size_t kMost = 1000;
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      shown += fmt::format("\\x{:02x}", byte);
    else
      shown += c;
    if (shown.size() > kMost) return shown + "...";
  }
  return shown;
}

}  // namespace

std::string to_text(const Diagnostic& diagnostic) {
  return fmt::format("{}:{}:{}: {}", printable(diagnostic.location.file), diagnostic.location.line,
                     diagnostic.location.column, printable(diagnostic.message));
}

std::string warning_text(const Diagnostic& diagnostic) {
  return to_text({diagnostic.location, "warning: " + diagnostic.message});
}

std::string launch_file::text_of(const Location& at) {
  return at.line == 0 ? "" : fmt::format("{}:{}:{}", at.file, at.line, at.column);
}

}  // namespace tactus
