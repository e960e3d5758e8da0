// SPDX-License-Identifier: Apache-2.0
#include "host_context.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "tactus/middleware/in_process.hpp"
#include "tactus/msg/dynamic_type.hpp"
#include "tactus/msg/message.hpp"
#include "tactus/msg/type_id.hpp"

namespace tactus {
namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// What the launch file says about a port; the default when it says nothing.
template <typename Settings>
Settings said(const std::map<std::string, Settings>& all, std::string_view name) {
  const auto found = all.find(std::string{name});
  return found == all.end() ? Settings{} : found->second;
}

std::string offered(const std::vector<std::string>& names) {
  return names.empty() ? "it has none" : fmt::format("it has {}", fmt::join(names, ", "));
}

}  // namespace

HostContext::HostContext(NodeSettings settings, NodeServices services, FlightLog& flight)
    : settings_{std::move(settings)}, services_{std::move(services)}, flight_{flight} {}

HostContext::~HostContext() = default;

void HostContext::seal() {
  sealed_ = true;
  std::vector<std::string> inputs, outputs;
  for (const Input& input : inputs_) inputs.push_back(input.name);
  for (const Output& output : outputs_) outputs.push_back(output.name);
  for (const auto& [name, value] : settings_.parameters) refuse_unknown("parameter", name, parameters_);
  for (const auto& [name, topic] : settings_.remaps) refuse_unknown("input or output", name, ports_);
  for (const auto& [name, input] : settings_.inputs) refuse_unknown("input", name, inputs);
  for (const auto& [name, output] : settings_.outputs) refuse_unknown("output", name, outputs);
}

void HostContext::reopen() {
  sealed_ = false;
  for (auto* names : {&ports_, &parameters_, &metrics_}) names->clear();
}

void HostContext::refuse_unknown(const char* what, const std::string& name,
                                 const std::vector<std::string>& declared) const {
  if (contains(declared, name)) return;
  throw std::invalid_argument{fmt::format("node {} has no {} '{}'{}; {}", settings_.name, what, name,
                                          did_you_mean(name, declared), offered(declared))};
}

void HostContext::wait_until(Time until) noexcept {
  if (services_.wait) services_.wait(until);
  begin_release();
}

const TypeInfo& HostContext::kept(const TypeInfo& type) {
  for (const DynamicType& known : types_)
    if (type_id(known.info()) == type_id(type)) return known.info();
  return types_.emplace_back(DynamicType::parse(serialize_type(type))).info();
}

SubscriberOptions HostContext::subscriber_options(std::string_view name, const TypeInfo& type,
                                                  const InputOptions& options) const {
  const auto given = said<InputSettings>(settings_.inputs, name);
  return {.node = settings_.name,
          .topic = resolve_topic(name, settings_.name, settings_.remaps),
          .type = &type,
          .depth = given.depth != 0 ? given.depth : options.depth,
          .max_held = held_at_once(options.max_held),
          .want_history = true};
}

PublisherOptions HostContext::publisher_options(std::string_view name, const TypeInfo& type,
                                                const OutputOptions& options) const {
  const auto given = said<OutputSettings>(settings_.outputs, name);
  bool exact = false;
  std::size_t bytes = given.max_bytes != 0 ? given.max_bytes : options.max_bytes;
  if (bytes == 0) bytes = default_max_bytes(type, exact);
  return {.node = settings_.name,
          .topic = resolve_topic(name, settings_.name, settings_.remaps),
          .type = &type,
          .history = given.history >= 0 ? static_cast<std::uint32_t>(given.history) : options.history,
          .max_loans = given.max_loans != 0 ? given.max_loans : options.max_loans,
          .max_bytes = bytes};
}

UntypedSubscriber& HostContext::add_input(std::string_view name, const TypeInfo& type,
                                          const InputOptions& options) {
  declare_port(name);
  if (const auto known = std::ranges::find(inputs_, name, &Input::name); known != inputs_.end())
    return *known->port;
  SubscriberOptions wanted = subscriber_options(name, kept(type), options);
  wanted.doorbell = services_.doorbell(wanted.topic);
  auto port = std::make_unique<InputPort>(services_.transport.create_subscriber(wanted), lineage_, flight_);
  return *inputs_
              .emplace_back(Input{std::string{name}, wanted.topic, std::move(port),
                                  said<InputSettings>(settings_.inputs, name)})
              .port;
}

UntypedPublisher& HostContext::add_output(std::string_view name, const TypeInfo& type,
                                          const OutputOptions& options) {
  declare_port(name);
  if (const auto known = std::ranges::find(outputs_, name, &Output::name); known != outputs_.end())
    return *known->port;
  const PublisherOptions wanted = publisher_options(name, kept(type), options);
  auto port = std::make_unique<OutputPort>(services_.transport.create_publisher(wanted), lineage_, flight_);
  port->appear_after(services_.takes_ns);
  join_chains(*port);
  return *outputs_.emplace_back(Output{std::string{name}, wanted.topic, std::move(port)}).port;
}

void HostContext::join_chains(OutputPort& port) {
  for (const ChainSettings& chain : services_.chains) {
    if (port.options().topic == chain.first) port.begin_chain(chain.origin_id);
    if (port.options().topic == chain.last)
      port.end_chain(chain.origin_id, Metric{services_.add_metric(chain.name, "ms")});
  }
}

