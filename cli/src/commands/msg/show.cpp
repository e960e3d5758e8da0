// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "output/terminal.hpp"
#include "tactus/msg/dynamic_type.hpp"
#include "tactus/msg/type_id.hpp"
#include "types.hpp"

namespace rtctl {
namespace {

struct Options {
  std::string type;
  bool nested = false;
  bool json = false;
};

// The definitions of nested types follow the type's own after a line of '='.
std::string_view own_part(std::string_view schema) {
  const std::size_t line = schema.find("\n====");
  return line == std::string_view::npos ? schema : schema.substr(0, line + 1);
}

int msg_show(const Options& options) {
  const TypePointer type = type_named(options.type);
  if (options.json) {
    return print(nlohmann::json::parse(tactus::serialize_type(*type)).dump(2) + "\n");
  }
  const std::string summary = fmt::format("# {}: {} bytes{}, {}\n", type->name, type->size,
                                          type->plain ? "" : " and a tail", tactus::rihs(*type));
  std::string text = paint(Style::kDim, summary);
  text += options.nested ? type->schema : own_part(type->schema);
  if (text.back() != '\n') text += '\n';
  return print(text);
}

}  // namespace

void add_msg_show(CLI::App& msg, Run& run) {
  CLI::App& verb = *msg.add_subcommand("show", "Definition of a message type, its size and its hash");
  auto options = std::make_shared<Options>();
  verb.add_option("type", options->type, "sensor_msgs/msg/Imu, sensor_msgs/Imu or Imu")
      ->required()
      ->type_name("TYPE");
  verb.add_flag("--nested", options->nested, "With the definitions of the types it is made of");
  verb.add_flag("--json", options->json, "The field table as JSON");
  verb.footer("Examples:\n  rtctl msg show sensor_msgs/Imu\n  rtctl msg show PoseStamped --nested");
  verb.callback([&run, options] { run = [options] { return msg_show(*options); }; });
}

}  // namespace rtctl
