// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <chrono>
#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "broker.hpp"
#include "command.hpp"
#include "flow_value.hpp"
#include "interrupt.hpp"
#include "message_buffer.hpp"
#include "output/terminal.hpp"
#include "tactus/middleware/names.hpp"
#include "tactus/middleware/transport.hpp"
#include "tactus/msg/block.hpp"
#include "tactus/msg/codec.hpp"
#include "tactus/msg/print.hpp"
#include "types.hpp"

namespace rtctl {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{16} << 20;  // of a sequence's values on a command line
constexpr std::chrono::milliseconds kMeet{200};

struct Options {
  std::string topic;
  std::string type;
  std::string value = "{}";
  std::string group;
  double rate = 1;
  std::uint64_t count = 0;
  bool once = false;
};

// Values are checked before anything is joined.
MessageBuffer make_message(const tactus::TypeInfo& type, const std::string& value) {
  bool exact = false;
  MessageBuffer message{type,
                        std::min(kMaxBytes, tactus::default_max_bytes(type, exact) + value.size() * 16)};
  try {
    tactus::assign_json(type, message.block(), parse_flow_value(value));
  } catch (const std::invalid_argument& error) {
    throw Failure{fmt::format("{}: {}", type.name, error.what()), kUsage};
  }
  return message;
}

bool publish(tactus::UntypedPublisher& publisher, const tactus::TypeInfo& type,
             const nlohmann::json& values) {
  tactus::Chunk chunk = publisher.loan();
  if (chunk.bytes == nullptr) return false;
  if (tactus::construct_block(type, chunk.bytes, chunk.size) == nullptr) {
    publisher.release(chunk);
    return false;
  }
  tactus::assign_json(type, chunk.bytes, values);
  chunk.header->block_bytes = tactus::block_used(chunk.bytes);
  publisher.publish(chunk);
  return true;
}

int topic_pub(const Options& options) {
  const std::string topic = absolute(options.topic);
  if (const std::string error = tactus::topic_name_error(topic); !error.empty())
    throw Failure{fmt::format("topic '{}': {}", topic, error), kUsage};
  const TypePointer type = type_named(options.type);
  MessageBuffer message = make_message(*type, options.value);
  const nlohmann::json values = parse_flow_value(options.value);
  const std::size_t max_bytes = tactus::block_used(message.block()) + 64;

  const Interrupt interrupt;
  Connection connection{"rtctl topic pub", options.group, Connection::Join::kStart};
  const auto publisher =
      connection.transport().create_publisher({.node = fmt::format("/rtctl_pub_{}", getpid()),
                                               .topic = topic,
                                               .type = type.get(),
                                               .history = 1,
                                               .max_bytes = max_bytes});
  const std::uint64_t limit = options.once ? 1 : options.count;
  const std::chrono::nanoseconds period{static_cast<std::int64_t>(1e9 / options.rate)};
  std::uint64_t sent = 0;
  // Subscribers need a moment to connect before the first message, and to take the last one.
  for (bool on = interrupt.sleep(kMeet); on; on = interrupt.sleep(period)) {
    if (!publish(*publisher, *type, values))
      throw Failure{fmt::format("no memory for a message on {}", topic)};
    if (++sent == limit) break;
  }
  (void)interrupt.sleep(kMeet);
  return write_out(fmt::format("published {} on {}\n", sent, topic)) ? kSuccess : kFailed;
}

}  // namespace

void add_topic_pub(CLI::App& topic, Run& run) {
  CLI::App& verb =
      *topic.add_subcommand("pub", "Publishes a message by hand; starts the broker where none runs");
  auto options = std::make_shared<Options>();
  verb.add_option("topic", options->topic, "Name of the topic")->required()->type_name("TOPIC");
  verb.add_option("type", options->type, "Type of the message")->required()->type_name("TYPE");
  verb.add_option("value", options->value,
                  "Fields as JSON or like {linear: {x: 2.0}}; the others keep their defaults")
      ->type_name("VALUE");
  verb.add_option("--rate", options->rate, "Messages per second; 1 when not given")
      ->type_name("HZ")
      ->check(CLI::Range(0.001, 10'000.0));
  verb.add_flag("--once", options->once, "End after one message");
  verb.add_option("--count", options->count, "End after so many messages")->type_name("N");
  verb.add_option("--group", options->group, "Group of the topic")->type_name("GROUP");
  verb.footer(
      "Examples:\n  rtctl topic pub /hello std_msgs/String '{data: hello}' --once\n"
      "  rtctl topic pub /cmd geometry_msgs/Twist '{linear: {x: 0.5}}' --rate 10");
  verb.callback([&run, options] { run = [options] { return topic_pub(*options); }; });
}

}  // namespace rtctl
