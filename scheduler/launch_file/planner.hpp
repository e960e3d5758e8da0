// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "document.hpp"

/// Document -> LaunchPlan in steps, a subject a file. Each step adds what is wrong to the draft's
/// diagnostics.
namespace tactus::launch_file {

/// What nobody places is on this executor, in this process.
inline constexpr const char* kMain = "main";

/// The plan as far as it has come.
struct Draft {
  const Document& document;
  std::vector<Diagnostic>& diagnostics;
  LaunchPlan plan{};  ///< its nodes are those of the document, in the same order

  void error(const Location& at, std::string message) { diagnostics.push_back({at, std::move(message)}); }
  void warn(const Location& at, std::string message) { plan.warnings.push_back({at, std::move(message)}); }
};

/// "a, b", or "none".
[[nodiscard]] std::string text_of(const std::vector<std::string>& names);

// Known from the file alone. node_plan.cpp, process_plan.cpp, supervision_plan.cpp
void plan_nodes(Draft& draft);
/// In which process each node is.
void place_nodes(Draft& draft);
/// What the file says about starting again, hanging and the order of start. Nodes are placed already.
void supervise_nodes(Draft& draft);

// With what the nodes declare. node_checks.cpp, topic_checks.cpp, chain_plan.cpp
void check_nodes(Draft& draft);
void check_topics(Draft& draft);
void check_expectations(Draft& draft);
void plan_chains(Draft& draft);

// Who calls them. executor_plan.cpp, thread_plan.cpp, simulation_plan.cpp
[[nodiscard]] const ExecutorEntry* find_executor(const Document& document, const std::string& name);
/// Whether the executor that the node names is declared.
void check_executor(const NodeEntryText& node, Draft& draft);
void check_orders(Draft& draft);
/// The settings of an executor; its name alone where the file declares no such executor.
[[nodiscard]] HostExecutor plan_executor(const std::string& name, const Draft& draft);
void check_threads(Draft& draft);
/// `clock: simulated`: all nodes in one process that reaches nobody else.
void plan_simulation(Draft& draft);

// What the processes are started with. process_plan.cpp, supervision_plan.cpp
void plan_processes(Draft& draft);
void supervise_processes(Draft& draft);

}  // namespace tactus::launch_file
