// SPDX-License-Identifier: Apache-2.0
#include "output/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

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

// Visible characters only count: escape sequences have no width.
std::string cut(std::string_view line, int columns) {
  std::string result;
  int width = 0;
  bool escape = false;
  for (const char c : line) {
    if (c == '\x1b') escape = true;
    if (!escape && ++width > columns) continue;
    result += c;
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
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
}

void LiveView::draw(const std::string& text) {
  if (!active_) return;
  const TerminalSize size = terminal_size();
  std::string frame = lines_ > 0 ? fmt::format("\x1b[{}F\x1b[J", lines_) : std::string{};
  lines_ = 0;
  std::size_t at = 0;
  while (at < text.size() && lines_ < size.rows - 1) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    frame += cut(std::string_view{text}.substr(at, end - at), size.columns) + "\n";
    ++lines_;
    at = end + 1;
  }
  (void)write_out(frame);
}

void LiveView::clear() {
  if (lines_ > 0) (void)write_out(fmt::format("\x1b[{}F\x1b[J", lines_));
  lines_ = 0;
}

}  // namespace rtctl
