// SPDX-License-Identifier: Apache-2.0
#include "compare.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace tactus::benchmarks {
namespace {

double batch_ns(const std::function<void()>& call, int batch) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < batch; ++i) call();
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
  return took.count() / batch;
}

}  // namespace

Row compare(std::string name, std::string peer, const std::function<void()>& ours,
            const std::function<void()>& theirs) {
  const double once = std::max(batch_ns(ours, 3), batch_ns(theirs, 3));
  const int batch = std::max(1, static_cast<int>(20'000 / std::max(once, 1.0)));
  const int rounds = std::max(200, static_cast<int>(2e8 / (once * batch * 2)));
  std::vector<double> a, b;
  for (int round = 0; round < std::min(rounds, 5000); ++round) {
    a.push_back(batch_ns(ours, batch));
    b.push_back(batch_ns(theirs, batch));
  }
  return {std::move(name), std::move(peer), quantiles(a), quantiles(b)};
}

}  // namespace tactus::benchmarks
