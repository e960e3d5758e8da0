// SPDX-License-Identifier: Apache-2.0
#include "euroc.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <stdexcept>
#include <string_view>

namespace xr {
namespace {

namespace fs = std::filesystem;

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> cells;
  while (true) {
    const auto comma = line.find(',');
    std::string_view cell = line.substr(0, comma);
    while (!cell.empty() && (cell.front() == ' ' || cell.front() == '\t')) cell.remove_prefix(1);
    while (!cell.empty() && (cell.back() == ' ' || cell.back() == '\r' || cell.back() == '\t'))
      cell.remove_suffix(1);
    cells.push_back(cell);
    if (comma == std::string_view::npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

template <typename Number>
bool parse(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if constexpr (std::is_floating_point_v<Number>) {
    if (!std::isfinite(number)) return false;
  }
  return error == std::errc{} && end == text.data() + text.size();
}

/// The numbers behind the stamp; false when there are fewer than asked for.
bool parse_row(const std::vector<std::string_view>& cells, std::int64_t& stamp, double* numbers,
               std::size_t count) {
  if (cells.size() < count + 1 || !parse(cells[0], stamp) || stamp < 0) return false;
  for (std::size_t i = 0; i < count; ++i) {
    if (!parse(cells[i + 1], numbers[i])) return false;
  }
  return true;
}

template <typename Row, typename Make>
Table<Row> read_table(const fs::path& csv, Make make) {
  std::ifstream file{csv};
  if (!file) throw std::runtime_error{csv.string() + ": cannot be opened"};
  Table<Row> table;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#' || line == "\r") continue;
    Row row;
    if (make(split(line), row))
      table.rows.push_back(row);
    else
      ++table.malformed;
  }
  if (table.rows.empty()) throw std::runtime_error{csv.string() + ": holds no row that can be read"};
  std::ranges::stable_sort(table.rows, {}, &Row::stamp_ns);
  return table;
}

}  // namespace

Table<ImuRow> read_imu(const fs::path& csv) {
  return read_table<ImuRow>(csv, [](const auto& cells, ImuRow& row) {
    double n[6];
    if (!parse_row(cells, row.stamp_ns, n, 6)) return false;
    row.angular_velocity = {n[0], n[1], n[2]};
    row.linear_acceleration = {n[3], n[4], n[5]};
    return true;
  });
}

Table<PoseRow> read_poses(const fs::path& csv) {
  return read_table<PoseRow>(csv, [](const auto& cells, PoseRow& row) {
    double n[7];
    if (!parse_row(cells, row.stamp_ns, n, 7)) return false;
    row.position = {n[0], n[1], n[2]};
    row.orientation = {n[3], n[4], n[5], n[6]};
    if (std::abs(row.orientation.norm() - 1) > 0.1) return false;
    row.orientation.normalize();
    return true;
  });
}

Table<ImageRow> read_images(const fs::path& csv) {
  return read_table<ImageRow>(csv, [&](const auto& cells, ImageRow& row) {
    if (cells.size() < 2 || !parse(cells[0], row.stamp_ns) || row.stamp_ns < 0 || cells[1].empty())
      return false;
    row.file = csv.parent_path() / "data" / fs::path{std::string{cells[1]}}.filename();
    return true;
  });
}

}  // namespace xr
