// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host_context.hpp"
#include "tactus/node_library.hpp"
#include "tactus/scheduler/host_settings.hpp"
#include "tactus/state.hpp"

namespace tactus {

/// What a node that takes the place of another declares its inputs and outputs with: they are the other's.
/// Outlives the node.
class SuccessorContext final : public NodeContext {
 public:
  /// `place` outlives the context.
  SuccessorContext(HostContext& place, const std::map<std::string, ParameterValue>& parameters);

  /// After construction: declaring is an error from now on. Throws std::invalid_argument: what the other has
  /// and this one does not, parameters that it does not know.
  void seal();

  [[nodiscard]] Log& log() noexcept override { return place_.log(); }
  [[nodiscard]] Time now() const noexcept override { return place_.now(); }
  void wait_until(Time until) noexcept override { place_.wait_until(until); }
  [[nodiscard]] bool simulated() const noexcept override { return place_.simulated(); }

 protected:
  UntypedSubscriber& add_input(std::string_view name, const TypeInfo& type,
                               const InputOptions& options) override;
  UntypedPublisher& add_output(std::string_view name, const TypeInfo& type,
                               const OutputOptions& options) override;
  ParameterValue add_parameter(std::string_view name, ParameterValue initial,
                               const ParameterOptions& options) override;
  MetricCounters& add_metric(std::string_view name, const MetricOptions& options) override;
  std::uint32_t add_chain(std::string_view name) override { return place_.chain_id(name); }

 private:
  void declare(std::string_view name, std::vector<std::string>& declared) const;

  HostContext& place_;
  const std::map<std::string, ParameterValue>& given_;
  std::vector<std::string> ports_, parameters_, metrics_;
  bool sealed_ = false;
};

/// A node that is loaded and constructed, to take the place of one that runs; afterwards, what was in that
/// place. Thread: the one that makes it, any but the node's; its node lives and dies on the node's thread
/// from NodeRunner::offer() on.
struct Successor {
  /// Throws std::exception with a sentence: it cannot be loaded, constructed, or has another interface than
  /// what is in the place.
  Successor(HostContext& place, const Trigger& trigger, const std::filesystem::path& path,
            std::map<std::string, ParameterValue> parameters);

  /// Nothing of it runs any more: closes its library. Returns why that is not done.
  [[nodiscard]] std::string close(const std::vector<int>& callers);
  [[nodiscard]] std::string state_text() const;  ///< what became of the state

  std::unique_ptr<NodeLibrary> library;
  const NodeEntry* entry = nullptr;
  std::map<std::string, ParameterValue> parameters;
  std::unique_ptr<NodeContext> context;
  std::unique_ptr<Node, void (*)(Node*)> node;
  std::vector<std::byte> room;  ///< for the state

  std::atomic<bool> done{false};             ///< what follows may be read
  std::string refused{};                     ///< why the other goes on; empty: it took its place
  std::int64_t held_ns = 0;                  ///< how long the node's thread did nothing else
  std::optional<std::size_t> state_bytes{};  ///< that were handed over
  std::uint32_t state_version = 0;

 private:
  std::string construct(HostContext& place, const Trigger& trigger);
};

}  // namespace tactus
