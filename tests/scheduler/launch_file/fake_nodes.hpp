// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <geometry_msgs/msg/point.hpp>
#include <geometry_msgs/msg/pose.hpp>
#include <map>
#include <string>
#include <vector>

#include "tactus/msg/dynamic_type.hpp"
#include "tactus/scheduler/launch_file.hpp"

/// Nodes that need no code: their libraries are links to one real node, what they declare is a table.
namespace tactus::testing {

template <typename T>
PortDescription input(const std::string& name, bool optional = false) {
  PortDescription port;
  port.name = name;
  port.type_name = type_info<T>().name;
  port.type_json = serialize_type(type_info<T>());
  port.optional = optional;
  port.depth = 8;
  return port;
}

template <typename T>
PortDescription output(const std::string& name, bool guessed = false) {
  PortDescription port = input<T>(name);
  port.direction = PortDirection::kOutput;
  port.max_bytes = guessed ? 1 << 20 : 256;
  port.max_bytes_guessed = guessed;
  return port;
}

inline const std::map<std::string, NodeDescription>& fake_nodes() {
  using geometry_msgs::msg::Point;
  using geometry_msgs::msg::Pose;
  static const std::map<std::string, NodeDescription> nodes{
      {"camera",
       {"Camera",
        true,
        true,
        {output<Pose>("left"), output<Pose>("right")},
        {{"rate", 30.0, {.min = 1, .max = 120, .unit = "Hz"}},
         {"serial", std::string{"none"}, {}},
         {"mirror", false, {}},
         {"width", std::int64_t{640}, {.min = 16, .max = 4096}}}}},
      {"stereo",
       {"Stereo", true, false, {input<Pose>("left"), input<Pose>("right"), output<Pose>("depth", true)}, {}}},
      {"filter", {"Filter", true, false, {input<Pose>("in"), output<Pose>("out")}, {}}},
      {"pointer", {"Pointer", true, false, {output<Point>("left")}, {}}},
      {"hinted", {"Hinted", true, false, {input<Pose>("hint", true)}, {}}},
      {"prober", {"Prober", true, false, {input<Pose>("in")}, {}, {}, {"motion", "motoin"}}},
      {"drainer", {"Drainer", false, true, {input<Pose>("in")}, {}}},
      {"looper", {"Looper", false, true, {output<Pose>("out")}, {}}},
      {"waiter", {"Waiter", false, false, {input<Pose>("in"), output<Pose>("out")}, {}, {}, {}, true}},
  };
  return nodes;
}

/// Answers like describe_nodes(); "crasher" is a node whose constructor fails.
inline std::vector<DescribeResult> describe_fake_nodes(const std::vector<DescribeRequest>& requests) {
  std::vector<DescribeResult> results;
  for (const auto& request : requests) {
    const std::string file = request.library.stem().string();
    const auto found = fake_nodes().find(file.substr(3));
    if (found == fake_nodes().end())
      results.push_back({std::nullopt, "its constructor throws: no camera is connected"});
    else
      results.push_back({found->second, ""});
  }
  return results;
}

/// A folder of node libraries, and one program, that launch files find by name.
class NodeFolder {
 public:
  NodeFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tactus_nodes_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    for (const auto& [name, description] : fake_nodes()) link(name);
    link("crasher");
    std::filesystem::create_symlink(TACTUS_TEST_PROGRAM, folder_ / "runfilter");
    setenv("TACTUS_NODE_PATH", folder_.c_str(), 1);
  }
  ~NodeFolder() { std::filesystem::remove_all(folder_); }
  NodeFolder(const NodeFolder&) = delete;
  NodeFolder& operator=(const NodeFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return folder_; }

 private:
  void link(const std::string& name) {
    std::filesystem::create_symlink(TACTUS_TEST_NODE, folder_ / ("lib" + name + ".so"));
  }

  std::filesystem::path folder_;
};

}  // namespace tactus::testing
