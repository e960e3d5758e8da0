// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "yaml_reader.hpp"

/// The sections of a launch file that have a reader of their own, each named as its key. `reader` knows the
/// arguments.
namespace tactus::launch_file {

void read_chains(const YAML::Node& node, const YamlReader& reader, Document& document);
void read_executors(const YAML::Node& node, const YamlReader& reader, Document& document);
/// `expect:`
void read_expectations(const YAML::Node& node, const YamlReader& reader, Document& document);
void read_external(const YAML::Node& node, const YamlReader& reader, Document& document);
void read_network(const YAML::Node& node, const YamlReader& reader, Document& document);
void read_nodes(const YAML::Node& node, const YamlReader& reader, Document& document);
void read_processes(const YAML::Node& node, const YamlReader& reader, Document& document);

}  // namespace tactus::launch_file
