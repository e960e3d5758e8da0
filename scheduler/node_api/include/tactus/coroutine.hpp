// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "tactus/node.hpp"

/// Nodes written as coroutines: straight-line code that waits, on the thread of an executor.
///
///   class Slam final : public tactus::CoroutineNode {
///     tactus::Task<> main() override {
///       for (;;) {
///         auto image = co_await image_.next();
///         auto [imu, late] = co_await any_of(imu_.next(), timeout(10ms));
///         ...
///
/// Every co_await of next(), sleep_until(), timeout() or any_of() ends a call of the node; the executor calls
/// it again when what it waits for is there. A co_await of a Task does not: the code goes on in there.
namespace tactus {

/// A coroutine needs more memory for its frames than its node has declared.
class FramesExhausted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Waits until the group's clock shows `until` or more, or `after` from the beginning of the wait.
struct Timer {
  std::optional<Time> until{};
  Duration after{};
};
[[nodiscard]] inline Timer sleep_until(Time until) noexcept { return {.until = until}; }
[[nodiscard]] inline Timer timeout(Duration after) noexcept { return {.after = after}; }

template <typename... Sources>
struct AnyOf {
  std::tuple<Sources...> sources;
};
/// Waits until at least one of `sources`, next() of inputs and timers, is there. `co_await` gives one result
/// each: a Sample, empty where none is there yet, and a bool, true where the time has come.
template <typename... Sources>
[[nodiscard]] AnyOf<Sources...> any_of(Sources... sources) noexcept {
  return {{sources...}};
}

namespace detail {

/// Memory of the frames of one node's coroutines: a stack, as coroutines that wait for each other are. What
/// is freed out of order is taken back with what lies above it.
class FrameArena {
 public:
  explicit FrameArena(std::size_t bytes) : blocks_(bytes / sizeof(Block) + 1) {}

  [[nodiscard]] void* allocate(std::size_t bytes) {
    const auto blocks = static_cast<std::uint32_t>((bytes + sizeof(Block) - 1) / sizeof(Block) + 1);
    if (blocks > blocks_.size() - top_) refuse(bytes);
    Header& header = at(top_).header;
    header = {this, last_, true};
    last_ = top_;
    top_ += blocks;
    most_ = std::max(most_, top_);
    return &at(last_ + 1);
  }
  static void free(void* frame) noexcept {
    Header& header = (static_cast<Block*>(frame) - 1)->header;
    header.used = false;
    header.arena->shrink();
  }
  [[nodiscard]] std::size_t size() const noexcept { return blocks_.size() * sizeof(Block); }
  [[nodiscard]] std::size_t used() const noexcept { return top_ * sizeof(Block); }
  [[nodiscard]] std::size_t most_used() const noexcept { return most_ * sizeof(Block); }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  struct Header {
    FrameArena* arena;
    std::uint32_t previous;  ///< the block below
    bool used;
  };
  union alignas(16) Block {
    Header header;
    std::byte bytes[16];
  };

  [[nodiscard]] Block& at(std::uint32_t index) noexcept { return blocks_[index]; }
  void shrink() noexcept {
    while (last_ != kNone && !at(last_).header.used) {
      top_ = last_;
      last_ = at(last_).header.previous;
    }
  }
  [[noreturn]] void refuse(std::size_t bytes) const {
    throw FramesExhausted{
        fmt::format("a coroutine frame of {} B does not fit: {} of {} B are in use; declare more, "
                    "CoroutineNode{{context, {{.frame_bytes = {}}}}}",
                    bytes, used(), size(), 2 * (size() + bytes))};
  }

  std::vector<Block> blocks_;
  std::uint32_t top_ = 0;
  std::uint32_t last_ = kNone;
  std::uint32_t most_ = 0;
};

/// What a suspended coroutine waits for. Lies in its frame.
class Awaiting {
 public:
  /// Takes what is there. False: nothing is.
  [[nodiscard]] virtual bool collect(Time now) noexcept = 0;

