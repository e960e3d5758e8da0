// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "yaml_reader.hpp"

namespace tactus::launch_file {

/// What the file says about a thread: an executor's, or a self-looping node's.
class ThreadReader : public YamlReader {
 public:
  ThreadReader(const YamlReader& reader, const Document& document)
      : YamlReader{reader}, machine_cpus_{document.cpus} {}

 protected:
  /// Adds the keys that set `thread`.
  void read_thread(ThreadSettings& thread, Handlers& handlers);
  void check_thread(const ThreadSettings& thread, const std::string& what, const Location& where);
  std::optional<OnOverrun> read_on_overrun(const YAML::Node& node);

 private:
  void read_cpus(const YAML::Node& node, ThreadSettings& thread);
  int machine_cpus_;
};

}  // namespace tactus::launch_file
