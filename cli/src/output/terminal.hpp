// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace rtctl {

enum class Style { kPlain, kHeading, kGood, kWarning, kError, kDim };

[[nodiscard]] bool is_terminal(std::FILE* stream);

/// Coloured when `stream` is a terminal, NO_COLOR is not set and TERM is not "dumb"; the text itself
/// otherwise.
[[nodiscard]] std::string paint(Style style, std::string_view text, std::FILE* stream = stdout);

/// Rows and columns of the terminal on stdout; 24 x 80 where it cannot tell.
struct TerminalSize {
  int rows = 24;
  int columns = 80;
};
[[nodiscard]] TerminalSize terminal_size();

/// Writes to stdout and flushes. False when nobody reads any more (a closed pipe): time to end.
[[nodiscard]] bool write_out(std::string_view text);

/// A block of lines at the bottom of the terminal that is drawn over itself. Does nothing when stdout is no
/// terminal.
class LiveView {
 public:
  LiveView() : active_{is_terminal(stdout)} {}
  [[nodiscard]] bool active() const noexcept { return active_; }
  /// Lines are cut at the terminal's height and width.
  void draw(const std::string& text);
  /// Removes the block, so that something else can be printed.
  void clear();

 private:
  bool active_;
  int lines_ = 0;
};

}  // namespace rtctl
