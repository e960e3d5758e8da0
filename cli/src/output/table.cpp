// SPDX-License-Identifier: Apache-2.0
#include "output/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace rtctl {

Table::Table(std::vector<std::string> headings) {
  for (std::string& heading : headings) {
    right_.push_back(heading.front() == '>');
    if (right_.back()) heading.erase(0, 1);
    widths_.push_back(heading.size());
    headings_.emplace_back(std::move(heading), Style::kHeading);
  }
}

void Table::add(std::vector<Cell> row) {
  row.resize(headings_.size(), Cell{""});
  for (std::size_t i = 0; i < row.size(); ++i) widths_[i] = std::max(widths_[i], row[i].text.size());
  rows_.push_back(std::move(row));
}

std::string Table::line(const std::vector<Cell>& row) const {
  std::string text;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string gap(widths_[i] - row[i].text.size(), ' ');
    const std::string painted = paint(row[i].style, row[i].text);
    if (i > 0) text += "  ";
    text += right_[i] ? gap + painted : painted + gap;
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

std::string Table::text() const {
  std::string text = line(headings_);
  for (const std::vector<Cell>& row : rows_) text += line(row);
  return text;
}

Cell count_cell(std::uint64_t count, Style style) {
  return {std::to_string(count), count > 0 ? style : Style::kPlain};
}

Cell state_cell(const std::string& state) {
  if (state == "running") return {state, Style::kGood};
  return {state, state == "faulted" || state == "dead" ? Style::kError : Style::kPlain};
}

namespace {

struct Unit {
  double size;
  const char* name;
};

template <std::size_t N>
std::string scaled(double value, const std::array<Unit, N>& units) {
  for (const Unit& unit : units) {
    if (value >= unit.size) return fmt::format("{:.1f} {}", value / unit.size, unit.name);
  }
  return fmt::format("{:.0f} {}", value, units.back().name);
}

}  // namespace

std::string bytes_text(double bytes) {
  if (bytes < 1e3) return fmt::format("{:.0f} B", bytes);
  return scaled(bytes, std::array<Unit, 3>{{{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}}});
}

std::string rate_text(double hz) { return hz > 0 ? fmt::format("{:.1f} Hz", hz) : "-"; }

std::string duration_text(double ns) {
  if (ns < 1e3) return fmt::format("{:.0f} ns", ns);
  return scaled(ns, std::array<Unit, 3>{{{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}}});
}

}  // namespace rtctl
