// SPDX-License-Identifier: Apache-2.0
#include "successor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "tactus/msg/dynamic_type.hpp"
#include "tactus/msg/type_id.hpp"

namespace tactus {
namespace {

[[noreturn]] void differs(std::string_view port, const std::string& how) {
  throw std::invalid_argument{
      fmt::format("its interface is another: '{}' {}; that takes a new launch", port, how)};
}

void expect_type(std::string_view port, const TypeInfo& is, const TypeInfo& was) {
  if (type_id(is) == type_id(was)) return;
  const std::string difference = first_difference(is, was);
  differs(port, std::string_view{is.name} == was.name
                    ? fmt::format("has another definition of {}: {}", is.name, difference)
                    : fmt::format("is {}, not {}", is.name, was.name));
}

template <typename Number>
void expect_same(std::string_view port, const char* what, Number is, Number was) {
  if (is != was) differs(port, fmt::format("has {}: {}, not {}", what, is, was));
}

/// Why a node of this kind cannot be called as the launch file says; empty: it can.
std::string not_callable(const NodeEntry& entry, TriggerKind kind) {
  if (kind == TriggerKind::kSelfLooping && !entry.has_run) return "has no run(), and is self-looping";
  if (kind == TriggerKind::kCoroutine && entry.resumable == nullptr) return "is no coroutine";
  const bool called = kind != TriggerKind::kSelfLooping && kind != TriggerKind::kCoroutine;
  if (called && !entry.has_step) return "has no step()";
  return {};
}

}  // namespace

SuccessorContext::SuccessorContext(HostContext& place,
                                   const std::map<std::string, ParameterValue>& parameters)
    : place_{place}, given_{parameters} {}

void SuccessorContext::declare(std::string_view name, std::vector<std::string>& declared) const {
  if (sealed_) throw std::logic_error{fmt::format("it declares '{}' after its constructor", name)};
  if (std::ranges::find(declared, name) != declared.end())
    throw std::logic_error{fmt::format("it declares '{}' twice", name)};
  declared.emplace_back(name);
}

UntypedSubscriber& SuccessorContext::add_input(std::string_view name, const TypeInfo& type,
                                               const InputOptions& options) {
  declare(name, ports_);
  const auto input = std::ranges::find(place_.inputs(), name, &HostContext::Input::name);
  if (input == place_.inputs().end()) differs(name, "is a new input");
  const SubscriberOptions& was = input->port->options();
  const SubscriberOptions is = place_.subscriber_options(name, type, options);
  expect_type(name, type, *was.type);
  expect_same(name, "depth", is.depth, was.depth);
  expect_same(name, "max_held", is.max_held, was.max_held);
  return *input->port;
}

UntypedPublisher& SuccessorContext::add_output(std::string_view name, const TypeInfo& type,
                                               const OutputOptions& options) {
  declare(name, ports_);
  const auto output = std::ranges::find(place_.outputs(), name, &HostContext::Output::name);
  if (output == place_.outputs().end()) differs(name, "is a new output");
  const PublisherOptions& was = output->port->options();
  const PublisherOptions is = place_.publisher_options(name, type, options);
  expect_type(name, type, *was.type);
  expect_same(name, "max_bytes", is.max_bytes, was.max_bytes);
  expect_same(name, "history", is.history, was.history);
  expect_same(name, "max_loans", is.max_loans, was.max_loans);
  return *output->port;
}

ParameterValue SuccessorContext::add_parameter(std::string_view name, ParameterValue initial,
                                               const ParameterOptions& options) {
  declare(name, parameters_);
  const auto given = given_.find(std::string{name});
  if (given == given_.end()) return initial;
  return checked_parameter({std::string{name}, std::move(initial), options}, given->second);
}

MetricCounters& SuccessorContext::add_metric(std::string_view name, const MetricOptions& options) {
  declare(name, metrics_);
  return place_.metric_counters(name, options);
}

void SuccessorContext::seal() {
  sealed_ = true;
  const auto expect_declared = [this](const auto& ports, const char* what) {
    for (const auto& port : ports)
      if (std::ranges::find(ports_, port.name) == ports_.end())
        differs(port.name, fmt::format("is no {} of it any more", what));
  };
  expect_declared(place_.inputs(), "input");
  expect_declared(place_.outputs(), "output");
  for (const auto& [name, value] : given_) {
    if (std::ranges::find(parameters_, name) != parameters_.end()) continue;
    throw std::invalid_argument{
        fmt::format("it has no parameter '{}'{}; it has {}", name, did_you_mean(name, parameters_),
                    parameters_.empty() ? "none" : fmt::to_string(fmt::join(parameters_, ", ")))};
  }
}

Successor::Successor(HostContext& place, const Trigger& trigger, const std::filesystem::path& path,
                     std::map<std::string, ParameterValue> given)
    : library{NodeLibrary::load_anew(path)},
      entry{&library->entry()},
      parameters{std::move(given)},
      node{nullptr, entry->destroy},
      room(kMostStateBytes) {
  const std::string why = construct(place, trigger);
  if (why.empty()) return;
  node.reset();
  static_cast<void>(library->close({}));
  throw std::runtime_error{why};
}

std::string Successor::close(const std::vector<int>& callers) {
  node.reset();
  context.reset();
  return library->close(callers);
}

std::string Successor::state_text() const {
  if (state_bytes)
    return fmt::format("{} bytes of state handed over (version {})", *state_bytes, state_version);
  return "no state handed over";
}

/// What is thrown may be the library's: only its text leaves.
std::string Successor::construct(HostContext& place, const Trigger& trigger) {
  try {
    if (const std::string why = not_callable(*entry, trigger.kind); !why.empty())
      return fmt::format("{} {}", entry->class_name, why);
    auto made = std::make_unique<SuccessorContext>(place, parameters);
    auto& declared = *made;
    context = std::move(made);
    node.reset(entry->create(declared));
    declared.seal();
    return {};
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "its constructor threw something that is no std::exception";
  }
}

}  // namespace tactus
