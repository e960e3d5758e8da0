// SPDX-License-Identifier: Apache-2.0
// YAML -> Document.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "sections.hpp"

namespace tactus::launch_file {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxFileBytes = 1 << 20;
constexpr int kMaxIncludes = 16;

/// Reads one file after the other into one document.
class Reader : public YamlReader {
 public:
  Reader(Document& document, const LaunchOptions& options, std::vector<Diagnostic>& diagnostics)
      : YamlReader{diagnostics}, document_{document}, options_{options} {}

  void read(const fs::path& path, const Location& from) {
    std::error_code failed;
    const auto resolved = fs::weakly_canonical(path, failed);
    if (failed) return error(from, fmt::format("{}: {}", path.string(), failed.message()));
    if (std::ranges::find(stack_, resolved) != stack_.end()) {
      return error(from,
                   fmt::format("{} includes itself: {}", path.string(), fmt::join(names(stack_), " -> ")));
    }
    if (++files_ > kMaxIncludes)
      return error(from, fmt::format("more than {} files are included", kMaxIncludes));
    const auto root = parse(path, from);
    if (!root) return;
    stack_.push_back(resolved);
    const std::string outer = std::exchange(file_, path.string());
    if (root->IsNull())
      error({file_, 1, 1}, "the file is empty");
    else
      read_root(*root);
    file_ = outer;
    stack_.pop_back();
  }

  void check_args() {
    for (const auto& [name, value] : options_.args) {
      const bool known =
          std::ranges::find(document_.args, name, &LaunchArgument::name) != document_.args.end();
      std::vector<std::string> declared;
      for (const auto& arg : document_.args) declared.push_back(arg.name);
      if (!known) {
        error({document_.file, 1, 1},
              fmt::format("there is no argument '{}'{}{}", name, did_you_mean(name, declared),
                          declared.empty() ? "; the file declares none"
                                           : fmt::format(" (declared: {})", fmt::join(declared, ", "))));
      }
    }
  }

 private:
  static std::vector<std::string> names(const std::vector<fs::path>& paths) {
    std::vector<std::string> list;
    for (const auto& path : paths) list.push_back(path.filename().string());
    return list;
  }

  std::optional<YAML::Node> parse(const fs::path& path, const Location& from) {
    std::error_code failed;
    if (!fs::is_regular_file(path, failed)) {
      error(from,
            fmt::format("{}: {}", path.string(), fs::exists(path, failed) ? "is no file" : "no such file"));
      return std::nullopt;
    }
    if (fs::file_size(path, failed) > kMaxFileBytes) {
      error(from, fmt::format("{}: larger than {} bytes", path.string(), kMaxFileBytes));
      return std::nullopt;
    }
    std::ifstream stream{path, std::ios::binary};
    if (!stream) {
      error(from, fmt::format("{}: cannot be read", path.string()));
      return std::nullopt;
    }
    std::stringstream text;
    text << stream.rdbuf();
    if (text.str().find('\0') != std::string::npos) {
      error({path.string(), 1, 1}, "the file holds a NUL byte: it is no YAML text");
      return std::nullopt;
    }
    try {
      const auto documents = YAML::LoadAll(text.str());
      if (documents.size() <= 1) return documents.empty() ? YAML::Node{} : documents[0];
      error({path.string(), documents[1].Mark().line + 1, documents[1].Mark().column + 1},
            "a second YAML document: a launch file is one");
      return std::nullopt;
    } catch (const YAML::Exception& problem) {
      error({path.string(), problem.mark.line + 1, problem.mark.column + 1},
            "not valid YAML: " + problem.msg);
      return std::nullopt;
    }
  }

