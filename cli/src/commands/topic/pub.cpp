// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "broker.hpp"
#include "command.hpp"
#include "interrupt.hpp"
#include "message_buffer.hpp"
#include "output/terminal.hpp"
#include "tactus/middleware/names.hpp"
#include "tactus/middleware/transport.hpp"
#include "tactus/msg/block.hpp"
#include "tactus/msg/codec.hpp"
#include "tactus/msg/print.hpp"
#include "tactus/scheduler/yaml_value.hpp"
#include "types.hpp"

namespace rtctl {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMaxBytes = std::size_t{16} << 20;  // of a sequence's values on a command line
constexpr std::chrono::milliseconds kMeet{200};
constexpr double kLeastRate = 0.001;
constexpr double kMostRate = 10'000;

struct Options {
  std::string topic;
  std::string type;
  std::string value = "{}";
  std::string group;
  double rate = 1;
  std::uint64_t count = 0;
  bool once = false;
};

// JSON is YAML; its own parser knows all its escapes.
tactus::YamlValue parse_value(const std::string& text) try {
  nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  tactus::YamlValue value = tactus::parse_yaml_value(text);
  if (!json.is_discarded()) value.value = std::move(json);
  return value;
} catch (const std::invalid_argument& error) {
  throw Failure{fmt::format("value:{}", error.what()), kUsage};
}

// "value:1:12: " of the field that an error names in quotes.
std::string position_of(const std::string& error, const tactus::YamlValue& value) {
  const std::size_t begin = error.find('\'') + 1;
  const std::string name = error.substr(begin, error.find('\'', begin) - begin);
  for (const auto& [path, at] : value.positions) {
    const bool last_part = path.size() > name.size() &&
                           path.compare(path.size() - name.size(), name.size(), name) == 0 &&
                           path[path.size() - name.size() - 1] == '.';
    if (path == name || last_part) return fmt::format("value:{}:{}: ", at.line, at.column);
  }
  return {};
}

MessageBuffer make_message(const tactus::TypeInfo& type, const tactus::YamlValue& value, std::size_t size) {
  if (!value.value.is_object())
    throw Failure{
        fmt::format("value: write fields as {{name: value}}; rtctl msg show {} lists them", type.name),
        kUsage};
  bool exact = false;
  MessageBuffer message{type, std::min(kMaxBytes, tactus::default_max_bytes(type, exact) + size * 16)};
  try {
    tactus::assign_json(type, message.block(), value.value);
  } catch (const std::invalid_argument& error) {
    throw Failure{fmt::format("{}{}: {}", position_of(error.what(), value), type.name, error.what()), kUsage};
  }
  return message;
}

std::string read_standard_input() {
  return {std::istreambuf_iterator<char>{std::cin}, std::istreambuf_iterator<char>{}};
}

bool publish(tactus::UntypedPublisher& publisher, const tactus::TypeInfo& type,
             const nlohmann::json& values) {
  tactus::Chunk* chunk = publisher.loan();
  if (chunk == nullptr) return false;
  if (tactus::construct_block(type, chunk->bytes, chunk->size) == nullptr) {
    publisher.release(*chunk);
    return false;
  }
  tactus::assign_json(type, chunk->bytes, values);
  chunk->header->block_bytes = tactus::block_used(chunk->bytes);
  publisher.publish(*chunk);
  return true;
}

// What the arguments mean, checked before anything is joined.
struct Task {
  std::string topic;
  TypePointer type;
  tactus::YamlValue value;
  std::size_t max_bytes = 0;
  std::uint64_t limit = 0;  // 0: until Ctrl-C
  std::chrono::nanoseconds period{};
};

Task task_of(const Options& options) {
  Task task;
  task.topic = absolute(options.topic);
  if (const std::string error = tactus::topic_name_error(task.topic); !error.empty())
    throw Failure{fmt::format("topic '{}': {}", task.topic, error), kUsage};
  if (!(options.rate >= kLeastRate && options.rate <= kMostRate))
    throw Failure{fmt::format("--rate: {} is not in {} to {}", options.rate, kLeastRate, kMostRate), kUsage};
  task.type = type_named(options.type);
  const std::string text = options.value == "-" ? read_standard_input() : options.value;
  task.value = parse_value(text);
  MessageBuffer message = make_message(*task.type, task.value, text.size());
  task.max_bytes = tactus::block_used(message.block()) + 64;
  task.limit = options.once ? 1 : options.count;
  task.period = std::chrono::nanoseconds{static_cast<std::int64_t>(1e9 / options.rate)};
  return task;
}

// Subscribers need a moment to connect before the first message, and to take the last one. How many were
// sent.
std::uint64_t publish_all(const Task& task, Connection& connection, tactus::UntypedPublisher& publisher,
                          const Interrupt& interrupt) {
  std::uint64_t sent = 0;
  bool on = interrupt.sleep(kMeet);
  for (Clock::time_point next = Clock::now(); on; on = interrupt.sleep(next - Clock::now())) {
    if (connection.ended()) throw Failure{"the broker ended: " + connection.why_it_ended()};
    if (!publish(publisher, *task.type, task.value.value))
      throw Failure{fmt::format("no memory for a message on {}", task.topic)};
    if (++sent == task.limit) break;
    next = std::max(next + task.period, Clock::now());  // a grid; what is late is not made up for
  }
  (void)interrupt.sleep(kMeet);
  return sent;
}

int topic_pub(const Options& options) {
  const Task task = task_of(options);
  const Interrupt interrupt;
  Connection connection{"rtctl topic pub", options.group, Connection::Join::kStart};
  const auto publisher =
      connection.transport().create_publisher({.node = fmt::format("/rtctl_pub_{}", getpid()),
                                               .topic = task.topic,
                                               .type = task.type.get(),
                                               .history = 1,
                                               .max_bytes = task.max_bytes});
  const std::uint64_t sent = publish_all(task, connection, *publisher, interrupt);
  return print(fmt::format("published {} on {}\n", sent, task.topic));
}

}  // namespace

void add_topic_pub(CLI::App& topic, Run& run) {
  CLI::App& verb =
      *topic.add_subcommand("pub", "Publishes a message by hand; starts the broker where none runs");
  auto options = std::make_shared<Options>();
  verb.add_option("topic", options->topic, "Name of the topic")->required()->type_name("TOPIC");
  verb.add_option("type", options->type, "Type of the message")->required()->type_name("TYPE");
  verb.add_option("value", options->value,
                  "Fields as YAML or JSON, {linear: {x: 2.0}}; the others keep their defaults; -: from the "
                  "standard input")
      ->type_name("VALUE");
  verb.add_option("-r,--rate", options->rate, "Messages per second; 1 when not given")->type_name("HZ");
  verb.add_flag("-1,--once", options->once, "End after one message");
  verb.add_option("-t,--times,--count", options->count, "End after so many messages")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  verb.add_option("--group", options->group, "Group of the topic")->type_name("GROUP");
  verb.footer(
      "Examples:\n  rtctl topic pub /hello std_msgs/String '{data: hello}' --once\n"
      "  rtctl topic pub /cmd geometry_msgs/Twist '{linear: {x: 0.5}}' --rate 10\n"
      "  rtctl topic echo /cmd --once | rtctl topic pub /copy geometry_msgs/Twist - --once");
  verb.callback([&run, options] { run = [options] { return topic_pub(*options); }; });
}

}  // namespace rtctl
