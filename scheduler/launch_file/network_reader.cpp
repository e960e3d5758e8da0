// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "sections.hpp"

namespace tactus::launch_file {
namespace {

/// `network:`
class NetworkReader : public YamlReader {
 public:
  explicit NetworkReader(const YamlReader& reader) : YamlReader{reader} {}

  void read_network(const YAML::Node& node, NetworkSettings& network) {
    if (const char* domain = std::getenv("ROS_DOMAIN_ID")) read_domain(YAML::Node{domain}, network);
    each_key(
        node, "network",
        {{"domain", [&](const auto& n) { read_domain(n, network); }},
         {"interface", [&](const auto& n) { network.interface = text(n, "interface").value_or(""); }},
         {"peers", [&](const auto& n) { network.peers = texts(n, "peers is a list of addresses"); }},
         {"multicast", [&](const auto& n) { network.multicast = boolean(n, "multicast").value_or(true); }},
         {"loss_free", [&](const auto& n) { network.loss_free = boolean(n, "loss_free").value_or(false); }},
         {"export", [&](const auto& n) { network.exports = topics(n, "export"); }},
         {"import", [&](const auto& n) { network.imports = topics(n, "import"); }},
         {"ros", [&](const auto& n) { read_ros(n, network); }},
         {"priorities", [&](const auto& n) { read_priorities(n, network); }},
         {"security", [&](const auto& n) { read_security(n, network); }}});
    if (!network.multicast && network.peers.empty())
      error(at(node), "network: without multicast no host is found; list their addresses under peers");
  }

 private:
  void read_ros(const YAML::Node& node, NetworkSettings& network) {
    network.ros = text(node, "ros").value_or("humble");
    if (network.ros != "humble" && network.ros != "iron" && network.ros != "off")
      error(at(node), fmt::format("ros is humble, iron (and later) or off, not '{}'", network.ros));
  }

  void read_priorities(const YAML::Node& node, NetworkSettings& network) {
    each_entry(
        node, "priorities",
        [&](const std::string& topic, const YAML::Node&, const YAML::Node& value) {
          const std::string raw = value.IsScalar() ? text(value, "a priority").value_or("") : "";
          if (raw == "keep")
            network.priorities.push_back({topic, TopicPriority::kKeep});
          else if (raw.size() == 1 && raw >= "0" && raw <= "9")
            network.priorities.push_back({topic, raw.front() - '0'});
          else
            error(at(value),
                  fmt::format("priorities: {} is 0 to 9 (the lowest is shed first) or keep", topic));
        },
        topic_pattern_error);
  }

  void read_security(const YAML::Node& node, NetworkSettings& network) {
    network.security = text(node, "security").value_or("");
    if (network.security.empty())
      return error(at(node), "security is the folder of this host's keys; rtctl security create makes it");
    const std::filesystem::path path{network.security};
    if (path.is_relative())
      network.security = (std::filesystem::path{file_}.parent_path() / path).lexically_normal();
  }

  void read_domain(const YAML::Node& node, NetworkSettings& network) {
    network.domain = static_cast<std::uint32_t>(integer(node, "domain", 0, 230).value_or(0));
  }
};

}  // namespace

void read_network(const YAML::Node& node, const YamlReader& reader, Document& document) {
  NetworkReader{reader}.read_network(node, document.network.emplace());
}

}  // namespace tactus::launch_file
