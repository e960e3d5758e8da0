// SPDX-License-Identifier: Apache-2.0
#include "planner.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

namespace tactus {
namespace launch_file {
namespace {

LaunchPlan plan_of(const Document& document) {
  LaunchPlan plan;
  plan.file = document.file;
  plan.group = document.group;
  plan.realtime = document.realtime;
  plan.clock_rate = document.clock_rate;
  plan.simulated = document.simulated;
  plan.network = document.network;
  for (const auto& expected : document.expectations) plan.expectations.push_back(expected.value);
  return plan;
}

void describe(Draft& draft, const Describe& describe_nodes) {
  std::vector<DescribeRequest> requests;
  for (const auto& node : draft.plan.nodes)
    requests.push_back({node.host.library, node.host.settings.parameters});
  const auto results = describe_nodes(requests);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const NodeEntryText& entry = draft.document.nodes[i];
    if (results[i].description)
      draft.plan.nodes[i].description = *results[i].description;
    else
      draft.error(entry.use.at, fmt::format("node '{}': {}", entry.name, results[i].error));
  }
}

}  // namespace

std::string text_of(const std::vector<std::string>& names) {
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

std::optional<LaunchPlan> make_plan(const Document& document, const Describe* describe_nodes,
                                    std::vector<Diagnostic>& diagnostics) {
  Draft draft{document, diagnostics, plan_of(document)};
  if (document.nodes.empty()) draft.error({document.file, 1, 1}, "the file declares no nodes");
  plan_nodes(draft);
  place_nodes(draft);
  supervise_nodes(draft);
  if (!diagnostics.empty() || describe_nodes == nullptr) return std::nullopt;
  describe(draft, *describe_nodes);
  if (!diagnostics.empty()) return std::nullopt;
  check_nodes(draft);
  check_topics(draft);
  check_orders(draft);
  check_expectations(draft);
  plan_chains(draft);
  if (document.simulated)
    plan_simulation(draft);
  else
    check_threads(draft);
  if (!diagnostics.empty()) return std::nullopt;
  plan_processes(draft);
  supervise_processes(draft);
  return std::move(draft.plan);
}

}  // namespace launch_file

LoadedLaunch load_launch_file(const std::filesystem::path& file, const LaunchOptions& options,
                              const Describe& describe) {
  LoadedLaunch loaded;
  const auto document = launch_file::read_document(file, options, loaded.diagnostics);
  const bool readable = loaded.diagnostics.empty();
  // What stands in the file is checked further even when some of it was wrong: all errors at once.
  std::vector<Diagnostic> found;
  if (!document.nodes.empty() || readable)
    loaded.plan = launch_file::make_plan(document, readable ? &describe : nullptr, found);
  loaded.diagnostics.insert(loaded.diagnostics.end(), found.begin(), found.end());
  std::ranges::stable_sort(loaded.diagnostics, {}, [](const Diagnostic& d) {
    return std::tuple{d.location.file, d.location.line, d.location.column};
  });
  return loaded;
}

std::vector<LaunchArgument> launch_arguments(const std::filesystem::path& file) {
  std::vector<Diagnostic> ignored;
  return launch_file::read_document(file, {}, ignored).args;
}

}  // namespace tactus
