// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <chrono>
#include <limits>
#include <optional>

#include "arguments.hpp"
#include "broker.hpp"
#include "command.hpp"
#include "interrupt.hpp"
#include "message_buffer.hpp"
#include "output/terminal.hpp"
#include "tactus/middleware/broker_client.hpp"
#include "tactus/middleware/time.hpp"
#include "tactus/middleware/transport.hpp"
#include "tactus/msg/block.hpp"
#include "tactus/msg/codec.hpp"
#include "tactus/msg/print.hpp"
#include "types.hpp"

namespace rtctl {
namespace {

struct Options {
  std::string topic;
  std::string group;
  std::string field;
  std::string timeout;
  std::uint64_t count = 0;
  std::uint32_t depth = 16;
  bool once = false;
  bool no_arrays = false;
  bool json = false;
};

// A field that does not exist is said before anything is subscribed.
void check_field(const tactus::TypeInfo& type, const tactus::PrintOptions& print) {
  bool exact = false;
  MessageBuffer empty{type, tactus::default_max_bytes(type, exact, 64)};
  (void)tactus::to_yaml(type, empty.root(), print);
}

class Echo {
 public:
  Echo(const Options& options, TypePointer type, const tactus::PrintOptions& print)
      : options_{options}, type_{std::move(type)}, print_{print}, limit_{options.once ? 1 : options.count} {
    if (options.json) print_.max_elements = std::numeric_limits<std::size_t>::max();  // programs read it
    if (!options.timeout.empty()) timeout_ = parse_duration("--timeout", options.timeout);
  }

  int run(Connection& connection, const std::string& topic) {
    tactus::Transport& transport = connection.transport();
    const tactus::DoorbellId bell = connection.client().allocate_doorbell();
    const auto subscriber = transport.create_subscriber({.node = fmt::format("/rtctl_echo_{}", getpid()),
                                                         .topic = topic,
                                                         .type = type_.get(),
                                                         .depth = options_.depth,
                                                         .max_held = 1,
                                                         .doorbell = bell});
    tactus::Doorbell& doorbell = connection.client().doorbells().doorbells[bell];
    last_ns_ = tactus::monotonic_ns();
    while (!interrupt_.requested()) {
      doorbell.answer();
      if (!drain(*subscriber)) return kSuccess;
      if (timed_out()) throw Failure{fmt::format("nothing arrived on {} within {}", topic, options_.timeout)};
      if (connection.ended()) throw Failure{"the broker ended"};
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
      const std::string text = text_of(tactus::block_root_bytes(sample->bytes));
      subscriber.release(*sample);
      last_ns_ = tactus::monotonic_ns();
      if (!write_out(text) || ++printed_ == limit_) return false;
    }
    return true;
  }

  std::string text_of(const std::byte* root) const {
    if (options_.json) return tactus::to_json(*type_, root, print_) + "\n";
    std::string text = tactus::to_yaml(*type_, root, print_);
    if (text.empty() || text.back() != '\n') text += '\n';
    return text + "---\n";
  }

  [[nodiscard]] bool timed_out() const {
    return timeout_ && tactus::monotonic_ns() - last_ns_ > timeout_->count();
  }

  static void report_drops(const tactus::UntypedSubscriber& subscriber) {
    const tactus::EndpointCounts counts = subscriber.counts();
    if (counts.dropped > 0)
      fmt::print(stderr, "rtctl: {} messages came faster than they were printed\n", counts.dropped);
    if (counts.rejected > 0) fmt::print(stderr, "rtctl: {} messages were malformed\n", counts.rejected);
  }

  const Options& options_;
  TypePointer type_;
  tactus::PrintOptions print_;
  std::uint64_t limit_;
  std::optional<std::chrono::nanoseconds> timeout_;
  Interrupt interrupt_;
  std::uint64_t printed_ = 0;
  std::int64_t last_ns_ = 0;
};

int topic_echo(const Options& options) {
  const Graph graph = read_graph();
  const Topic& topic = find_topic(graph, options.topic, options.group);
  TypePointer type = type_of_topic(graph, topic);
  const tactus::PrintOptions print{.no_arrays = options.no_arrays, .field = options.field};
  if (!options.field.empty()) check_field(*type, print);
  Echo echo{options, std::move(type), print};
  Connection connection{"rtctl topic echo", options.group, Connection::Join::kRunning};
  return echo.run(connection, topic.name);
}

}  // namespace

void add_topic_echo(CLI::App& topic, Run& run) {
  CLI::App& verb = *topic.add_subcommand("echo", "Prints what is published, of any type");
  auto options = std::make_shared<Options>();
  verb.add_option("topic", options->topic, "Name of the topic")->required()->type_name("TOPIC");
  verb.add_flag("--once", options->once, "End after one message");
  verb.add_option("--count", options->count, "End after so many messages")->type_name("N");
  verb.add_option("--field", options->field, "Only this field, e.g. pose.position.x")->type_name("FIELD");
  verb.add_flag("--no-arr", options->no_arrays, "Arrays as their type and length only");
  verb.add_flag("--json", options->json, "As JSON, one line per message");
  verb.add_option("--timeout", options->timeout, "Fail when nothing arrives for so long")
      ->type_name("DURATION");
  verb.add_option("--depth", options->depth, "Messages to queue; 16 when not given")
      ->type_name("N")
      ->check(CLI::Range(1U, tactus::kMaxDepth));
  verb.add_option("--group", options->group, "Group of the topic")->type_name("GROUP");
  verb.footer(
      "Examples:\n  rtctl topic echo /head/pose\n  rtctl topic echo /head/pose --field pose.position --once\n"
      "  rtctl topic echo /camera/left/image --no-arr --json --count 10 --timeout 2s");
  verb.callback([&run, options] { run = [options] { return topic_echo(*options); }; });
}

}  // namespace rtctl
