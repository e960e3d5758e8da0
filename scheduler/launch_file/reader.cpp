// SPDX-License-Identifier: Apache-2.0
// YAML -> Document. The only file that knows yaml-cpp.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <functional>
#include <sstream>

#include "document.hpp"
#include "tactus/middleware/names.hpp"
#include "tactus/middleware/transport.hpp"

namespace tactus::launch_file {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxFileBytes = 1 << 20;
constexpr std::size_t kMaxEntries = 1000;
constexpr int kMaxIncludes = 16;
constexpr std::size_t kMaxTextBytes =
    4096;  // of one value after $(..): arguments built from arguments double
constexpr std::int64_t kLeastPeriodNs = 1000;

/// "5ms", "1.5s" -> ns; nothing when it is no duration.
std::optional<double> number_with_unit(const std::string& text, std::string& unit) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !std::isfinite(number)) return std::nullopt;
  unit.assign(end, text.data() + text.size());
  return number;
}

std::optional<std::int64_t> duration_ns(const std::string& text) {
  std::string unit;
  const auto number = number_with_unit(text, unit);
  if (!number) return std::nullopt;
  const double scale = unit == "ns" ? 1 : unit == "us" ? 1e3 : unit == "ms" ? 1e6 : unit == "s" ? 1e9 : 0;
  const double ns = *number * scale;
  if (scale == 0 || ns < 0 || ns > 3600e9) return std::nullopt;
  return std::llround(ns);
}

std::optional<double> frequency_hz(const std::string& text) {
  std::string unit;
  const auto number = number_with_unit(text, unit);
  if (!number || unit != "Hz" || *number <= 0 || *number > 1e6) return std::nullopt;
  return number;
}

/// Reads one file after the other into one document.
class Reader {
 public:
  Reader(Document& document, const LaunchOptions& options, std::vector<Diagnostic>& diagnostics)
      : document_{document}, options_{options}, diagnostics_{diagnostics} {}

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
  using Handler = std::function<void(const YAML::Node& value)>;
  using Handlers = std::map<std::string, Handler>;

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

  [[nodiscard]] Location at(const YAML::Node& node) const {
    return {file_, node.Mark().line + 1, node.Mark().column + 1};
  }
  void error(const Location& where, std::string message) {
    diagnostics_.push_back({where, std::move(message)});
  }

