// SPDX-License-Identifier: Apache-2.0
#include "sensor_yaml.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace xr {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBlank = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

class SensorYaml {
 public:
  explicit SensorYaml(const fs::path& file) : file_{file} {
    std::ifstream stream{file};
    if (!stream) throw std::runtime_error{file.string() + ": cannot be opened"};
    for (std::string line; std::getline(stream, line);) text_ += line.substr(0, line.find('#')) + "\n";
  }

  /// Exactly so many.
  [[nodiscard]] std::vector<double> numbers(std::string_view key, std::size_t count) const {
    std::string_view list = value(key);
    const auto end = list.find(']');
    if (list.empty() || list[0] != '[' || end == std::string_view::npos) fail(key, "is no list");
    list = list.substr(1, end - 1);
    std::vector<double> numbers;
    while (!trimmed(list).empty()) {
      const auto comma = list.find(',');
      numbers.push_back(number(key, trimmed(list.substr(0, comma))));
      list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    }
    if (numbers.size() != count) fail(key, fmt::format("has {} numbers, not {}", numbers.size(), count));
    return numbers;
  }
  [[nodiscard]] std::string_view word(std::string_view key) const {
    const std::string_view all = value(key);
    return trimmed(all.substr(0, all.find('\n')));
  }
  [[noreturn]] void fail(std::string_view key, std::string_view what) const {
    throw std::runtime_error{fmt::format("{}: {} {}", file_.string(), key, what)};
  }

 private:
  /// From the first character behind `key:` to the end of the file.
  [[nodiscard]] std::string_view value(std::string_view key) const {
    const std::string_view text = text_;
    const std::string sought = std::string{key} + ":";
    for (std::size_t line = 0; line < text.size(); line = text.find('\n', line) + 1) {
      const auto begin = text.find_first_not_of(" \t", line);
      if (begin == std::string_view::npos || !text.substr(begin).starts_with(sought)) continue;
      const std::string_view rest = text.substr(begin + sought.size());
      const auto first = rest.find_first_not_of(kBlank);
      return first == std::string_view::npos ? std::string_view{} : rest.substr(first);
    }
    fail(key, "is missing");
  }
  [[nodiscard]] double number(std::string_view key, std::string_view text) const {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
      fail(key, fmt::format("holds '{}', which is no number", text));
    return value;
  }

  fs::path file_;
  std::string text_;
};

SensorPose sensor_pose(const SensorYaml& yaml) {
  const auto m = yaml.numbers("data", 16);  // T_BS, by rows
  Eigen::Matrix3d rotation;
  rotation << m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10];
  const bool rigid = (rotation * rotation.transpose()).isIdentity(1e-3) && rotation.determinant() > 0;
  if (!rigid || m[12] != 0 || m[13] != 0 || m[14] != 0 || m[15] != 1)
    yaml.fail("T_BS", "is no rotation and translation");
  return {{m[3], m[7], m[11]}, Eigen::Quaterniond{rotation}.normalized()};
}

}  // namespace

SensorPose read_sensor_pose(const fs::path& sensor_yaml) { return sensor_pose(SensorYaml{sensor_yaml}); }

RecordedCamera read_camera(const fs::path& sensor_yaml) {
  const SensorYaml yaml{sensor_yaml};
  for (const auto& [key, known] :
       {std::pair{"camera_model", "pinhole"}, std::pair{"distortion_model", "radial-tangential"}}) {
    if (yaml.word(key) != known)
      yaml.fail(key, fmt::format("'{}' is not known, only {}", yaml.word(key), known));
  }
  const auto size = yaml.numbers("resolution", 2);
  for (const double pixels : size) {
    if (pixels < 1 || pixels > 65'535 || pixels != std::floor(pixels)) yaml.fail("resolution", "is no size");
  }
  const auto f = yaml.numbers("intrinsics", 4);
  if (f[0] <= 0 || f[1] <= 0) yaml.fail("intrinsics", "have no focal length");
  const auto d = yaml.numbers("distortion_coefficients", 4);
  const Camera camera{static_cast<std::uint32_t>(size[0]),
                      static_cast<std::uint32_t>(size[1]),
                      f[0],
                      f[1],
                      f[2],
                      f[3],
                      d[0],
                      d[1],
                      d[2],
                      d[3],
                      0};
  return {camera, sensor_pose(yaml)};
}

}  // namespace xr