  void read_root(const YAML::Node& root) {
    // Arguments first, then what is included: both are used by the rest, wherever it stands.
    if (root.IsMap() && root["args"]) read_args(root["args"]);
    if (root.IsMap() && root["include"]) read_includes(root["include"]);
    const Handler done = [](const YAML::Node&) {};
    const auto section = [this](auto& read) {
      return [this, &read](const YAML::Node& node) { read(node, *this, document_); };
    };
    each_key(root, "the launch file",
             {{"args", done},
              {"include", done},
              {"group", [this](const auto& n) { read_group(n); }},
              {"realtime", [this](const auto& n) { read_realtime(n); }},
              {"clock", [this](const auto& n) { read_clock(n); }},
              {"executors", section(read_executors)},
              {"nodes", section(read_nodes)},
              {"processes", section(read_processes)},
              {"expect", section(read_expectations)},
              {"external", section(read_external)},
              {"chains", section(read_chains)},
              {"network", section(read_network)}});
  }

  void read_args(const YAML::Node& args) {
    each_entry(args, "args", [this](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
      LaunchArgument argument{name, "string", "", "", true};
      if (value.IsScalar()) {
        argument.initial = value.Scalar();
        argument.required = false;
      } else {
        each_key(value, "argument '" + name + "'",
                 {{"type", [&](const auto& n) { read_argument_type(n, argument); }},
                  {"default",
                   [&](const auto& n) {
                     argument.initial = text(n, "default").value_or("");
                     argument.required = false;
                   }},
                  {"help", [&](const auto& n) { argument.help = text(n, "help").value_or(""); }}});
      }
      declare(argument, at(key));
    });
  }

  void read_argument_type(const YAML::Node& node, LaunchArgument& argument) {
    argument.type = text(node, "type").value_or("string");
    const std::vector<std::string> known{"int", "float", "bool", "string", "path"};
    if (std::ranges::find(known, argument.type) == known.end()) {
      error(at(node), fmt::format("type '{}' of argument '{}' is none of {}{}", argument.type, argument.name,
                                  fmt::join(known, ", "), did_you_mean(argument.type, known)));
    }
  }

  void declare(const LaunchArgument& argument, const Location& where) {
    seen_args_.insert(argument.name);
    if (const auto own = given_.find(argument.name); own != given_.end()) {
      values_[argument.name] = own->second.value;
      return check_argument(argument, own->second.value, own->second.at);
    }
    const auto given = options_.args.find(argument.name);
    if (given != options_.args.end())
      values_[argument.name] = given->second;
    else if (!values_.contains(argument.name))
      values_[argument.name] = argument.initial;
    const bool again =
        std::ranges::any_of(document_.args, [&](const auto& other) { return other.name == argument.name; });
    if (!again) document_.args.push_back(argument);
    if (again) return;
    if (argument.required && given == options_.args.end()) {
      error(where, fmt::format("argument '{0}' has no default: give it as {0}:=VALUE{1}", argument.name,
                               argument.help.empty() ? "" : " (" + argument.help + ")"));
      return;
    }
    check_argument(argument, values_[argument.name], where);
  }

  static bool is_whole(const std::string& value) {
    return std::holds_alternative<std::int64_t>(guess(value));
  }

  void check_argument(const LaunchArgument& argument, const std::string& value, const Location& where) {
    std::string unit;
    std::error_code failed;
    const auto number = number_with_unit(value, unit);
    const bool good = argument.type == "int"     ? is_whole(value)
                      : argument.type == "float" ? number && unit.empty()
                      : argument.type == "bool"  ? value == "true" || value == "false"
                      : argument.type == "path"  ? value.empty() || fs::exists(value, failed)
                                                 : true;
    if (!good)
      error(where,
            fmt::format("argument '{}' is '{}', {}", argument.name, value,
                        argument.type == "path" ? "which does not exist" : "not of type " + argument.type));
  }

  void read_includes(const YAML::Node& node) {
    if (node.IsSequence())
      for (const auto& file : node) read_include(file);
    else
      read_include(node);
  }

