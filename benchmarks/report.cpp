// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <fmt/core.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace tactus::benchmarks {
namespace {

std::string cpu_model() {
  std::ifstream cpuinfo{"/proc/cpuinfo"};
  for (std::string line; std::getline(cpuinfo, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

nlohmann::json machine() {
  utsname names{};
  uname(&names);
  return {{"cpu", cpu_model()}, {"cores", sysconf(_SC_NPROCESSORS_ONLN)}, {"kernel", names.release}};
}

nlohmann::json to_json(const Quantiles& q) {
  return {{"p50_ns", q.p50}, {"p99_ns", q.p99}, {"p99_9_ns", q.p999}, {"samples", q.samples}};
}

std::string syscalls(const Row& row) {
  if (row.ours_syscalls < 0) return "";
  return fmt::format("  {:.2f} / {:.2f}", row.ours_syscalls, row.theirs_syscalls);
}

}  // namespace

Quantiles quantiles(std::vector<double>& durations_ns) {
  if (durations_ns.empty()) return {};
  std::sort(durations_ns.begin(), durations_ns.end());
  const auto at = [&](double q) {
    return durations_ns[std::min(durations_ns.size() - 1,
                                 static_cast<std::size_t>(q * static_cast<double>(durations_ns.size())))];
  };
  return {at(0.5), at(0.99), at(0.999), durations_ns.size()};
}

void report(const std::string& title, const std::vector<Row>& rows, const std::string& json_path) {
  fmt::print("{}\n{:<40} {:<12} {:>30}   {:>30}  {:>6}\n", title, "", "beside", "tactus p50/p99/p99.9 ns",
             "peer p50/p99/p99.9 ns", "ratio");
  nlohmann::json json{{"title", title}, {"machine", machine()}, {"rows", nlohmann::json::array()}};
  for (const auto& row : rows) {
    fmt::print("{:<40} {:<12} {:>9.0f} {:>9.0f} {:>10.0f}   {:>9.0f} {:>9.0f} {:>10.0f}  {:>5.2f}x{}\n",
               row.name, row.peer, row.ours.p50, row.ours.p99, row.ours.p999, row.theirs.p50, row.theirs.p99,
               row.theirs.p999, row.ratio(), syscalls(row));
    json["rows"].push_back({{"name", row.name},
                            {"peer", row.peer},
                            {"tactus", to_json(row.ours)},
                            {"theirs", to_json(row.theirs)},
                            {"ratio_p50", row.ratio()}});
    if (row.ours_syscalls >= 0) {
      json["rows"].back()["syscalls_per_message"] = {row.ours_syscalls, row.theirs_syscalls};
    }
  }
  if (json_path.empty()) return;
  std::ofstream file{json_path};
  file << json.dump(2) << '\n';
  if (!file) throw std::runtime_error{"cannot write " + json_path};
}

}  // namespace tactus::benchmarks
