// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "tactus/middleware/metric.hpp"
#include "tactus/middleware/publisher.hpp"
#include "tactus/middleware/subscriber.hpp"
#include "tactus/middleware/time.hpp"

/// What the author of a node sees: all of it, and nothing else.
namespace tactus {

/// What one call of a node knows about itself.
class Cycle {
 public:
  Cycle(std::uint64_t index, Time now, Time released,
        std::span<const UntypedSubscriber* const> stale = {}) noexcept
      : index_{index}, now_{now}, released_{released}, stale_{stale} {}
  /// Counts the calls of this node from 0.
  [[nodiscard]] std::uint64_t index() const noexcept { return index_; }
  /// The group's clock at the start of this call.
  [[nodiscard]] Time now() const noexcept { return now_; }
  /// When this call was due: the instant of the grid for `every:`, the arrival for `on:`.
  [[nodiscard]] Time released() const noexcept { return released_; }
  /// True while the newest message of that input is older than its `stale_after:` of the launch file, or none
  /// came that long after the start; false where the file says nothing.
  template <typename T>
  [[nodiscard]] bool stale(const Subscriber<T>& input) const noexcept {
    for (const UntypedSubscriber* port : stale_) {
      if (input.reads(*port)) return true;
    }
    return false;
  }

 private:
  std::uint64_t index_;
  Time now_;
  Time released_;
  std::span<const UntypedSubscriber* const> stale_;
};

struct InputOptions {
  std::uint32_t depth = kDefaultDepth;  ///< messages queued; the oldest is dropped and counted when full
  std::uint32_t max_held = 4;           ///< samples held at once
  bool optional = false;                ///< a launch without a publisher of it is valid
};

struct OutputOptions {
  std::size_t max_bytes =
      0;  ///< the whole block, tail included; 0: computed where the type is bounded, else a default
  std::uint32_t history = 0;    ///< the last N messages reach late subscribers
  std::uint32_t max_loans = 2;  ///< loans held at once
};

/// Range, unit and meaning of a parameter; shown by `rtctl node describe`, checked before the launch.
struct ParameterOptions {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  std::string unit{};
  std::string help{};
};

/// A chain of the launch file (`chains: {motion_to_photon: [/imu, /display/frame]}`), for nodes that want to
/// know what their data descends from. Thread: the node's. Never blocks, never allocates.
class Chain {
 public:
  Chain() = default;
  explicit Chain(std::uint32_t origin_id) noexcept : origin_id_{origin_id} {}

  /// Capture time of the chain's first message that `sample` descends from; empty when it descends from none,
  /// or when the launch declares no such chain.
  template <typename T>
  [[nodiscard]] std::optional<Time> origin(const Sample<T>& sample) const noexcept {
    const ChainSlot* slot = find_origin(sample.header().chains, origin_id_);
    return slot == nullptr ? std::nullopt : std::optional{from_ns(slot->capture_time_ns)};
  }
  /// True when the launch declares the chain.
  [[nodiscard]] bool declared() const noexcept { return origin_id_ != 0; }

 private:
  std::uint32_t origin_id_ = 0;
};

/// Unit and meaning of a metric, for tables and `rtctl node describe`.
struct MetricOptions {
  std::string unit{};
  std::string help{};
};

using ParameterValue = std::variant<bool, std::int64_t, double, std::string>;

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };

/// One message of a node to people. Plain data of fixed size.
struct LogRecord {
  std::int64_t time_ns = 0;  ///< group clock
  LogLevel level = LogLevel::kInfo;
  std::uint16_t size = 0;
  std::array<char, 245> text{};
};

/// Usable from a realtime thread: formats into a fixed record (longer texts are cut) and hands it to the
/// host's log thread. Never blocks, never allocates; when the ring is full the record is dropped and counted.
class Log {
 public:
  virtual ~Log() = default;

  template <typename... Args>
  void debug(fmt::format_string<Args...> text, Args&&... args) noexcept {
    write(LogLevel::kDebug, text, args...);
  }
  template <typename... Args>
  void info(fmt::format_string<Args...> text, Args&&... args) noexcept {
    write(LogLevel::kInfo, text, args...);
  }
  template <typename... Args>
  void warn(fmt::format_string<Args...> text, Args&&... args) noexcept {
    write(LogLevel::kWarn, text, args...);
  }
  template <typename... Args>
  void error(fmt::format_string<Args...> text, Args&&... args) noexcept {
    write(LogLevel::kError, text, args...);
  }

 protected:
  virtual void push(const LogRecord& record) noexcept = 0;

