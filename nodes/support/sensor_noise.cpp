// SPDX-License-Identifier: Apache-2.0
#include "sensor_noise.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace xr {
namespace {

/// One step of splitmix64: every bit of the result depends on every bit of the state.
std::uint64_t mix(std::uint64_t state) {
  state += 0x9e3779b97f4a7c15U;
  state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9U;
  state = (state ^ (state >> 27)) * 0x94d049bb133111ebU;
  return state ^ (state >> 31);
}

void add_run(std::uint8_t* pixels, const std::int8_t* noise, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const int sum = pixels[i] + noise[i];
    pixels[i] = static_cast<std::uint8_t>(sum < 0 ? 0 : sum > 255 ? 255 : sum);
  }
}

}  // namespace

SensorNoise::SensorNoise(std::uint64_t seed, double deviation) : seed_{mix(seed)} {
  if (deviation == 0) return;
  std::mt19937_64 random{seed_};
  std::normal_distribution<double> normal{0, deviation};
  table_.resize(kTable + kRun);
  for (auto& value : table_)
    value = static_cast<std::int8_t>(std::clamp(std::lround(normal(random)), -127L, 127L));
}

void SensorNoise::add(std::int64_t stamp_ns, std::uint64_t camera,
                      std::span<std::uint8_t> pixels) const noexcept {
  if (table_.empty()) return;
  std::uint64_t place = mix(seed_ ^ mix(static_cast<std::uint64_t>(stamp_ns) * 2 + camera));
  for (std::size_t done = 0; done < pixels.size(); done += kRun) {
    place = mix(place);
    add_run(pixels.data() + done, table_.data() + place % kTable, std::min(kRun, pixels.size() - done));
  }
}

}  // namespace xr
