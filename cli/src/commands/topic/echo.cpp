// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>

#include "arguments.hpp"
#include "broker.hpp"
#include "command.hpp"
#include "interrupt.hpp"
#include "message_printer.hpp"
#include "output/terminal.hpp"
#include "tactus/middleware/broker_client.hpp"
#include "tactus/middleware/names.hpp"
#include "tactus/middleware/time.hpp"
#include "tactus/middleware/transport.hpp"
#include "types.hpp"

namespace rtctl {
namespace {

struct Options {
  std::string topic;
  std::string type;
  std::string group;
  std::string timeout;
  std::uint64_t count = 0;
  std::uint32_t depth = 16;
  bool once = false;
  PrintWords print;
};

class Echo {
 public:
  Echo(const Options& options, TypePointer type)
      : options_{options}, type_{std::move(type)}, printer_{make_printer(options.print, type_)} {
    limit_ = options.once || printer_->once() ? 1 : options.count;
    if (!options.timeout.empty()) timeout_ = parse_duration("--timeout", options.timeout);
  }

  int run(Connection& connection, const std::string& topic) {
    tactus::Transport& transport = connection.transport();
    const Connection::Bell bell = connection.bell();
    const auto subscriber = transport.create_subscriber({.node = fmt::format("/rtctl_echo_{}", getpid()),
                                                         .topic = topic,
                                                         .type = type_.get(),
                                                         .depth = options_.depth,
                                                         .max_held = 1,
                                                         .doorbell = bell.id});
    tactus::Doorbell& doorbell = bell.doorbell;
    last_ns_ = tactus::monotonic_ns();
    while (!interrupt_.requested()) {
      doorbell.answer();
      if (!drain(*subscriber)) return kSuccess;
      if (timed_out())
        throw Failure{fmt::format("nothing arrived on {} within {}", topic, with_unit(options_.timeout))};
      if (connection.ended()) throw Failure{"the broker ended: " + connection.why_it_ended()};
      (void)doorbell.wait_until(tactus::monotonic_ns() + kRecheckNs);
    }
    report_drops(*subscriber);
    return kSuccess;
  }

 private:
  static constexpr std::int64_t kRecheckNs = 100'000'000;

  // False when enough was printed, or nobody reads.
  bool drain(tactus::UntypedSubscriber& subscriber) {
    while (const auto sample = subscriber.take()) {
      const bool read = printer_->print(*sample);
      subscriber.release(*sample);
      last_ns_ = tactus::monotonic_ns();
      if (!read || ++printed_ == limit_) return false;
    }
    return true;
  }

  [[nodiscard]] bool timed_out() const {
    return timeout_ && tactus::monotonic_ns() - last_ns_ > timeout_->count();
  }

  static void report_drops(const tactus::UntypedSubscriber& subscriber) {
    const tactus::EndpointCounts counts = subscriber.counts();
    if (counts.dropped > 0)
      complain(fmt::format("{} messages came faster than they were printed", counts.dropped));
    if (counts.rejected > 0) complain(fmt::format("{} messages were malformed", counts.rejected));
  }

  const Options& options_;
  TypePointer type_;
  std::unique_ptr<MessagePrinter> printer_;
  std::uint64_t limit_ = 0;
  std::optional<std::chrono::nanoseconds> timeout_;
  Interrupt interrupt_;
  std::uint64_t printed_ = 0;
  std::int64_t last_ns_ = 0;
};

// With a type, a topic that is not there yet is waited for: its publisher may start later, or on another
// host.
bool to_be_waited_for(const Graph& graph, const Options& options, const std::string& name) {
  if (options.type.empty() || !tactus::topic_name_error(name).empty()) return false;
  std::vector<std::string> names;
  for (const Topic& topic : graph.topics) {
    if (topic.group == options.group) names.push_back(topic.name);
  }
  if (std::find(names.begin(), names.end(), name) != names.end()) return false;
  complain(fmt::format("waiting for {}, which nobody publishes{}", name, tactus::did_you_mean(name, names)));
  return true;
}

int run_echo(const Options& options, TypePointer type, const std::string& topic) {
  Echo echo{options, std::move(type)};
  Connection connection{"rtctl topic echo", options.group, Connection::Join::kRunning};
  return echo.run(connection, topic);
}

int topic_echo(const Options& options) {
  const Graph graph = read_graph(options.group);
  const std::string name = absolute(options.topic);
  if (to_be_waited_for(graph, options, name)) return run_echo(options, type_named(options.type), name);
  const Topic& topic = find_topic(graph, options.topic, options.group);
  TypePointer type = type_of_topic(graph, topic);
  if (!options.type.empty() && std::string_view{type_named(options.type)->name} != type->name)
    throw Failure{fmt::format("{} carries {}, not {}", topic.name, type->name, options.type)};
  return run_echo(options, std::move(type), topic.name);
}

}  // namespace

void add_topic_echo(CLI::App& topic, Run& run) {
  CLI::App& verb = *topic.add_subcommand("echo", "Prints what is published, of any type");
  auto options = std::make_shared<Options>();
  verb.add_option("topic", options->topic, "Name of the topic")->required()->type_name("TOPIC");
  verb.add_option("type", options->type, "Its type: with it, a topic that is not there yet is waited for")
      ->type_name("TYPE");
  verb.add_flag("--once", options->once, "End after one message");
  verb.add_option("--count", options->count, "End after so many messages")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  PrintWords& print = options->print;
  verb.add_option("--field", print.field, "Only this field, e.g. pose.position.x")->type_name("FIELD");
  verb.add_flag("--no-arr", print.no_arrays, "Arrays as their type and length only");
  verb.add_option("-l,--truncate-length", print.most_elements,
                  "Elements printed of an array; 128 when not given")
      ->type_name("N");
  verb.add_flag("-f,--full-length", print.full_length, "All elements of arrays");
  verb.add_flag("--json", print.json, "As JSON, one line per message");
  verb.add_flag("--csv", print.csv, "All values separated by commas, one line per message");
  verb.add_flag("--header", print.header, "With --csv: the names of the values in the first line");
  verb.add_flag("--picture", print.picture, "Draw pictures on the terminal");
  verb.add_option("--save", print.save, "Save pictures: one as FILE.png, or all into a folder")
      ->type_name("FILE");
  verb.add_option("--timeout", options->timeout, "Fail when nothing arrives for so long")
      ->type_name("DURATION");
  verb.add_option("--depth", options->depth, "Messages to queue; 16 when not given")
      ->type_name("N")
      ->check(CLI::Range(1U, tactus::kMaxDepth));
  verb.add_option("--group", options->group, "Group of the topic")->type_name("GROUP");
  verb.footer(
      "Examples:\n  rtctl topic echo /head/pose\n  rtctl topic echo /head/pose --field pose.position --once\n"
      "  rtctl topic echo /imu --csv --header --count 1000 > imu.csv\n"
      "  rtctl topic echo /camera/left/image --save left.png\n"
      "  rtctl topic echo /camera/left/image --picture --timeout 2s");
  verb.callback([&run, options] { run = [options] { return topic_echo(*options); }; });
}

}  // namespace rtctl