 protected:
  ~Awaiting() = default;
};

/// The coroutines of one node: one of them is where the node's code is.
class Coroutines {
 public:
  Coroutines(const NodeContext& context, std::size_t frame_bytes) : context_{context}, arena_{frame_bytes} {}

  /// Of the node that is being called on this thread.
  [[nodiscard]] static Coroutines& current() {
    if (here() == nullptr)
      throw std::logic_error{"a Task begins only within the coroutine of a CoroutineNode that is called"};
    return *here();
  }

  /// Goes on where the node waits, or with what go_on() was told, until it waits again or has ended.
  void run() {
    Coroutines* const outer = std::exchange(here(), this);
    // A loop, not one calling the other: the stack does not grow with the number of tasks awaited.
    while (next_) std::exchange(next_, {}).resume();
    here() = outer;
  }
  [[nodiscard]] bool collect(Time now) noexcept {
    if (!awaiting_->collect(now)) return false;
    next_ = std::exchange(suspended_, {});
    return true;
  }
  void go_on(std::coroutine_handle<> next) noexcept { next_ = next; }
  void suspend(std::coroutine_handle<> suspended, Awaiting& awaiting, const Wait& wait) noexcept {
    suspended_ = suspended;
    awaiting_ = &awaiting;
    wait_ = wait;
  }
  void end() noexcept {
    wait_ = {.until = Time::max(), .over = true};
    next_ = suspended_ = {};
  }

  [[nodiscard]] const Wait& wait() const noexcept { return wait_; }
  [[nodiscard]] FrameArena& arena() noexcept { return arena_; }
  [[nodiscard]] const FrameArena& arena() const noexcept { return arena_; }
  [[nodiscard]] Time now() const noexcept { return context_.now(); }

  /// For the first call of a node: its main() is made in its own arena.
  template <typename Make>
  auto within(Make&& make) {
    const Restore restore{std::exchange(here(), this)};
    return make();
  }

 private:
  struct Restore {
    Coroutines* outer;
    ~Restore() { here() = outer; }
  };
  static Coroutines*& here() noexcept {
    thread_local Coroutines* coroutines = nullptr;
    return coroutines;
  }

  const NodeContext& context_;
  FrameArena arena_;
  std::coroutine_handle<> next_{}, suspended_{};
  Awaiting* awaiting_ = nullptr;
  Wait wait_{};
};

template <typename T>
[[nodiscard]] UntypedSubscriber* port_of(const NextSample<T>& next) noexcept {
  return next.port;
}
[[nodiscard]] inline UntypedSubscriber* port_of(const Timer&) noexcept { return nullptr; }

template <typename T>
[[nodiscard]] Time instant_of(const NextSample<T>&, Time) noexcept {
  return Time::max();
}
[[nodiscard]] inline Time instant_of(const Timer& timer, Time now) noexcept {
  return timer.until ? *timer.until : from_ns(clamped_sum(to_ns(now), timer.after.count()));
}

template <typename T>
[[nodiscard]] Sample<T> result_of(const NextSample<T>& next, Time, Time) noexcept {
  return Subscriber<T>{*next.port}.take();
}
[[nodiscard]] inline bool result_of(const Timer&, Time instant, Time now) noexcept { return instant <= now; }

template <typename Source>
using ResultOf = decltype(result_of(std::declval<const Source&>(), Time{}, Time{}));

/// Waits for any of `Sources`.
template <typename... Sources>
class Awaiter final : public Awaiting {
 public:
  Awaiter(Coroutines& coroutines, std::tuple<Sources...> sources) noexcept
      : coroutines_{coroutines}, sources_{sources} {}
  Awaiter(const Awaiter&) = delete;
  Awaiter& operator=(const Awaiter&) = delete;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> me) noexcept {
    const Time now = coroutines_.now();
    Wait wait{.until = Time::max()};
    std::size_t inputs = 0;
    for_each([&](std::size_t i, const auto& source, auto&) {
      instants_[i] = instant_of(source, now);
      wait.until = std::min(wait.until, instants_[i]);
      if (UntypedSubscriber* port = port_of(source)) inputs_[inputs++] = port;
    });
    wait.inputs = {inputs_.data(), inputs};
    coroutines_.suspend(me, *this, wait);
  }
  [[nodiscard]] bool collect(Time now) noexcept override {
    bool any = false;
    for_each([&](std::size_t i, const auto& source, auto& result) {
      result = result_of(source, instants_[i], now);
      any |= static_cast<bool>(result);
    });
    return any;
  }
  [[nodiscard]] std::tuple<ResultOf<Sources>...> await_resume() noexcept { return std::move(results_); }