 private:
  template <typename... Args>
  void write(LogLevel level, fmt::string_view text, const Args&... args) noexcept {
    LogRecord record;
    record.time_ns = to_ns(group_now());
    record.level = level;
    try {
      const auto out =
          fmt::vformat_to_n(record.text.data(), record.text.size(), text, fmt::make_format_args(args...));
      record.size = static_cast<std::uint16_t>(std::min<std::size_t>(out.size, record.text.size()));
    } catch (...) {  // a formatter of the user's that throws
      record.size = 0;
    }
    push(record);
  }
};

/// What a node's constructor declares its inputs, outputs and parameters with. Implemented by whoever runs
/// the node: the host, tactus-run, the Harness. Declaring after construction throws std::logic_error.
///
/// Every message a node publishes inherits, per chain of the launch, the newest origin among the samples it
/// took in this release (a self-looping node: since wait_until() last returned) or still holds.
class NodeContext {
 public:
  virtual ~NodeContext() = default;

  /// Names are relative ("imu") and are wired by the launch file. Throws when declared twice.
  template <typename T>
  [[nodiscard]] Subscriber<T> subscribe(std::string_view name, const InputOptions& options = {}) {
    return Subscriber<T>{add_input(name, type_info<T>(), options)};
  }
  template <typename T>
  [[nodiscard]] Publisher<T> advertise(std::string_view name, const OutputOptions& options = {}) {
    return Publisher<T>{add_output(name, type_info<T>(), options)};
  }

  /// The launch file's value, or the default. Throws std::invalid_argument when it is out of range.
  template <std::floating_point T>
  [[nodiscard]] T parameter(std::string_view name, T initial, const ParameterOptions& options = {}) {
    return static_cast<T>(std::get<double>(add_parameter(name, static_cast<double>(initial), options)));
  }
  [[nodiscard]] bool parameter(std::string_view name, bool initial, const ParameterOptions& options = {}) {
    return std::get<bool>(add_parameter(name, initial, options));
  }
  template <std::integral T>
  requires(!std::same_as<T, bool>) [[nodiscard]] T
      parameter(std::string_view name, T initial, const ParameterOptions& options = {}) {
    return static_cast<T>(
        std::get<std::int64_t>(add_parameter(name, static_cast<std::int64_t>(initial), options)));
  }
  [[nodiscard]] std::string parameter(std::string_view name, const char* initial,
                                      const ParameterOptions& options = {}) {
    return std::get<std::string>(add_parameter(name, std::string{initial}, options));
  }

  /// A number that the node measures about its own work ("position_error"): count, mean, quantiles and
  /// extremes are shown by rtctl and kept in the launch's summary. Throws when declared twice.
  [[nodiscard]] Metric metric(std::string_view name, const MetricOptions& options = {}) {
    return Metric{add_metric(name, options)};
  }

  /// A chain of the launch file by name. Valid also when the launch declares none: then it knows no origins.
  [[nodiscard]] Chain chain(std::string_view name) { return Chain{add_chain(name)}; }

  /// Any thread of the node; lives as long as the node.
  [[nodiscard]] virtual Log& log() noexcept = 0;
  /// The group's clock.
  [[nodiscard]] virtual Time now() const noexcept = 0;
  /// Self-looping nodes only, on their thread: sleeps until data arrives on an input, until `until`, or until
  /// stop is requested, whichever comes first.
  virtual void wait_until(Time until) noexcept = 0;
  /// True when the time stands still while the node works (`clock: simulated`): a node with threads of its
  /// own waits for their results instead of going on without them, so that two runs are the same.
  [[nodiscard]] virtual bool simulated() const noexcept { return false; }

 protected:
  virtual UntypedSubscriber& add_input(std::string_view name, const TypeInfo& type,
                                       const InputOptions& options) = 0;
  virtual UntypedPublisher& add_output(std::string_view name, const TypeInfo& type,
                                       const OutputOptions& options) = 0;
  virtual ParameterValue add_parameter(std::string_view name, ParameterValue initial,
                                       const ParameterOptions& options) = 0;
  virtual MetricCounters& add_metric(std::string_view name, const MetricOptions& options) = 0;
  virtual std::uint32_t add_chain(std::string_view name) = 0;  ///< 0: not declared
};

/// A component. Its constructor takes a NodeContext&, declares, and does nothing else: it also runs in a
/// throw-away process that only wants to know what is declared. There are three ways to write one: override
/// step(); or run(), for a node that loops by itself; or derive from CoroutineNode (tactus/coroutine.hpp) and
/// write straight-line code that waits. All calls come from one thread: no locks are needed. An exception out
/// of any call makes this node faulted, and it alone.
class Node {
 public:
  virtual ~Node() = default;
  /// Once, before the first step() or run(). May block and allocate: open files, start threads.
  virtual void start() {}
  /// Called by the executor at each release. Realtime: neither blocks nor allocates.
  virtual void step(const Cycle& cycle) { static_cast<void>(cycle); }
  /// `self_looping: true`: called once on a thread of its own; returns soon after stop is requested.
  virtual void run(std::stop_token stop) { static_cast<void>(stop); }
  /// Once, after the last step() or run(). Joins what start() began.
  virtual void stop() {}
};