  void read_include(const YAML::Node& node) {
    if (!node.IsMap()) return include_file(node);
    YAML::Node file;
    std::map<std::string, Located<std::string>> given;
    each_key(node, "include",
             {{"file", [&](const YAML::Node& n) { file = n; }},
              {"args", [&](const YAML::Node& n) {
                 each_entry(n, "args of include",
                            [&](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
                              if (const auto said = text(value, "argument '" + name + "'"))
                                given[name] = {*said, at(key)};
                            });
               }}});
    if (!node["file"]) return error(at(node), "include does not say which file: add file:");
    // Arguments of its own are seen by that file and what it includes, and by nothing else.
    const auto outer_values = values_;
    const auto outer_given = std::exchange(given_, given);
    const auto outer_seen = std::exchange(seen_args_, {});
    include_file(file);
    for (const auto& [name, value] : given_) {
      if (!seen_args_.contains(name))
        error(value.at, fmt::format("{} declares no argument '{}'{}", file.Scalar(), name,
                                    did_you_mean(name, {seen_args_.begin(), seen_args_.end()})));
    }
    values_ = outer_values;
    given_ = outer_given;
    seen_args_ = outer_seen;
  }

  void include_file(const YAML::Node& node) {
    if (const auto name = text(node, "an included file")) {
      const fs::path path{*name};
      read(path.is_absolute() ? path : fs::path{file_}.parent_path() / path, at(node));
    }
  }

  void read_group(const YAML::Node& node) {
    if (const auto value = text(node, "group")) {
      if (const auto bad = group_name_error(*value); !bad.empty())
        error(at(node), fmt::format("group '{}': {}", *value, bad));
      document_.group = *value;
    }
  }

  void read_realtime(const YAML::Node& node) {
    const auto value = text(node, "realtime");
    document_.realtime_at = at(node);
    if (!value) return;
    if (*value == "required")
      document_.realtime = RealtimeMode::kRequired;
    else if (*value == "preferred")
      document_.realtime = RealtimeMode::kPreferred;
    else if (*value == "off")
      document_.realtime = RealtimeMode::kOff;
    else
      error(at(node), fmt::format("realtime is '{}', not required, preferred or off{}", *value,
                                  did_you_mean(*value, {"required", "preferred", "off"})));
  }

  void read_clock(const YAML::Node& node) {
    document_.clock_at = at(node);
    if (node.IsMap())
      return each_key(node, "clock",
                      {{"rate", [this](const auto& n) { read_rate(n); }},
                       {"simulated", [this](const auto& n) {
                          document_.simulated = boolean(n, "simulated").value_or(false);
                        }}});
    const auto value = text(node, "clock");
    if (!value) return;
    document_.simulated = *value == "simulated";
    if (*value != "live" && *value != "simulated")
      error(at(node), fmt::format("clock is '{}', not live, simulated or {{rate: 0.5}}{}", *value,
                                  did_you_mean(*value, {"live", "simulated"})));
  }

  void read_rate(const YAML::Node& node) {
    constexpr double kLeast = 0.01, kMost = 100;
    const auto value = text(node, "rate");
    if (!value) return;
    std::string unit;
    const auto rate = number_with_unit(*value, unit);
    if (rate && unit.empty() && *rate >= kLeast && *rate <= kMost)
      document_.clock_rate = *rate;
    else
      error(at(node),
            fmt::format("rate is '{}', not a number from {} to {}: 0.5 lets the time of the group pass "
                        "at half speed",
                        *value, kLeast, kMost));
  }

  Document& document_;
  const LaunchOptions& options_;
  std::map<std::string, Located<std::string>> given_;  ///< by the include: that is being read
  std::set<std::string> seen_args_;                    ///< declared in it
  std::vector<fs::path> stack_;
  int files_ = 0;
};

}  // namespace

Document read_document(const fs::path& file, const LaunchOptions& options,
                       std::vector<Diagnostic>& diagnostics) {
  Document document;
  document.file = file.string();
  document.cpus = options.cpus;
  Reader reader{document, options, diagnostics};
  try {
    reader.read(file, {file.string(), 1, 1});
    reader.check_args();
  } catch (const YAML::Exception& problem) {
    diagnostics.push_back(
        {{file.string(), problem.mark.line + 1, problem.mark.column + 1}, "not valid YAML: " + problem.msg});
  }
  if (options.group) document.group = *options.group;
  return document;
}

}  // namespace tactus::launch_file
