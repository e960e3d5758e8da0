// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "output/terminal.hpp"

namespace rtctl {

struct Cell {
  std::string text;
  Style style = Style::kPlain;
  Cell(const char* value)
      : text{value} {}  // NOLINT(google-explicit-constructor): rows are written as lists of texts
  Cell(std::string value, Style how = Style::kPlain) : text{std::move(value)}, style{how} {}  // NOLINT
};

/// Columns with headings, as wide as their widest cell. Headings that begin with '>' are set flush right.
class Table {
 public:
  explicit Table(std::vector<std::string> headings);
  void add(std::vector<Cell> row);
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  /// Ends with a newline.
  [[nodiscard]] std::string text() const;

 private:
  [[nodiscard]] std::string line(const std::vector<Cell>& row) const;

  std::vector<Cell> headings_;
  std::vector<bool> right_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<Cell>> rows_;
};

/// A count of something that should not happen: coloured when it did.
[[nodiscard]] Cell count_cell(std::uint64_t count, Style style = Style::kWarning);

/// The state of a node, green while it runs, red when it never will again.
[[nodiscard]] Cell state_cell(const std::string& state);

/// "1.2 kB", "8.3 MB"
[[nodiscard]] std::string bytes_text(double bytes);
/// "199.8 Hz"; "-" for zero
[[nodiscard]] std::string rate_text(double hz);
/// "850 ns", "12.3 us", "4.0 ms", "1.2 s"
[[nodiscard]] std::string duration_text(double ns);

}  // namespace rtctl
