// SPDX-License-Identifier: Apache-2.0
#include "tactus/scheduler/describe.hpp"

#include "host_context.hpp"
#include "tactus/node_library.hpp"

namespace tactus {

NodeDescription describe_here(const std::filesystem::path& library,
                              const std::map<std::string, ParameterValue>& parameters) {
  const NodeEntry& entry = NodeLibrary{library}.entry();
  DescribeContext context{parameters};
  const std::unique_ptr<Node, void (*)(Node*)> node{entry.create(context), entry.destroy};
  NodeDescription description = context.description();
  description.class_name = entry.class_name;
  description.has_step = entry.has_step;
  description.has_run = entry.has_run;
  description.has_coroutine = entry.resumable != nullptr;
  return description;
}

}  // namespace tactus
