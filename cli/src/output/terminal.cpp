// SPDX-License-Identifier: Apache-2.0
#include "output/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "command.hpp"

namespace rtctl {
namespace {

bool coloured(std::FILE* stream) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool dumb = term != nullptr && std::string_view{term} == "dumb";
  return is_terminal(stream) && (no_color == nullptr || *no_color == '\0') && !dumb;
}

const char* code_of(Style style) {
  switch (style) {
    case Style::kHeading:
      return "1";
    case Style::kGood:
      return "32";
    case Style::kWarning:
      return "33";
    case Style::kError:
      return "31";
    case Style::kDim:
      return "2";
    case Style::kPlain:
      break;
  }
  return "";
}

bool write_whole(std::string_view text, std::FILE* stream) noexcept {
  return std::fwrite(text.data(), 1, text.size(), stream) == text.size() && std::fflush(stream) == 0;
}

struct Line {
  std::string text;
  std::size_t width = 0;
};

// Visible characters only count: escape sequences and the later bytes of UTF-8 have no width.
Line cut(std::string_view line, int columns) {
  Line result;
  bool escape = false;
  bool full = false;
  for (const char c : line) {
    if (c == '\x1b') escape = true;
    const bool visible = !escape && (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    if (visible && result.width >= static_cast<std::size_t>(columns)) full = true;
    if (full && !escape) continue;
    result.text += c;
    if (visible) ++result.width;
    if (escape && c == 'm') escape = false;
  }
  return result;
}

}  // namespace

bool is_terminal(std::FILE* stream) { return isatty(fileno(stream)) == 1; }

std::string paint(Style style, std::string_view text, std::FILE* stream) {
  if (style == Style::kPlain || text.empty() || !coloured(stream)) return std::string{text};
  return fmt::format("\x1b[{}m{}\x1b[0m", code_of(style), text);
}

TerminalSize terminal_size() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return {};
  return {size.ws_row, size.ws_col};
}

bool write_out(std::string_view text) {
  if (write_whole(text, stdout)) return true;
  if (errno == EPIPE) return false;
  throw Failure{fmt::format("the output cannot be written: {}", std::strerror(errno))};
}

int print(std::string_view text) {
  (void)write_out(text);
  return kSuccess;
}

void try_write_out(std::string_view text) noexcept { (void)write_whole(text, stdout); }

void write_error(std::string_view line) noexcept {
  std::fflush(stdout);
  (void)write_whole(line, stderr);
  (void)write_whole("\n", stderr);
}

void complain(std::string_view sentence, Style style) {
  write_error(fmt::format("{} {}", paint(style, "rtctl:", stderr), sentence));
}

std::string erase_lines(const std::vector<std::size_t>& widths, const TerminalSize& size) {
  const auto columns = static_cast<std::size_t>(size.columns);
  std::size_t rows = 0;
  for (const std::size_t width : widths) rows += std::max<std::size_t>(1, (width + columns - 1) / columns);
  rows = std::min(rows, static_cast<std::size_t>(size.rows - 1));  // what scrolled out of sight stays
  return rows > 0 ? fmt::format("\x1b[{}F\x1b[J", rows) : std::string{};
}

std::vector<std::string> lines_that_fit(std::string_view text, const TerminalSize& size) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  const auto room = static_cast<std::size_t>(std::max(0, size.rows - 1));
  if (lines.size() <= room) return lines;
  if (room == 0) return {};
  const std::size_t more = lines.size() - room + 1;
  lines.resize(room);
  lines.back() = paint(Style::kDim, fmt::format("... {} more lines: make the terminal higher", more));
  return lines;
}

std::string LiveView::erase(const TerminalSize& size) {
  std::string text = erase_lines(widths_, size);
  widths_.clear();
  return text;
}

std::string LiveView::frame(const TerminalSize& size) {
  std::string frame;
  for (const std::string& text : lines_that_fit(text_, size)) {
    const Line line = cut(text, size.columns);
    frame += line.text + "\n";
    widths_.push_back(line.width);
  }
  return frame;
}

void LiveView::draw(const std::string& text) {
  if (!active_) return;
  const std::scoped_lock lock{mutex_};
  const TerminalSize size = terminal_size();
  text_ = text;
  std::string out = erase(size);
  out += frame(size);
  try_write_out(out);
}

void LiveView::redraw() {
  std::string text;
  {
    const std::scoped_lock lock{mutex_};
    text = text_;
  }
  if (!text.empty()) draw(text);
}

void LiveView::print(std::string_view lines) {
  const std::scoped_lock lock{mutex_};
  const TerminalSize size = terminal_size();
  std::string out = erase(size);
  out += lines;
  out += frame(size);
  try_write_out(out);
}

void LiveView::clear() {
  const std::scoped_lock lock{mutex_};
  if (const std::string out = erase(terminal_size()); !out.empty()) try_write_out(out);
  text_.clear();
}

}  // namespace rtctl