 private:
  template <typename Call>
  void for_each(Call&& call) noexcept {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (call(I, std::get<I>(sources_), std::get<I>(results_)), ...);
    }
    (std::index_sequence_for<Sources...>{});
  }

  Coroutines& coroutines_;
  std::tuple<Sources...> sources_;
  std::tuple<ResultOf<Sources>...> results_{};
  std::array<Time, sizeof...(Sources)> instants_{};
  std::array<UntypedSubscriber*, sizeof...(Sources)> inputs_{};
};

/// Waits for one source: its result alone.
template <typename Source>
class SingleAwaiter {
 public:
  SingleAwaiter(Coroutines& coroutines, Source source) noexcept : awaiter_{coroutines, {source}} {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> me) noexcept { awaiter_.await_suspend(me); }
  auto await_resume() noexcept {
    if constexpr (!std::is_same_v<Source, Timer>) return std::get<0>(awaiter_.await_resume());
  }

 private:
  Awaiter<Source> awaiter_;
};

}  // namespace detail

/// A coroutine that others wait for: `co_await load(path)`, `const Pose pose = co_await relocalize(image)`.
/// It begins when it is awaited and is destroyed with the Task: whoever is cancelled cancels what it waits
/// for. What it throws comes out of the co_await. Move-only. Thread: the node's. Its frame lies in memory of
/// the node (CoroutineOptions): making one throws FramesExhausted, and std::logic_error outside of a
/// CoroutineNode's call.
template <typename T = void>
class [[nodiscard]] Task;

namespace detail {

class PromiseBase {
 public:
  static void* operator new(std::size_t bytes) { return Coroutines::current().arena().allocate(bytes); }
  static void operator delete(void* frame) noexcept { FrameArena::free(frame); }

  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] auto final_suspend() const noexcept {
    struct Final {
      Coroutines& coroutines;
      std::coroutine_handle<> awaited_by;
      [[nodiscard]] bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<>) const noexcept { coroutines.go_on(awaited_by); }
      void await_resume() const noexcept {}
    };
    return Final{coroutines_, awaited_by_};
  }
  void unhandled_exception() noexcept { error_ = std::current_exception(); }

  template <typename T>
  [[nodiscard]] SingleAwaiter<NextSample<T>> await_transform(NextSample<T> next) noexcept {
    return {coroutines_, next};
  }
  [[nodiscard]] SingleAwaiter<Timer> await_transform(Timer timer) noexcept { return {coroutines_, timer}; }
  template <typename... Sources>
  [[nodiscard]] Awaiter<Sources...> await_transform(AnyOf<Sources...> any) noexcept {
    return {coroutines_, any.sources};
  }
  template <typename T>
  [[nodiscard]] auto await_transform(Task<T>&& task) noexcept {
    return task.awaiter(coroutines_);
  }

  void awaited_by(std::coroutine_handle<> by) noexcept { awaited_by_ = by; }
  [[nodiscard]] std::exception_ptr error() const noexcept { return error_; }

 private:
  Coroutines& coroutines_ = Coroutines::current();
  std::coroutine_handle<> awaited_by_{};
  std::exception_ptr error_;
};

template <typename T>
class Promise final : public PromiseBase {
 public:
  [[nodiscard]] Task<T> get_return_object() noexcept;
  template <typename Value>
  void return_value(Value&& value) {
    value_.emplace(std::forward<Value>(value));
  }
  [[nodiscard]] T take() { return *std::move(value_); }