/// What a node that is a coroutine waits for: whichever of it comes first.
struct Wait {
  std::span<UntypedSubscriber* const> inputs{};
  Time until = Time::min();  ///< Time::min(): it has not begun; Time::max(): only data wakes it
  bool over = false;         ///< its code has returned, threw or was cancelled: it waits for nothing
};

/// A node that waits within its own code, as whoever calls its step() sees it; CoroutineNode implements it.
/// Thread: the node's.
class Resumable {
 public:
  /// Valid until the next call of the node.
  [[nodiscard]] virtual const Wait& awaited() const noexcept = 0;
  /// Ends it where it waits: what is alive there is destroyed. Idempotent.
  virtual void cancel() noexcept = 0;

 protected:
  ~Resumable() = default;
};

class Stateful;

/// What a node's shared object exports. Changes with kInterfaceMajor.
struct NodeEntry {
  const char* class_name;
  bool has_step;
  bool has_run;
  Node* (*create)(NodeContext&);
  void (*destroy)(Node*);
  Resumable* (*resumable)(Node*) = nullptr;  ///< nullptr: its code does not wait
  Stateful* (*stateful)(Node*) = nullptr;    ///< nullptr: it hands nothing over (tactus/state.hpp)
};

inline constexpr std::uint32_t kInterfaceMajor = 4;
inline constexpr std::uint32_t kInterfaceMinor = 0;

/// Facts about the build of a node, in an ELF note that is read before the object is loaded.
struct NodeNote {
  std::uint32_t interface_major = kInterfaceMajor;
  std::uint32_t interface_minor = kInterfaceMinor;
  std::uint32_t layout_version = kLayoutVersion;
  std::uint32_t cxx11_abi = _GLIBCXX_USE_CXX11_ABI;
  char compiler[32] = {};
  char build[16] = {};
  char class_name[64] = {};
};

namespace detail {

template <typename Class>
constexpr Resumable* (*resumable_of())(Node*) {
  if constexpr (std::is_base_of_v<Resumable, Class>)
    return [](Node* node) -> Resumable* { return static_cast<Class*>(node); };
  else
    return nullptr;
}
template <typename Class>
constexpr Stateful* (*stateful_of())(Node*) {
  if constexpr (std::is_base_of_v<Stateful, Class>)
    return [](Node* node) -> Stateful* { return static_cast<Class*>(node); };
  else
    return nullptr;
}
template <typename Class>
constexpr bool kHasStep =
    !std::is_base_of_v<Resumable, Class> && !std::is_same_v<decltype(&Class::step), decltype(&Node::step)>;

/// An ELF note: header, padded name, description.
struct ElfNote {
  std::uint32_t name_bytes = 7;
  std::uint32_t description_bytes = sizeof(NodeNote);
  std::uint32_t type = 1;
  char name[8] = "Tactus";
  NodeNote note{};
};

constexpr ElfNote make_note(std::string_view class_name) {
  ElfNote note;
  const auto copy = [](std::string_view text, char* to, std::size_t room) {
    for (std::size_t i = 0; i < text.size() && i + 1 < room; ++i) to[i] = text[i];
  };
  copy(class_name, note.note.class_name, sizeof note.note.class_name);
#ifdef __clang__
  copy("clang " __clang_version__, note.note.compiler, sizeof note.note.compiler);
#else
  copy("gcc " __VERSION__, note.note.compiler, sizeof note.note.compiler);
#endif
#ifdef NDEBUG
  copy("release", note.note.build, sizeof note.note.build);
#else
  copy("debug", note.note.build, sizeof note.note.build);
#endif
  return note;
}

}  // namespace detail
}  // namespace tactus

/// Once per shared object, behind the class: makes it loadable by the host.
#define TACTUS_NODE(Class)                                                                          \
  extern "C" __attribute__((visibility("default"))) const ::tactus::NodeEntry tactus_node_entry;    \
  const ::tactus::NodeEntry tactus_node_entry{                                                      \
      #Class,                                                                                       \
      ::tactus::detail::kHasStep<Class>,                                                            \
      !std::is_same_v<decltype(&Class::run), decltype(&::tactus::Node::run)>,                       \
      [](::tactus::NodeContext& context) -> ::tactus::Node* { return new Class{context}; },         \
      [](::tactus::Node* node) { delete node; },                                                    \
      ::tactus::detail::resumable_of<Class>(),                                                      \
      ::tactus::detail::stateful_of<Class>()};                                                      \
  __attribute__((section(".note.tactus"), used)) const ::tactus::detail::ElfNote tactus_node_note = \
      ::tactus::detail::make_note(#Class);
