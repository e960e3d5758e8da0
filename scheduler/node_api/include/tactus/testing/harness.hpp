// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tactus/middleware/in_process.hpp"
#include "tactus/node.hpp"
#include "tactus/node_description.hpp"

namespace tactus::testing {

/// When what a test gives was captured, and when the message it descends from was (in every chain that the
/// node asked for). Left out: now, and no origin.
struct Given {
  Time captured{};
  Time origin{};
};

/// Stands for the host in tests: ports on the in-process transport, the time is what the test says.
class HarnessContext : public NodeContext {
 public:
  /// `message_bytes`: of the largest message that can be given to an input.
  explicit HarnessContext(std::map<std::string, ParameterValue> parameters,
                          std::size_t message_bytes = std::size_t{4} << 20)
      : given_{std::move(parameters)}, message_bytes_{message_bytes} {}

  template <typename Port>
  static Port& find(std::map<std::string, Port>& ports, const std::string& name, const char* what) {
    const auto found = ports.find(name);
    if (found == ports.end())
      throw std::invalid_argument{fmt::format("the node declares no {} '{}'", what, name)};
    return found->second;
  }

  struct Input {
    std::unique_ptr<UntypedSubscriber> subscriber;
    std::unique_ptr<UntypedPublisher> publisher;
  };
  struct Output {
    std::unique_ptr<UntypedPublisher> publisher;
    std::unique_ptr<UntypedSubscriber> subscriber;
  };

  Log& log() noexcept override { return log_; }
  Time now() const noexcept override { return now_; }
  void wait_until(Time until) noexcept override { now_ = std::max(now_, until); }

  void set_now(Time now) { now_ = now; }
  [[nodiscard]] const std::vector<std::string>& chains() const { return chains_; }
  MetricCounters& metric(const std::string& name) { return *find(metrics_, name, "metric"); }
  std::map<std::string, Input>& inputs() { return inputs_; }
  std::map<std::string, Output>& outputs() { return outputs_; }
  Input& input(const std::string& name) { return find(inputs_, name, "input"); }
  Output& output(const std::string& name) { return find(outputs_, name, "output"); }
  [[nodiscard]] const std::vector<std::string>& logged() const { return log_.lines; }

 protected:
  UntypedSubscriber& add_input(std::string_view name, const TypeInfo& type,
                               const InputOptions& options) override {
    Input& input = inputs_[std::string{name}];
    input.subscriber = transport_->create_subscriber({.node = "/node",
                                                      .topic = topic(name),
                                                      .type = &type,
                                                      .depth = options.depth,
                                                      .max_held = options.max_held});
    input.publisher = transport_->create_publisher(
        {.node = "/test", .topic = topic(name), .type = &type, .max_loans = 1, .max_bytes = message_bytes_});
    return *input.subscriber;
  }
  UntypedPublisher& add_output(std::string_view name, const TypeInfo& type,
                               const OutputOptions& options) override {
    bool exact = false;
    const std::size_t bytes = options.max_bytes != 0 ? options.max_bytes : default_max_bytes(type, exact);
    Output& output = outputs_[std::string{name}];
    output.subscriber = transport_->create_subscriber(
        {.node = "/test", .topic = topic(name), .type = &type, .depth = kMaxDepth, .max_held = kMaxHeld});
    output.publisher = transport_->create_publisher({.node = "/node",
                                                     .topic = topic(name),
                                                     .type = &type,
                                                     .history = options.history,
                                                     .max_loans = options.max_loans,
                                                     .max_bytes = bytes});
    return *output.publisher;
  }
  ParameterValue add_parameter(std::string_view name, ParameterValue initial,
                               const ParameterOptions& options) override {
    const auto given = given_.find(std::string{name});
    if (given == given_.end()) return initial;
    return checked_parameter({std::string{name}, std::move(initial), options}, given->second);
  }

  MetricCounters& add_metric(std::string_view name, const MetricOptions& options) override {
    auto& metric = metrics_[std::string{name}];
    if (metric != nullptr) throw std::logic_error{fmt::format("the node declares metric '{}' twice", name)};
    metric = std::make_unique<MetricCounters>();
    name_metric(*metric, name, options.unit, 0);
    return *metric;
  }
  std::uint32_t add_chain(std::string_view name) override {
    if (chains_.size() == kMaxChains)
      throw std::logic_error{fmt::format("chain '{}': a launch has at most {} chains", name, kMaxChains)};
    chains_.emplace_back(name);
    return static_cast<std::uint32_t>(chains_.size());
  }

 private:
  struct TestLog final : Log {
    void push(const LogRecord& record) noexcept override {
      lines.emplace_back(record.text.data(), record.size);
    }
    std::vector<std::string> lines;
  };

