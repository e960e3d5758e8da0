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

std::string counted(const char* what, const std::optional<Row::Pair>& pair) {
  return pair ? fmt::format("  {} {:.2f} / {:.2f}", what, pair->ours, pair->theirs) : "";
}

nlohmann::json to_json(const Row& row) {
  nlohmann::json json{{"name", row.name},
                      {"peer", row.peer},
                      {"tactus", to_json(row.ours)},
                      {"theirs", to_json(row.theirs)},
                      {"ratio_p50", row.ratio()}};
  const auto add = [&json](const char* name, const std::optional<Row::Pair>& pair) {
    if (pair) json[name] = {pair->ours, pair->theirs};
  };
  add("syscalls_per_message", row.syscalls);
  add("allocations_per_message", row.allocations);
  return json;
}

nlohmann::json to_json(const Table& table) {
  nlohmann::json json{{"title", table.title}, {"rows", nlohmann::json::array()}};
  for (const Row& row : table.rows) json["rows"].push_back(to_json(row));
  return json;
}

void print(const Table& table) {
  fmt::print("{}\n{:<40} {:<12} {:>30}   {:>30}  {:>6}\n", table.title, "", "beside",
             "tactus p50/p99/p99.9 ns", "peer p50/p99/p99.9 ns", "ratio");
  for (const Row& row : table.rows) {
    fmt::print("{:<40} {:<12} {:>9.0f} {:>9.0f} {:>10.0f}   {:>9.0f} {:>9.0f} {:>10.0f}  {:>5.2f}x{}{}\n",
               row.name, row.peer, row.ours.p50, row.ours.p99, row.ours.p999, row.theirs.p50, row.theirs.p99,
               row.theirs.p999, row.ratio(), counted("system calls", row.syscalls),
               counted("allocations", row.allocations));
  }
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

void report(const std::vector<Table>& tables, const std::map<std::string, std::string>& more,
            const std::string& json_path) {
  nlohmann::json json{{"machine", machine()}, {"run", more}, {"tables", nlohmann::json::array()}};
  for (const Table& table : tables) {
    print(table);
    json["tables"].push_back(to_json(table));
  }
  for (const auto& [name, value] : more) fmt::print("{}: {}\n", name, value);
  if (json_path.empty()) return;
  std::ofstream file{json_path};
  file << json.dump(2) << '\n';
  if (!file) throw std::runtime_error{"cannot write " + json_path};
}

}  // namespace tactus::benchmarks
