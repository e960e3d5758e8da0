// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "yaml_reader.hpp"

namespace tactus::launch_file {

/// What the file says about starting again, hanging, the order of start and the time to stop.
class SupervisionReader : public YamlReader {
 public:
  explicit SupervisionReader(const YamlReader& reader) : YamlReader{reader} {}

  /// Adds the keys of a node: restart, hang_after, start_after. Reader and entry outlive the handlers.
  void add_node_keys(NodeEntryText& entry, Handlers& handlers);
  /// `processes:`
  void read_processes(const YAML::Node& node, Document& document);

  using YamlReader::Handlers;

 private:
  void read_process(const YAML::Node& node, ProcessEntry& entry);
  void read_members(const YAML::Node& node, ProcessEntry& entry);
  void read_restart(const YAML::Node& node, std::optional<RestartSettings>& restart);
  void read_when(const YAML::Node& node, RestartSettings& restart);
  /// A duration, or `off`: 0.
  void read_hang_after(const YAML::Node& node, std::optional<std::int64_t>& hang_after_ns);
  std::optional<std::int64_t> positive(const YAML::Node& node, const std::string& what);
  std::vector<Located<std::string>> name_or_names(const YAML::Node& node, const std::string& what);
};

}  // namespace tactus::launch_file
