// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tactus/node_description.hpp"

/// What nodes declare, found out by constructing them in throw-away processes.
namespace tactus {

struct DescribeRequest {
  std::filesystem::path library;
  std::map<std::string, ParameterValue> parameters;  ///< constructors may look at them
};

struct DescribeResult {
  std::optional<NodeDescription> description;
  std::string error;  ///< why there is no description, without the name of the library
};

/// The program that runs nodes: TACTUS_HOST, else tactus-host beside this program.
[[nodiscard]] std::filesystem::path host_program();

/// Constructs each node in a child of its own, several at a time, each for at most `limit`. Blocks. Results
/// in the order of the requests; a node that crashes, hangs or cannot be loaded is an error text. Throws
/// std::system_error when `program` cannot be started at all.
[[nodiscard]] std::vector<DescribeResult> describe_nodes(
    const std::filesystem::path& program, const std::vector<DescribeRequest>& requests,
    std::chrono::milliseconds limit = std::chrono::seconds{2});

/// Loads the library into this process and constructs the node. Throws NodeLibraryError and what the
/// constructor throws.
[[nodiscard]] NodeDescription describe_here(const std::filesystem::path& library,
                                            const std::map<std::string, ParameterValue>& parameters);

}  // namespace tactus