 private:
  std::optional<T> value_;
};

template <>
class Promise<void> final : public PromiseBase {
 public:
  [[nodiscard]] Task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() const noexcept {}
};

}  // namespace detail

template <typename T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle handle) noexcept : handle_{handle} {}
  Task(Task&& other) noexcept : handle_{std::exchange(other.handle_, {})} {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      drop();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  ~Task() { drop(); }

 private:
  friend class detail::PromiseBase;
  friend class CoroutineNode;

  class Awaiter {
   public:
    Awaiter(detail::Coroutines& coroutines, Handle handle) noexcept
        : coroutines_{coroutines}, handle_{handle} {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> me) const noexcept {
      handle_.promise().awaited_by(me);
      coroutines_.go_on(handle_);
    }
    T await_resume() const {
      if (const auto error = handle_.promise().error()) std::rethrow_exception(error);
      return handle_.promise().take();
    }

   private:
    detail::Coroutines& coroutines_;
    Handle handle_;
  };

  [[nodiscard]] Awaiter awaiter(detail::Coroutines& coroutines) const noexcept {
    return {coroutines, handle_};
  }
  void drop() noexcept {
    if (handle_) std::exchange(handle_, {}).destroy();
  }

  Handle handle_;
};

template <typename T>
Task<T> detail::Promise<T>::get_return_object() noexcept {
  return Task<T>{std::coroutine_handle<Promise>::from_promise(*this)};
}
inline Task<void> detail::Promise<void>::get_return_object() noexcept {
  return Task<void>{std::coroutine_handle<Promise>::from_promise(*this)};
}

struct CoroutineOptions {
  std::size_t frame_bytes = 4096;  ///< for main() and all tasks that wait for each other at once
};

/// A node whose code waits: override main(). The executor calls it when what it waits for is there; its first
/// call begins main(). Launch files name an executor and no trigger. When main() returns, the node has ended
/// and is stopped; what it throws makes the node faulted, and it alone.
///
/// While it waits it may be cancelled (stop, fault): what is alive in its frames is destroyed, innermost
/// first, as if an exception came out of the co_await; then stop() is called.
///
/// Memory: frame_bytes are allocated by the constructor, nothing by waiting, resuming and awaiting tasks.
class CoroutineNode : public Node, public Resumable {
 public:
  explicit CoroutineNode(const NodeContext& context, const CoroutineOptions& options = {})
      : coroutines_{context, options.frame_bytes} {}
  CoroutineNode(const CoroutineNode&) = delete;
  CoroutineNode& operator=(const CoroutineNode&) = delete;
  /// Who calls the node has cancelled it before: its members are gone now.
  ~CoroutineNode() override { CoroutineNode::cancel(); }

  /// For who calls it: goes on where the code waits, if what it waits for is there.
  void step(const Cycle& cycle) final {
    if (coroutines_.wait().over) return;
    if (!main_)
      begin();
    else if (!coroutines_.collect(cycle.now()))
      return;
    coroutines_.run();
    if (main_->handle_.done()) finish();
  }
  /// Bytes of frame_bytes that were in use at once, at most, so far.
  [[nodiscard]] std::size_t most_frame_bytes() const noexcept { return coroutines_.arena().most_used(); }
  /// Bytes in use now.
  [[nodiscard]] std::size_t frame_bytes() const noexcept { return coroutines_.arena().used(); }

 protected:
  virtual Task<> main() = 0;

 private:
  [[nodiscard]] const Wait& awaited() const noexcept final { return coroutines_.wait(); }
  void cancel() noexcept final {
    coroutines_.end();
    main_.reset();
  }
  void begin() {
    main_.emplace(coroutines_.within([this] { return main(); }));
    coroutines_.go_on(main_->handle_);
  }
  void finish() {
    const std::exception_ptr error = main_->handle_.promise().error();
    cancel();
    if (error) std::rethrow_exception(error);
  }

  detail::Coroutines coroutines_;  ///< outlives the frames
  std::optional<Task<>> main_;
};

}  // namespace tactus
