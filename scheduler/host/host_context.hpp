// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "input_port.hpp"
#include "lineage.hpp"
#include "output_port.hpp"
#include "tactus/middleware/names.hpp"
#include "tactus/msg/dynamic_type.hpp"
#include "tactus/node.hpp"
#include "tactus/node_description.hpp"
#include "tactus/scheduler/host_settings.hpp"

namespace tactus {

/// One more than the node may hold: the sample that a gated input shows next.
[[nodiscard]] constexpr std::uint32_t held_at_once(std::uint32_t max_held) {
  return std::min(max_held + 1, kMaxHeld);
}

/// What a node is given by the process it runs in.
struct NodeServices {
  Transport& transport;
  Log& log;
  /// The doorbell for an input on `topic`; 0: it is only polled.
  std::function<DoorbellId(const std::string& topic)> doorbell;
  /// Blocks the node's own thread until data, `until` or a stop; only called for self-looping nodes.
  std::function<void(Time until)> wait;
  /// Where a metric of the node is kept; throws when there is no more room. Not empty when the node has some.
  std::function<MetricCounters&(std::string_view name, std::string_view unit)> add_metric{};
  std::span<const ChainSettings> chains{};  ///< of the launch; outlive the node
  bool simulated = false;                   ///< the clock stands still while the node works
  std::int64_t takes_ns = 0;                ///< so long after a call what it publishes appears
};

/// The context of a node in a real process. Owns the ports: it must outlive the node.
class HostContext final : public NodeContext {
 public:
  struct Input {
    std::string name;
    std::string topic;
    std::unique_ptr<InputPort> port;
    InputSettings settings;
  };
  struct Output {
    std::string name;
    std::string topic;
    std::unique_ptr<OutputPort> port;
  };

  /// `flight` outlives the context.
  HostContext(NodeSettings settings, NodeServices services, FlightLog& flight);
  ~HostContext() override;

  /// After construction: declaring is an error from now on. Throws std::invalid_argument naming the
  /// parameters, remaps, inputs and outputs that the node does not know, and the ones it has.
  void seal();

  /// Before the node is constructed again: what it declares then and declared before is the same port,
  /// metric, parameter.
  void reopen();

  [[nodiscard]] const std::string& name() const { return settings_.name; }
  [[nodiscard]] std::vector<Input>& inputs() { return inputs_; }
  [[nodiscard]] std::vector<Output>& outputs() { return outputs_; }
  [[nodiscard]] const std::vector<Input>& inputs() const { return inputs_; }
  [[nodiscard]] const std::vector<Output>& outputs() const { return outputs_; }
  /// What the ports of these names are made with, whoever declares them.
  [[nodiscard]] SubscriberOptions subscriber_options(std::string_view name, const TypeInfo& type,
                                                     const InputOptions& options) const;
  [[nodiscard]] PublisherOptions publisher_options(std::string_view name, const TypeInfo& type,
                                                   const OutputOptions& options) const;
  /// The one of this name of all constructions; made when there is none.
  MetricCounters& metric_counters(std::string_view name, const MetricOptions& options);
  [[nodiscard]] std::uint32_t chain_id(std::string_view name) const;  ///< 0: not declared
  [[nodiscard]] const std::map<std::string, ParameterValue>& parameters() const {
    return settings_.parameters;
  }
  /// What its next construction is given; `parameters` is what it was given before. Between two calls.
  void swap_parameters(std::map<std::string, ParameterValue>& parameters) noexcept {
    settings_.parameters.swap(parameters);
  }

  /// What is published from now on descends from what is taken from now on, and from what is held.
  void begin_release() noexcept { lineage_.begin_release(); }

  [[nodiscard]] Log& log() noexcept override { return services_.log; }
  [[nodiscard]] Time now() const noexcept override { return group_now(); }
  void wait_until(Time until) noexcept override;
  [[nodiscard]] bool simulated() const noexcept override { return services_.simulated; }

 protected:
  UntypedSubscriber& add_input(std::string_view name, const TypeInfo& type,
                               const InputOptions& options) override;
  UntypedPublisher& add_output(std::string_view name, const TypeInfo& type,
                               const OutputOptions& options) override;
  ParameterValue add_parameter(std::string_view name, ParameterValue initial,
                               const ParameterOptions& options) override;
  MetricCounters& add_metric(std::string_view name, const MetricOptions& options) override;
  std::uint32_t add_chain(std::string_view name) override;

 private:
  void declare_port(std::string_view name);
  void refuse_when_sealed(std::string_view name) const;
  void join_chains(OutputPort& port);
  /// The same table, where it stays when the node's library is replaced.
  const TypeInfo& kept(const TypeInfo& type);
  void refuse_unknown(const char* what, const std::string& name,
                      const std::vector<std::string>& declared) const;

  NodeSettings settings_;
  NodeServices services_;
  FlightLog& flight_;
  Lineage lineage_;                ///< outlives the ports
  std::deque<DynamicType> types_;  ///< of the ports
  std::vector<Input> inputs_;
  std::vector<Output> outputs_;
  std::vector<std::string> ports_;
  std::vector<std::string> parameters_;
  std::vector<std::string> metrics_;
  std::map<std::string, MetricCounters*, std::less<>> metric_counters_;  ///< of all constructions
  bool sealed_ = false;
};

/// Collects what a constructor declares; its ports carry nothing.
class DescribeContext final : public NodeContext {
 public:
  explicit DescribeContext(std::map<std::string, ParameterValue> parameters);
  ~DescribeContext() override;

  [[nodiscard]] const NodeDescription& description() const { return description_; }

  [[nodiscard]] Log& log() noexcept override;
  [[nodiscard]] Time now() const noexcept override { return group_now(); }
  void wait_until(Time) noexcept override {}

 protected:
  UntypedSubscriber& add_input(std::string_view name, const TypeInfo& type,
                               const InputOptions& options) override;
  UntypedPublisher& add_output(std::string_view name, const TypeInfo& type,
                               const OutputOptions& options) override;
  ParameterValue add_parameter(std::string_view name, ParameterValue initial,
                               const ParameterOptions& options) override;
  MetricCounters& add_metric(std::string_view name, const MetricOptions& options) override;
  std::uint32_t add_chain(std::string_view name) override;

 private:
  class SilentLog;
  void declare_port(std::string_view name);

  std::map<std::string, ParameterValue> given_;
  NodeDescription description_;
  std::unique_ptr<Transport> transport_;
  std::vector<std::unique_ptr<UntypedSubscriber>> subscribers_;
  std::vector<std::unique_ptr<UntypedPublisher>> publishers_;
  MetricCounters metric_;  ///< of all: nobody reads it
  std::unique_ptr<SilentLog> log_;
};

}  // namespace tactus