  /// Calls the handler of each key; unknown ones are errors with the nearest name.
  void each_key(const YAML::Node& map, const std::string& what, const Handlers& handlers) {
    if (!map.IsMap()) return error(at(map), fmt::format("{} is written as a map of keys and values", what));
    std::set<std::string> seen;
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) {
        error(at(entry.first), fmt::format("a key of {} is no plain text", what));
        continue;
      }
      const std::string key = entry.first.Scalar();
      if (!seen.insert(key).second) {
        error(at(entry.first), fmt::format("'{}' is given twice in {}", key, what));
        continue;
      }
      const auto handler = handlers.find(key);
      if (handler == handlers.end()) {
        std::vector<std::string> known;
        for (const auto& [name, call] : handlers) known.push_back(name);
        error(at(entry.first), fmt::format("unknown key '{}' in {}{}", key, what, did_you_mean(key, known)));
      } else {
        handler->second(entry.second);
      }
    }
  }

  /// Each entry of a map of named things.
  using NameCheck = std::string (*)(std::string_view);
  using EntryHandler = std::function<void(const std::string&, const YAML::Node& key, const YAML::Node&)>;

  static std::string any_name(std::string_view) { return {}; }  // compared with what a node declares, later

  void each_entry(const YAML::Node& map, const std::string& what, const EntryHandler& call,
                  NameCheck name_error = token_error) {
    if (!map.IsMap()) return error(at(map), fmt::format("{} is written as a map of names", what));
    if (map.size() > kMaxEntries)
      return error(at(map),
                   fmt::format("{} has {} entries, at most {} are read", what, map.size(), kMaxEntries));
    std::set<std::string> seen;
    for (const auto& entry : map) {
      const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
      if (const auto bad = name_error(name); !bad.empty()) {
        error(at(entry.first), fmt::format("name '{}' in {}: {}", name, what, bad));
      } else if (!seen.insert(name).second) {
        error(at(entry.first), fmt::format("'{}' is given twice in {}", name, what));
      } else {
        call(name, entry.first, entry.second);
      }
    }
  }

  Handler not_yet(const std::string& key) {
    return [this, key](const YAML::Node& value) {
      error(at(value), fmt::format("'{}' has no effect in this version of Tactus: remove it", key));
    };
  }

  /// The scalar with $(arg) replaced; empty and an error when it is none.
  std::optional<std::string> text(const YAML::Node& node, const std::string& what) {
    if (!node.IsScalar()) {
      error(at(node), fmt::format("{} is a single value", what));
      return std::nullopt;
    }
    return substitute(node);
  }

  std::optional<std::string> substitute(const YAML::Node& node) {
    const std::string& raw = node.Scalar();
    std::string result;
    std::size_t from = 0;
    for (std::size_t open; (open = raw.find("$(", from)) != std::string::npos;) {
      const auto close = raw.find(')', open);
      if (close == std::string::npos) {
        error(at(node), fmt::format("'{}': the $( is never closed", raw));
        return std::nullopt;
      }
      const std::string name = raw.substr(open + 2, close - open - 2);
      const auto value = values_.find(name);
      if (value == values_.end()) {
        std::vector<std::string> known;
        for (const auto& [arg, unused] : values_) known.push_back(arg);
        error(at(node),
              fmt::format("argument '{}' is not declared in 'args'{}", name, did_you_mean(name, known)));
        return std::nullopt;
      }
      result += raw.substr(from, open - from) + value->second;
      from = close + 1;
      if (result.size() > kMaxTextBytes) break;
    }
    result += raw.substr(from);
    if (result.size() <= kMaxTextBytes) return result;
    error(at(node), fmt::format("a value of more than {} bytes", kMaxTextBytes));
    return std::nullopt;
  }

  std::optional<std::int64_t> duration(const YAML::Node& node, const std::string& what) {
    const auto value = text(node, what);
    if (!value) return std::nullopt;
    const auto ns = duration_ns(*value);
    if (!ns)
      error(at(node),
            fmt::format("{} is '{}', not a duration such as 5ms, 50us or 1s (0 to 1 h)", what, *value));
    return ns;
  }

  std::optional<std::int64_t> integer(const YAML::Node& node, const std::string& what, std::int64_t least,
                                      std::int64_t most) {
    const auto value = text(node, what);
    if (!value) return std::nullopt;
    std::int64_t number = 0;
    const auto [end, failed] = std::from_chars(value->data(), value->data() + value->size(), number);
    if (failed != std::errc{} || end != value->data() + value->size() || number < least || number > most) {
      error(at(node), fmt::format("{} is '{}', not a whole number from {} to {}", what, *value, least, most));
      return std::nullopt;
    }
    return number;
  }

  std::optional<bool> boolean(const YAML::Node& node, const std::string& what) {
    const auto value = text(node, what);
    if (value && (*value == "true" || *value == "false")) return *value == "true";
    if (value) error(at(node), fmt::format("{} is '{}', not true or false", what, *value));
    return std::nullopt;
  }

  void read_root(const YAML::Node& root) {
    // Arguments first, then what is included: both are used by the rest, wherever it stands.
    if (root.IsMap() && root["args"]) read_args(root["args"]);
    if (root.IsMap() && root["include"]) read_includes(root["include"]);
    const Handler done = [](const YAML::Node&) {};
    each_key(root, "the launch file",
             {{"args", done},
              {"include", done},
              {"group", [this](const auto& n) { read_group(n); }},
              {"realtime", [this](const auto& n) { read_realtime(n); }},
              {"clock", [this](const auto& n) { read_clock(n); }},
              {"executors", [this](const auto& n) { read_executors(n); }},
              {"nodes", [this](const auto& n) { read_nodes(n); }},
              {"processes", [this](const auto& n) { read_processes(n); }},
              {"expect", [this](const auto& n) { read_expectations(n); }},
              {"external", [this](const auto& n) { read_external(n); }},
              {"chains", [this](const auto& n) { read_chains(n); }},
              {"network", [this](const auto& n) { read_network(n); }}});
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
    if (node.IsMap()) return each_key(node, "clock", {{"rate", [this](const auto& n) { read_rate(n); }}});
    const auto value = text(node, "clock");
    if (value && *value != "live")
      error(at(node),
            fmt::format("clock '{}' has no effect in this version of Tactus: only 'live' does", *value));
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

  void read_thread(ThreadSettings& thread, Handlers& handlers) {
    handlers["policy"] = [&](const YAML::Node& n) {
      const auto value = text(n, "policy");
      if (!value) return;
      if (*value == "fifo")
        thread.policy = ThreadPolicy::kFifo;
      else if (*value == "rr")
        thread.policy = ThreadPolicy::kRoundRobin;
      else if (*value == "other")
        thread.policy = ThreadPolicy::kOther;
      else
        error(at(n), fmt::format("policy is '{}', not fifo, rr or other", *value));
    };
    // A refused priority counts as given: one error for it is enough.
    handlers["priority"] = [&](const YAML::Node& n) {
      thread.priority = static_cast<int>(integer(n, "priority", 1, 89).value_or(1));
    };
    handlers["cpus"] = [&](const YAML::Node& n) { read_cpus(n, thread); };
  }

  void check_thread(const ThreadSettings& thread, const std::string& what, const Location& where) {
    if (thread.policy != ThreadPolicy::kOther && thread.priority == 0)
      error(where, fmt::format("{}: policy fifo and rr need a priority from 1 to 89", what));
    if (thread.policy == ThreadPolicy::kOther && thread.priority != 0)
      error(where, fmt::format("{}: a priority has no effect with policy other: use fifo or rr", what));
  }

  void read_cpus(const YAML::Node& node, ThreadSettings& thread) {
    if (!node.IsSequence()) return error(at(node), "cpus is a list of numbers, [0, 1]");
    const long most = sysconf(_SC_NPROCESSORS_CONF) - 1;
    for (const auto& cpu : node) {
      if (const auto number = integer(cpu, "a CPU of this machine", 0, most))
        thread.cpus.push_back(static_cast<int>(*number));
    }
  }

  void read_executors(const YAML::Node& node) {
    each_entry(node, "executors",
               [this](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
                 ExecutorEntry entry;
                 entry.executor.name = name;
                 entry.at = at(key);
                 Handlers handlers{
                     {"wait", [&](const YAML::Node& n) { read_wait(n, entry.executor); }},
                     {"order", [&](const YAML::Node& n) { read_order(n, entry); }},
                     {"on_overrun", [this](const YAML::Node& n) {
                        error(at(n), "on_overrun belongs to a node: nodes: {NAME: {on_overrun: skip}}");
                      }}};
                 read_thread(entry.executor.thread, handlers);
                 each_key(value, "executor '" + name + "'", handlers);
                 check_thread(entry.executor.thread, "executor '" + name + "'", at(value));
                 std::erase_if(document_.executors, [&](const auto& other) {
                   return other.executor.name == name;
                 });  // the including file's counts
                 document_.executors.push_back(std::move(entry));
               });
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

  void read_nodes(const YAML::Node& node) {
    each_entry(
        node, "nodes", [this](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
          NodeEntryText entry;
          entry.name = name;
          entry.at = at(key);
          Handlers handlers = node_handlers(entry);
          Handlers thread;
          read_thread(entry.thread, thread);
          handlers["thread"] = [&](const YAML::Node& n) {
            each_key(n, "thread", thread);
            check_thread(entry.thread, "thread", at(n));
          };
          each_key(value, "node '" + name + "'", handlers);
          if (!value.IsMap()) return;
          check_applies(value, "offset", entry, {TriggerKind::kEvery}, "every:");
          check_applies(value, "tolerance", entry, {TriggerKind::kOnAll}, "on_all:");
          check_applies(value, "thread", entry, {TriggerKind::kSelfLooping},
                        "self_looping: true; others run on the thread of their executor");
          check_applies(value, "ends_launch", entry, {TriggerKind::kSelfLooping},
                        "self_looping: true; others do not end by themselves");
          check_applies(value, "on_overrun", entry, {TriggerKind::kEvery}, "every:");
          for (const char* timing : {"deadline", "budget"}) {
            check_applies(value, timing, entry, {TriggerKind::kEvery, TriggerKind::kOn, TriggerKind::kOnAll},
                          "every:, on: and on_all:");
          }
          if (entry.use.value.empty())
            error(entry.at, fmt::format("node '{}' does not say which library it is: add use:", name));
          if (entry.triggers != 1) {
            error(entry.at,
                  fmt::format(
                      "node '{}' needs exactly one of every:, on:, on_all: and self_looping: true; it has {}",
                      name, entry.triggers));
          }
          const auto same = std::ranges::find_if(document_.nodes, [&](const auto& other) {
            return other.name == name && other.name_space == entry.name_space;
          });
          if (same != document_.nodes.end())
            error(entry.at,
                  fmt::format("node '{}' is declared already at {}:{}", name, same->at.file, same->at.line));
          document_.nodes.push_back(std::move(entry));
        });
  }

  /// A setting that would be ignored is an error.
  void check_applies(const YAML::Node& node, const std::string& key, const NodeEntryText& entry,
                     const std::vector<TriggerKind>& kinds, const std::string& where) {
    if (entry.triggers != 1 || !node[key] || std::ranges::find(kinds, entry.trigger.kind) != kinds.end())
      return;
    error(at(node[key]), fmt::format("node '{}': {}: goes with {}", entry.name, key, where));
  }

  Handlers node_handlers(NodeEntryText& entry) {
    return {
        {"use",
         [&](const YAML::Node& n) {
           entry.use = {text(n, "use").value_or(""), at(n)};
         }},
        {"executor",
         [&](const YAML::Node& n) {
           entry.executor = {text(n, "executor").value_or(""), at(n)};
           entry.has_executor = true;
         }},
        {"namespace", [&](const YAML::Node& n) { read_namespace(n, entry); }},
        {"every", [&](const YAML::Node& n) { read_every(n, entry); }},
        {"offset", [&](const YAML::Node& n) { entry.trigger.offset_ns = duration(n, "offset").value_or(0); }},
        {"on", [&](const YAML::Node& n) { read_on(n, entry); }},
        {"on_all", [&](const YAML::Node& n) { read_on_all(n, entry); }},
        {"tolerance",
         [&](const YAML::Node& n) { entry.trigger.tolerance_ns = duration(n, "tolerance").value_or(0); }},
        {"self_looping", [&](const YAML::Node& n) { read_self_looping(n, entry); }},
        {"deadline", [&](const YAML::Node& n) { entry.deadline_ns = duration(n, "deadline").value_or(0); }},
        {"ends_launch",
         [&](const YAML::Node& n) { entry.ends_launch = boolean(n, "ends_launch").value_or(false); }},
        {"parameters", [&](const YAML::Node& n) { read_parameters(n, entry); }},
        {"remap", [&](const YAML::Node& n) { read_remaps(n, entry); }},
        {"inputs", [&](const YAML::Node& n) { read_inputs(n, entry); }},
        {"outputs", [&](const YAML::Node& n) { read_outputs(n, entry); }},
        {"budget", [&](const YAML::Node& n) { entry.budget_ns = duration(n, "budget").value_or(0); }},
        {"on_overrun", [&](const YAML::Node& n) { read_on_overrun(n, entry); }},
        {"takes", not_yet("takes")},
        {"stale_after", of_an_input("stale_after", "30ms")},
        {"delayed", of_an_input("delayed", "true")},
        {"optional", of_an_input("optional", "true")},
        {"depth", of_an_input("depth", "8")}};
  }

  Handler of_an_input(const std::string& key, const std::string& value) {
    return [this, key, value](const YAML::Node& node) {
      error(at(node), fmt::format("{0} belongs to an input: inputs: {{NAME: {{{0}: {1}}}}}", key, value));
    };
  }

  void read_on_overrun(const YAML::Node& node, NodeEntryText& entry) {
    const auto value = text(node, "on_overrun");
    if (!value) return;
    entry.trigger.catch_up = *value == "catch_up";
    if (*value != "catch_up" && *value != "skip")
      error(at(node), fmt::format("on_overrun is '{}', not skip or catch_up{}", *value,
                                  did_you_mean(*value, {"skip", "catch_up"})));
  }

  void read_inputs(const YAML::Node& node, NodeEntryText& entry) {
    each_entry(
        node, "inputs",
        [&](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
          InputEntry& input = entry.inputs[name];
          input.at = at(key);
          each_key(
              value, "input '" + name + "'",
              {{"depth",
                [&](const YAML::Node& n) {
                  input.settings.depth =
                      static_cast<std::uint32_t>(integer(n, "depth", 1, kMaxDepth).value_or(0));
                }},
               {"optional", [&](const YAML::Node& n) { input.optional = boolean(n, "optional"); }},
               {"delayed",
                [&](const YAML::Node& n) { input.settings.delayed = boolean(n, "delayed").value_or(false); }},
               {"stale_after", [&](const YAML::Node& n) {
                  input.settings.stale_after_ns = duration(n, "stale_after").value_or(0);
                  input.stale_after_at = at(n);
                }}});
        },
        any_name);
  }

  void read_namespace(const YAML::Node& node, NodeEntryText& entry) {
    const auto value = text(node, "namespace");
    if (!value) return;
    entry.name_space = value->starts_with('/') ? *value : "/" + *value;
    if (const auto bad = topic_name_error(entry.name_space); !bad.empty())
      error(at(node), fmt::format("namespace '{}': {}", *value, bad));
  }

  void read_every(const YAML::Node& node, NodeEntryText& entry) {
    ++entry.triggers;
    entry.trigger.kind = TriggerKind::kEvery;
    const auto value = text(node, "every");
    if (!value) return;
    if (const auto hz = frequency_hz(*value))
      entry.trigger.period_ns = std::llround(1e9 / *hz);
    else if (const auto ns = duration_ns(*value))
      entry.trigger.period_ns = *ns;
    if (entry.trigger.period_ns >= kLeastPeriodNs) return;
    error(at(node), fmt::format("every is '{}', not a period such as 5ms (1us to 1h) or a frequency such as "
                                "90Hz (up to 1000000Hz)",
                                *value));
  }

  void add_trigger_topic(const YAML::Node& node, NodeEntryText& entry) {
    if (const auto topic = text(node, "a topic")) entry.trigger_topics.push_back({*topic, at(node)});
  }

  void read_on(const YAML::Node& node, NodeEntryText& entry) {
    ++entry.triggers;
    entry.trigger.kind = TriggerKind::kOn;
    add_trigger_topic(node, entry);
  }

  void read_on_all(const YAML::Node& node, NodeEntryText& entry) {
    ++entry.triggers;
    entry.trigger.kind = TriggerKind::kOnAll;
    if (!node.IsSequence() || node.size() < 2)
      return error(at(node), "on_all is a list of two or more topics, [/left, /right]");
    for (const auto& topic : node) add_trigger_topic(topic, entry);
  }

  void read_self_looping(const YAML::Node& node, NodeEntryText& entry) {
    if (!boolean(node, "self_looping").value_or(false)) return;
    ++entry.triggers;
    entry.trigger.kind = TriggerKind::kSelfLooping;
  }

  void read_parameters(const YAML::Node& node, NodeEntryText& entry) {
    each_entry(node, "parameters", [&](const std::string& name, const YAML::Node&, const YAML::Node& value) {
      const auto raw = text(value, "parameter '" + name + "'");
      if (!raw) return;
      // Quoted values are texts; others are what they look like.
      entry.parameters[name] = {value.Tag() == "!" ? ParameterValue{*raw} : guess(*raw), at(value)};
      entry.parameter_texts[name] = *raw;
    });
  }

  static ParameterValue guess(const std::string& raw) {
    if (raw == "true" || raw == "false") return raw == "true";
    std::int64_t whole = 0;
    const char* end = raw.data() + raw.size();
    if (const auto [at, failed] = std::from_chars(raw.data(), end, whole); failed == std::errc{} && at == end)
      return whole;
    double real = 0;
    if (const auto [at, failed] = std::from_chars(raw.data(), end, real); failed == std::errc{} && at == end)
      return real;
    return raw;
  }

  void read_remaps(const YAML::Node& node, NodeEntryText& entry) {
    each_entry(
        node, "remap",
        [&](const std::string& name, const YAML::Node&, const YAML::Node& value) {
          if (const auto topic = text(value, "remap")) entry.remaps[name] = {*topic, at(value)};
        },
        any_name);
  }

  void read_outputs(const YAML::Node& node, NodeEntryText& entry) {
    each_entry(
        node, "outputs",
        [&](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
          entry.outputs[name].at = at(key);
          OutputSettings& output = entry.outputs[name].value;
          each_key(value, "output '" + name + "'",
                   {{"max_bytes",
                     [&](const YAML::Node& n) {
                       const auto bytes = integer(n, "max_bytes", 64, (std::int64_t{16} << 20) - 512);
                       output.max_bytes = static_cast<std::size_t>(bytes.value_or(0));
                     }},
                    {"history",
                     [&](const YAML::Node& n) {
                       output.history = static_cast<int>(integer(n, "history", 0, kMaxHistory).value_or(0));
                     }},
                    {"max_loans", [&](const YAML::Node& n) {
                       output.max_loans =
                           static_cast<std::uint32_t>(integer(n, "max_loans", 1, kMaxLoans).value_or(1));
                     }}});
        },
        any_name);
  }

  void read_processes(const YAML::Node& node) {
    each_entry(
        node, "processes", [this](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
          ProcessEntry entry{name, at(key), {}};
          if (!value.IsSequence())
            return error(at(value),
                         fmt::format("process '{}' is a list of executors and self-looping nodes", name));
          for (const auto& member : value) {
            if (const auto text_value = text(member, "a member of a process"))
              entry.members.push_back({*text_value, at(member)});
          }
          document_.processes.push_back(std::move(entry));
        });
  }

  void read_chains(const YAML::Node& node) {
    each_entry(
        node, "chains", [this](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
          if (!value.IsSequence() || value.size() != 2)
            return error(at(value), fmt::format("chain '{}' is a list of its first and its last topic, "
                                                "[/imu, /display/frame]",
                                                name));
          const auto same = std::ranges::find(document_.chains, name, &ChainEntry::name);
          if (same != document_.chains.end())
            return error(at(key), fmt::format("chain '{}' is declared already at {}:{}", name, same->at.file,
                                              same->at.line));
          const auto first = text(value[0], "a topic"), last = text(value[1], "a topic");
          if (first && last)
            document_.chains.push_back({name, at(key), {*first, at(value[0])}, {*last, at(value[1])}});
        });
  }

  void read_expectations(const YAML::Node& node) {
    each_entry(
        node, "expect",
        [this](const std::string& topic, const YAML::Node& key, const YAML::Node& value) {
          const auto range = text(value, "an expected rate");
          if (!range) return;
          try {
            document_.expectations.push_back({parse_expected_rate(topic, *range), at(key)});
          } catch (const std::invalid_argument& problem) {
            error(at(value), problem.what());
          }
        },
        topic_name_error);
  }

  void read_network(const YAML::Node& node) {
    NetworkSettings& network = document_.network.emplace();
    if (const char* domain = std::getenv("ROS_DOMAIN_ID")) read_domain(YAML::Node{domain}, network);
    each_key(
        node, "network",
        {{"domain", [&](const auto& n) { read_domain(n, network); }},
         {"interface", [&](const auto& n) { network.interface = text(n, "interface").value_or(""); }},
         {"peers", [&](const auto& n) { network.peers = texts(n, "peers is a list of addresses"); }},
         {"multicast", [&](const auto& n) { network.multicast = boolean(n, "multicast").value_or(true); }},
         {"export", [&](const auto& n) { network.exports = topics(n, "export"); }},
         {"import", [&](const auto& n) { network.imports = topics(n, "import"); }}});
    if (!network.multicast && network.peers.empty())
      error(at(node), "network: without multicast no host is found; list their addresses under peers");
  }

  void read_domain(const YAML::Node& node, NetworkSettings& network) {
    network.domain = static_cast<std::uint32_t>(integer(node, "domain", 0, 230).value_or(0));
  }

  std::vector<std::string> texts(const YAML::Node& node, const char* what) {
    std::vector<std::string> list;
    if (!node.IsSequence()) error(at(node), what);
    for (const auto& entry : node) {
      if (const auto value = text(entry, "an entry"); node.IsSequence() && value) list.push_back(*value);
    }
    return list;
  }

  /// Names of topics; a trailing * stands for any rest.
  std::vector<std::string> topics(const YAML::Node& node, const std::string& key) {
    auto list = texts(node, (key + " is a list of topics, [/head/pose, /camera/*]").c_str());
    for (std::size_t i = 0; i < list.size(); ++i) {
      const bool any = list[i].ends_with("*");
      const std::string name = any ? list[i].substr(0, list[i].size() - 1) + "x" : list[i];
      if (const auto bad = topic_name_error(name); !bad.empty())
        error(at(node[i]), fmt::format("{}: topic '{}': {}", key, list[i], bad));
    }
    return list;
  }

  void read_external(const YAML::Node& node) {
    if (!node.IsSequence())
      return error(at(node), "external is a list of topics that other launches publish");
    for (const auto& topic : node) {
      const auto name = text(topic, "a topic");
      if (!name) continue;
      if (const auto bad = topic_name_error(*name); !bad.empty())
        error(at(topic), fmt::format("external topic '{}': {}", *name, bad));
      document_.external.insert(*name);
    }
  }

  Document& document_;
  const LaunchOptions& options_;
  std::vector<Diagnostic>& diagnostics_;
  std::map<std::string, std::string> values_;
  std::map<std::string, Located<std::string>> given_;  ///< by the include: that is being read
  std::set<std::string> seen_args_;                    ///< declared in it
  std::vector<fs::path> stack_;
  std::string file_;
  int files_ = 0;
};

}  // namespace

Document read_document(const fs::path& file, const LaunchOptions& options,
                       std::vector<Diagnostic>& diagnostics) {
  Document document;
  document.file = file.string();
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

namespace tactus {

ExpectedRate parse_expected_rate(const std::string& topic, const std::string& range) {
  if (const auto bad = topic_name_error(topic); !bad.empty())
    throw std::invalid_argument{fmt::format("topic '{}': {}", topic, bad)};
  const auto dots = range.find("..");
  const double least = launch_file::frequency_hz(range.substr(0, dots)).value_or(0);
  const double most =
      dots == std::string::npos ? 0 : launch_file::frequency_hz(range.substr(dots + 2)).value_or(0);
  if (least <= 0 || least > most) {
    throw std::invalid_argument{
        fmt::format("expected rate of {} is '{}', not a range such as 85Hz..95Hz", topic, range)};
  }
  return {topic, least, most};
}

}  // namespace tactus
