// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "sections.hpp"
#include "thread_reader.hpp"

namespace tactus::launch_file {
namespace {

/// `executors:`
class ExecutorReader : public ThreadReader {
 public:
  ExecutorReader(const YamlReader& reader, Document& document)
      : ThreadReader{reader, document}, document_{document} {}

  void read_executors(const YAML::Node& node) {
    each_entry(node, "executors",
               [this](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
                 ExecutorEntry entry;
                 entry.executor.name = name;
                 entry.at = at(key);
                 Handlers handlers{{"wait", [&](const YAML::Node& n) { read_wait(n, entry.executor); }},
                                   {"order", [&](const YAML::Node& n) { read_order(n, entry); }},
                                   {"margin",
                                    [&](const YAML::Node& n) {
                                      if (const auto ns = duration(n, "margin"))
                                        entry.margin_ns = {*ns, at(n)};
                                    }},
                                   {"on_overrun", [&](const YAML::Node& n) {
                                      entry.on_overrun = read_on_overrun(n).value_or(OnOverrun::kSkip);
                                    }}};
                 read_thread(entry.executor.thread, handlers);
                 each_key(value, "executor '" + name + "'", handlers);
                 check_thread(entry.executor.thread, "executor '" + name + "'", at(value));
                 check_margin(entry);
                 std::erase_if(document_.executors, [&](const auto& other) {
                   return other.executor.name == name;
                 });  // the including file's counts
                 document_.executors.push_back(std::move(entry));
               });
  }

 private:
  void check_margin(const ExecutorEntry& entry) {
    constexpr std::int64_t kMostNs = 1'000'000;
    if (!entry.margin_ns) return;
    if (entry.executor.thread.policy == ThreadPolicy::kOther)
      error(entry.margin_ns->at,
            fmt::format("executor '{}': margin: goes with policy fifo and rr", entry.executor.name));
    if (entry.margin_ns->value > kMostNs)
      error(entry.margin_ns->at,
            fmt::format("executor '{}': margin is more than 1ms: it spins that long before "
                        "every tick",
                        entry.executor.name));
  }

  void read_order(const YAML::Node& node, ExecutorEntry& entry) {
    if (node.IsScalar() && node.Scalar() == "data_flow") return;
    if (!node.IsSequence() || node.size() == 0)
      return error(at(node), "order is data_flow, or a list of all nodes of the executor as they are called");
    for (const auto& member : node) {
      if (const auto name = text(member, "a node of order")) entry.order.push_back({*name, at(member)});
    }
  }

  void read_wait(const YAML::Node& node, HostExecutor& executor) {
    if (node.IsScalar()) {
      if (node.Scalar() != "block")
        error(at(node), fmt::format("wait is '{}', not block or {{spin: 50us}}", node.Scalar()));
      return;
    }
    each_key(node, "wait",
             {{"spin", [&](const YAML::Node& n) { executor.spin_ns = duration(n, "spin").value_or(0); }}});
  }

  Document& document_;
};

}  // namespace

void read_executors(const YAML::Node& node, const YamlReader& reader, Document& document) {
  ExecutorReader{reader, document}.read_executors(node);
}

}  // namespace tactus::launch_file