ParameterValue HostContext::add_parameter(std::string_view name, ParameterValue initial,
                                          const ParameterOptions& options) {
  refuse_when_sealed(name);
  parameters_.emplace_back(name);
  const auto given = settings_.parameters.find(std::string{name});
  if (given == settings_.parameters.end()) return initial;
  return checked_parameter({std::string{name}, std::move(initial), options}, given->second);
}

MetricCounters& HostContext::add_metric(std::string_view name, const MetricOptions& options) {
  refuse_when_sealed(name);
  if (contains(metrics_, name)) {
    throw std::logic_error{fmt::format("node {} declares metric '{}' twice", settings_.name, name)};
  }
  metrics_.emplace_back(name);
  return metric_counters(name, options);
}

MetricCounters& HostContext::metric_counters(std::string_view name, const MetricOptions& options) {
  const auto known = metric_counters_.find(name);
  if (known != metric_counters_.end()) return *known->second;
  MetricCounters& counters = services_.add_metric(name, options.unit);
  metric_counters_.emplace(name, &counters);
  return counters;
}

std::uint32_t HostContext::add_chain(std::string_view name) {
  refuse_when_sealed(name);
  return chain_id(name);
}

std::uint32_t HostContext::chain_id(std::string_view name) const {
  const auto chain = std::ranges::find(services_.chains, name, &ChainSettings::name);
  return chain == services_.chains.end() ? 0 : chain->origin_id;
}

void HostContext::declare_port(std::string_view name) {
  refuse_when_sealed(name);
  if (contains(ports_, name)) {
    throw std::logic_error{fmt::format("node {} declares '{}' twice", settings_.name, name)};
  }
  ports_.emplace_back(name);
}

void HostContext::refuse_when_sealed(std::string_view name) const {
  if (!sealed_) return;
  throw std::logic_error{
      fmt::format("node {} declares '{}' after its constructor; declare it there", settings_.name, name)};
}

class DescribeContext::SilentLog final : public Log {
 protected:
  void push(const LogRecord&) noexcept override {}
};

DescribeContext::DescribeContext(std::map<std::string, ParameterValue> parameters)
    : given_{std::move(parameters)},
      transport_{make_in_process_transport()},
      log_{std::make_unique<SilentLog>()} {}

DescribeContext::~DescribeContext() = default;

Log& DescribeContext::log() noexcept { return *log_; }

UntypedSubscriber& DescribeContext::add_input(std::string_view name, const TypeInfo& type,
                                              const InputOptions& options) {
  declare_port(name);
  PortDescription port;
  port.name = name;
  port.direction = PortDirection::kInput;
  port.type_name = type.name;
  port.type_json = serialize_type(type);
  port.optional = options.optional;
  port.depth = options.depth;
  port.max_held = options.max_held;
  description_.ports.push_back(std::move(port));
  auto subscriber = transport_->create_subscriber({.node = "/describe",
                                                   .topic = "/describe/" + std::string{name},
                                                   .type = &type,
                                                   .depth = options.depth,
                                                   .max_held = options.max_held});
  return *subscribers_.emplace_back(std::move(subscriber));
}

UntypedPublisher& DescribeContext::add_output(std::string_view name, const TypeInfo& type,
                                              const OutputOptions& options) {
  declare_port(name);
  bool exact = true;
  PortDescription port;
  port.name = name;
  port.direction = PortDirection::kOutput;
  port.type_name = type.name;
  port.type_json = serialize_type(type);
  port.history = options.history;
  port.max_loans = options.max_loans;
  port.max_bytes = options.max_bytes != 0 ? options.max_bytes : default_max_bytes(type, exact);
  port.max_bytes_guessed = !exact;
  auto publisher = transport_->create_publisher({.node = "/describe",
                                                 .topic = "/describe/" + port.name,
                                                 .type = &type,
                                                 .history = options.history,
                                                 .max_loans = options.max_loans,
                                                 .max_bytes = port.max_bytes});
  description_.ports.push_back(std::move(port));
  return *publishers_.emplace_back(std::move(publisher));
}

ParameterValue DescribeContext::add_parameter(std::string_view name, ParameterValue initial,
                                              const ParameterOptions& options) {
  ParameterDescription parameter{std::string{name}, initial, options};
  description_.parameters.push_back(parameter);
  // A value out of range is reported with its line by whoever reads the launch file; here the default goes
  // on.
  const auto given = given_.find(parameter.name);
  if (given == given_.end()) return initial;
  try {
    return checked_parameter(parameter, given->second);
  } catch (const std::invalid_argument&) {
    return initial;
  }
}

MetricCounters& DescribeContext::add_metric(std::string_view name, const MetricOptions& options) {
  const bool twice = std::ranges::any_of(
      description_.metrics, [&](const MetricDescription& metric) { return metric.name == name; });
  if (twice) throw std::logic_error{fmt::format("it declares metric '{}' twice", name)};
  description_.metrics.push_back({std::string{name}, options});
  return metric_;
}

std::uint32_t DescribeContext::add_chain(std::string_view name) {
  description_.chains.emplace_back(name);
  return 0;
}

void DescribeContext::declare_port(std::string_view name) {
  for (const auto& port : description_.ports) {
    if (port.name == name) throw std::logic_error{fmt::format("it declares '{}' twice", name)};
  }
}

}  // namespace tactus