  static std::string topic(std::string_view name) { return "/harness/" + std::string{name}; }
  std::unique_ptr<Transport> transport_ = make_in_process_transport();
  std::map<std::string, ParameterValue> given_;
  std::size_t message_bytes_;
  std::map<std::string, Input> inputs_;
  std::map<std::string, Output> outputs_;
  std::map<std::string, std::unique_ptr<MetricCounters>> metrics_;
  std::vector<std::string> chains_;
  TestLog log_;
  Time now_{};
};

/// Runs one node without a broker, a thread or a sleep: give inputs, set the time, call, look at outputs.
template <typename NodeClass>
class Harness {
 public:
  explicit Harness(std::map<std::string, ParameterValue> parameters = {})
      : context_{std::move(parameters)}, node_{std::make_unique<NodeClass>(context_)} {
    node_->start();
  }
  ~Harness() {
    if constexpr (kWaits) cancel();
    node_->stop();
  }
  Harness(const Harness&) = delete;
  Harness& operator=(const Harness&) = delete;

  /// Publishes to an input; the capture time is the harness' time unless given:
  /// node.give("frame", frame, {.origin = Time{12ms}}).
  template <typename T>
  void give(const std::string& input, const Message<T>& message, const Given& given = {}) {
    give(input, *message, given);
  }
  template <typename T>
  void give(const std::string& input, const T& message, const Given& given = {}) {
    UntypedPublisher& port = *context_.input(input).publisher;
    Chunk* chunk = port.loan();
    construct_block<T>(chunk->bytes, chunk->size);
    *reinterpret_cast<T*>(block_root_bytes(chunk->bytes)) = message;
    SampleHeader& header = *chunk->header;
    header.block_bytes = block_used(chunk->bytes);
    header.capture_time_ns = to_ns(given.captured == Time{} ? context_.now() : given.captured);
    for (std::uint32_t i = 0; i < context_.chains().size() && given.origin != Time{}; ++i)
      header.chains[i] = {i + 1, 1, to_ns(given.origin)};
    port.publish(*chunk);
  }
  template <typename T>
  void give(const std::string& input, const Message<T>& message, Time captured) {
    give(input, *message, Given{.captured = captured});
  }

  /// A coroutine node goes on as long as what it waits for is there; the first call begins it.
  void step_at(Time now) {
    context_.set_now(now);
    std::vector<const UntypedSubscriber*> stale;
    for (const std::string& name : stale_) stale.push_back(context_.input(name).subscriber.get());
    std::uint64_t calls = 0;
    do {
      node_->step(Cycle{cycles_++, now, now, stale});
      if (++calls > kMostCalls)
        throw std::runtime_error{"the node never waits for anything that is not there"};
    } while (goes_on());
  }
  void step_at(Duration since_epoch) { step_at(Time{since_epoch}); }
  /// What cycle.stale() says of these inputs from now on, as if the launch file gave them a stale_after:.
  void set_stale(std::vector<std::string> inputs) { stale_ = std::move(inputs); }
  /// Calls run() with a stop that was requested before: nodes return after one round, if at all.
  void run(std::stop_token stop) { node_->run(std::move(stop)); }

  /// Of coroutine nodes: what they wait for now.
  [[nodiscard]] const Wait& awaited() const requires std::derived_from<NodeClass, Resumable> {
    return static_cast<const Resumable&>(*node_).awaited();
  }
  /// Of coroutine nodes: ends them where they wait, as a stop or a fault does.
  void cancel() requires std::derived_from<NodeClass, Resumable> { static_cast<Resumable&>(*node_).cancel(); }

  /// Everything published to an output since the last call.
  template <typename T>
  [[nodiscard]] std::vector<Message<T>> taken(const std::string& output) {
    Subscriber<T> subscriber{*context_.output(output).subscriber};
    std::vector<Message<T>> messages;
    while (auto sample = subscriber.take()) messages.push_back(Message<T>{*sample});
    return messages;
  }
  /// The newest message of an output; stays valid until the next call. Throws when nothing was published.
  template <typename T>
  [[nodiscard]] const T& last(const std::string& output) {
    auto messages = taken<T>(output);
    auto& kept = last_[output];
    if (!messages.empty()) kept = std::make_shared<Message<T>>(std::move(messages.back()));
    if (kept == nullptr) throw std::runtime_error{fmt::format("nothing was published to '{}'", output)};
    return **std::static_pointer_cast<Message<T>>(kept);
  }

  /// What the node has recorded so far. Throws when the node declares no such metric.
  [[nodiscard]] MetricSummary metric(const std::string& name) { return summarize(context_.metric(name)); }

  [[nodiscard]] const std::vector<std::string>& logged() const { return context_.logged(); }
  NodeClass& node() { return *node_; }

 private:
  static constexpr bool kWaits = std::is_base_of_v<Resumable, NodeClass>;
  static constexpr std::uint64_t kMostCalls = 100'000;

  [[nodiscard]] bool goes_on() const {
    if constexpr (kWaits) {
      const Wait& wait = awaited();
      return wait.until <= context_.now() ||
             std::ranges::any_of(wait.inputs, [](const auto* input) { return input->has_data(); });
    }
    return false;
  }

  HarnessContext context_;
  std::unique_ptr<NodeClass> node_;
  std::map<std::string, std::shared_ptr<void>>
      last_;  // shared: the only smart pointer that forgets the type safely
  std::vector<std::string> stale_;
  std::uint64_t cycles_ = 0;
};

}  // namespace tactus::testing
