// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

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

/// Writes to stdout and flushes. False when nobody reads any more (a closed pipe): time to end. Throws
/// Failure when it cannot be written for another reason: a full disk.
[[nodiscard]] bool write_out(std::string_view text);
/// What a verb ends with: writes the text; kSuccess, also when nobody reads it. Throws as write_out.
[[nodiscard]] int print(std::string_view text);
/// As write_out, for what must go on whether it is read or not.
void try_write_out(std::string_view text) noexcept;

/// A line on stderr, as it is or behind "rtctl: ". Where that fails there is nobody to tell.
void write_error(std::string_view line) noexcept;
void complain(std::string_view sentence, Style style = Style::kWarning);

/// A block of lines at the bottom of the terminal that is drawn over itself; what is printed scrolls above
/// it. Does nothing when stdout is no terminal. Any thread.
class LiveView {
 public:
  LiveView() : active_{is_terminal(stdout)} {}
  [[nodiscard]] bool active() const noexcept { return active_; }
  /// Lines are cut at the terminal's width; those below its height are left out and counted.
  void draw(const std::string& text);
  /// The same lines again: the terminal has another size.
  void redraw();
  /// Whole lines above the block.
  void print(std::string_view lines);
  /// Removes the block, so that something else can be printed.
  void clear();

 private:
  [[nodiscard]] std::string erase(const TerminalSize& size);
  [[nodiscard]] std::string frame(const TerminalSize& size);

  bool active_;
  std::mutex mutex_;
  std::string text_;                 // what the block shows
  std::vector<std::size_t> widths_;  // of the lines on the terminal
};

/// The lines of a text for a terminal of this height, which keeps a row for the cursor; where there are more,
/// the last says how many.
[[nodiscard]] std::vector<std::string> lines_that_fit(std::string_view text, const TerminalSize& size);

/// What goes to the terminal so that a block of lines of these widths is gone and the cursor where it began.
/// Terminals wrap lines anew when they become narrower: such lines take several rows.
[[nodiscard]] std::string erase_lines(const std::vector<std::size_t>& widths, const TerminalSize& size);

}  // namespace rtctl
