// SPDX-License-Identifier: Apache-2.0
// Shapes of co_await that compilers have got wrong. Each is run to its end and cancelled where it waits;
// everything that was made must be destroyed once. What GCC 12 gets wrong stands at the end, and in
// docs/design/coroutines.md with what to write instead.
#include <gtest/gtest.h>

#include <sys/wait.h>

#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <std_msgs/msg/u_int64.hpp>
#include <string>
#include <variant>
#include <vector>

#include "allocations.hpp"
#include "tactus/coroutine.hpp"
#include "tactus/testing/harness.hpp"

namespace tactus {
namespace {

using std_msgs::msg::UInt64;
using namespace std::chrono_literals;

/// Counts its own life. A destroyed one is recognized when it is destroyed again or used.
class Counted {
 public:
  static inline int alive = 0, made = 0, wrong = 0;
  static void reset() { alive = made = wrong = 0; }

  explicit Counted(int value = 0) : value_{value} { make(); }
  Counted(const Counted& other) : value_{other.value()} { make(); }
  Counted(Counted&& other) noexcept : value_{other.value()} { make(); }
  Counted& operator=(const Counted& other) {
    if (self_ != this) ++wrong;
    value_ = other.value();
    return *this;
  }
  Counted& operator=(Counted&& other) noexcept { return *this = std::as_const(other); }
  ~Counted() {
    if (self_ != this) ++wrong;
    self_ = nullptr;
    --alive;
  }
  [[nodiscard]] int value() const {
    if (self_ != this) ++wrong;
    return value_;
  }

 private:
  void make() {
    self_ = this;
    ++alive;
    ++made;
  }
  int value_;
  const Counted* volatile self_ = nullptr;
};

struct Aggregate {
  Counted first{};
  Counted second{};
  int number = 0;
};

class Shapes;
using Shape = Task<> (Shapes::*)();

class Shapes final : public CoroutineNode {
 public:
  explicit Shapes(NodeContext& context)
      : CoroutineNode{context, {.frame_bytes = 64 << 10}}, in_{context.subscribe<UInt64>("in")} {}
  static inline Shape shape = nullptr;
  int sum = 0;

  Task<> main() override { co_await (this->*shape)(); }

  // What the shapes await. Each waits for one message.
  Task<> wait() { co_await in_.next(); }
  Task<int> by_value(Counted counted) {
    co_await in_.next();
    co_return counted.value();
  }
  Task<int> two_by_value(Counted a, Counted b) {
    co_await in_.next();
    co_return a.value() + b.value();
  }
  Task<int> by_reference(const Counted& counted) {
    co_await in_.next();
    co_return counted.value();
  }
  Task<int> by_rvalue(Counted&& counted) {
    co_await in_.next();
    co_return counted.value();
  }
  Task<Counted> returns(int value) {
    co_await in_.next();
    co_return Counted{value};
  }
  Task<Counted> passes(Counted counted) {
    co_await in_.next();
    co_return counted;
  }
  Task<int> aggregate(Aggregate aggregate) {
    co_await in_.next();
    co_return aggregate.first.value() + aggregate.second.value();
  }
  Task<int> aggregate_reference(const Aggregate& aggregate) {
    co_await in_.next();
    co_return aggregate.first.value() + aggregate.second.value();
  }
  // `list({Counted{1}, Counted{2}})` as an operand is an error of the compiler.
  Task<int> list(std::initializer_list<Counted> list) {
    co_await in_.next();
    int all = 0;
    for (const Counted& counted : list) all += counted.value();
    co_return all;
  }
  Task<int> vector(std::vector<Counted> list) {
    co_await in_.next();
    int all = 0;
    for (const Counted& counted : list) all += counted.value();
    co_return all;
  }
  Task<std::vector<Counted>> returns_vector() {
    co_await in_.next();
    co_return std::vector<Counted>(3, Counted{1});
  }
  Task<std::pair<Counted, Counted>> returns_pair() {
    co_await in_.next();
    co_return std::pair{Counted{1}, Counted{2}};
  }
  Task<int> text(std::string text, const std::string& reference) {
    co_await in_.next();
    co_return static_cast<int>(text.size() + reference.size());
  }
  Task<bool> truth() {
    co_await in_.next();
    co_return true;
  }
  template <typename Call>
  Task<int> call(Call call) {
    co_await in_.next();
    co_return call();
  }

  // The shapes.
  Task<> local_alive() {
    const Counted counted{1};
    co_await wait();
    sum += counted.value();
  }
  Task<> temporary_by_value() { sum += co_await by_value(Counted{1}); }
  Task<> local_by_value() {
    const Counted counted{1};
    sum += co_await by_value(counted);
  }
  Task<> moved_by_value() {
    Counted counted{1};
    sum += co_await by_value(std::move(counted));
  }
  Task<> two_temporaries_by_value() { sum += co_await two_by_value(Counted{1}, Counted{2}); }
  Task<> temporary_by_reference() { sum += co_await by_reference(Counted{1}); }
  Task<> temporary_by_rvalue() { sum += co_await by_rvalue(Counted{1}); }
  Task<> result_is_class() {
    const Counted counted = co_await returns(1);
    sum += counted.value();
  }
  Task<> result_is_temporary() { sum += (co_await returns(1)).value(); }
  Task<> result_discarded() { co_await returns(1); }
  Task<> result_assigned() {
    Counted counted;
    counted = co_await returns(1);
    sum += counted.value();
  }
  Task<> result_passed_on() { sum += co_await by_value(co_await returns(1)); }
  Task<> results_passed_on() { sum += co_await two_by_value(co_await returns(1), co_await returns(2)); }
  Task<> parameter_returned() { sum += (co_await passes(Counted{1})).value(); }
  Task<> in_a_sum() { sum += (co_await returns(1)).value() + (co_await returns(2)).value(); }
  Task<> temporary_beside() { sum += Counted{1}.value() + co_await by_value(Counted{2}); }
  Task<> bound_to_reference() {
    const Counted& counted = co_await returns(1);
    co_await wait();
    sum += counted.value();
  }
  Task<> aggregate_by_value() { sum += co_await aggregate(Aggregate{Counted{1}, Counted{2}, 3}); }
  Task<> aggregate_braced() { sum += co_await aggregate({Counted{1}, Counted{2}, 3}); }
  Task<> aggregate_designated() {
    sum += co_await aggregate({.first = Counted{1}, .second = Counted{2}, .number = 3});
  }
  Task<> aggregate_defaults() { sum += co_await aggregate({}); }
  Task<> aggregate_by_reference() { sum += co_await aggregate_reference({Counted{1}, Counted{2}, 3}); }
  Task<> aggregate_local() {
    Aggregate local{Counted{1}, Counted{2}, 3};
    sum += co_await aggregate(std::move(local));
  }
  Task<> aggregate_of_results() {
    const Aggregate both{co_await returns(1), co_await returns(2), 3};
    sum += both.first.value() + both.second.value();
  }
  Task<> list_local() {
    const std::initializer_list<Counted> local{Counted{1}, Counted{2}};
    sum += co_await list(local);
  }
  Task<> vector_local() {
    std::vector<Counted> local{Counted{1}, Counted{2}};
    sum += co_await vector(std::move(local));
  }
  Task<> conditional_operands() {
    sum += yes() ? co_await by_value(Counted{1}) : co_await by_value(Counted{2});
  }
  Task<> conditional_classes() {
    const Counted counted = yes() ? co_await returns(1) : co_await returns(2);
    sum += counted.value();
  }
  Task<> conditional_argument() { sum += co_await by_value(yes() ? Counted{1} : Counted{2}); }
  Task<> conditional_one_side() {
    const Counted counted = yes() ? co_await returns(1) : Counted{2};
    sum += counted.value();
  }
  Task<> conditional_condition() { sum += (co_await truth()) ? 1 : 2; }
  Task<> logical_and() {
    if (yes() && (co_await returns(1)).value() == 1 && co_await truth()) ++sum;
  }
  Task<> logical_or() {
    if (!yes() || (co_await returns(1)).value() == 1) ++sum;
  }
  Task<> structured_binding() {
    const auto [a, b] = co_await returns_pair();
    co_await wait();
    sum += a.value() + b.value();
  }
  Task<> structured_binding_in_loop() {
    for (int i = 0; i < 2; ++i) {
      auto [a, b] = co_await returns_pair();
      sum += a.value() + b.value();
    }
  }
  Task<> any_of_binding() {
    for (int i = 0; i < 2; ++i) {
      const auto [sample, late] = co_await any_of(in_.next(), timeout(1h));
      co_await wait();
      sum += sample ? 1 : 0;
    }
  }
  Task<> range_for_init() {
    for (const Counted& counted : co_await returns_vector()) {
      co_await wait();
      sum += counted.value();
    }
  }
  Task<> for_init() {
    for (Counted counted = co_await returns(1); sum < 2;) {
      co_await wait();
      sum += counted.value();
    }
  }
  Task<> if_init() {
    if (const Counted counted = co_await returns(1); counted.value() == 1) {
      co_await wait();
      sum += counted.value();
    } else {
      sum += 100;
    }
  }
  Task<> if_condition() {
    if ((co_await returns(1)).value() == 1)
      ++sum;
    else
      sum += 100;
  }
  Task<> if_truth() {
    if (co_await truth()) ++sum;
  }
  Task<> while_truth() {
    while (co_await truth()) {
      if (++sum == 2) co_return;
    }
  }
  Task<> logical_truths() {
    if (co_await truth() && co_await truth()) ++sum;
  }
  Task<> if_sample() {
    if ((co_await in_.next())->data == 0) ++sum;
  }
  Task<> while_sample() {
    while (const auto sample = co_await in_.next()) {
      if (++sum == 2) co_return;
    }
  }
  Task<> if_any_of() {
    if (const auto [sample, late] = co_await any_of(in_.next(), timeout(1h)); !late) {
      co_await wait();
      sum += sample ? 1 : 0;
    }
  }
  Task<> conditional_instead() {
    std::optional<Counted> counted;
    if (yes())
      counted = co_await returns(1);
    else
      counted = co_await returns(2);
    sum += counted->value();
  }
  Task<> while_instead() {
    for (;;) {
      const Counted counted = co_await returns(1);
      if (counted.value() != 1 || sum == 2) break;
      ++sum;
    }
  }
  Task<> lambda_instead() {
    const Counted counted{1};
    auto value_of = [counted] { return counted.value(); };
    sum += co_await call(std::move(value_of));
  }
  Task<> array_instead() {
    const Counted first = co_await returns(1);
    const Counted second = co_await returns(2);
    const Counted several[2] = {first, second};
    for (const Counted& counted : several) sum += counted.value();
  }
  Task<> while_condition() {
    while ((co_await returns(1)).value() == 1 && sum < 2) ++sum;
  }
  Task<> do_while_condition() {
    do ++sum;
    while ((co_await returns(1)).value() == 1 && sum < 2);
  }
  Task<> switch_condition() {
    switch ((co_await returns(1)).value()) {
      case 1: {
        const Counted counted{1};
        co_await wait();
        sum += counted.value();
        break;
      }
      default:
        sum += 100;
    }
  }
  Task<> comma() { sum += (static_cast<void>(Counted{1}), co_await by_value(Counted{2})); }
  Task<> lambda_captures() {
    const Counted counted{1};
    sum += co_await call([counted] { return counted.value(); });
  }
  Task<> lambda_moves_capture() {
    sum += co_await call([counted = Counted{1}] { return counted.value(); });
  }
  Task<> lambda_coroutine() {
    const auto inner = [this](Counted counted) -> Task<int> {
      co_await in_.next();
      co_return counted.value();
    };
    sum += co_await inner(Counted{1});
  }
  Task<> lambda_coroutine_captures() {
    const auto inner = [this, counted = Counted{1}]() -> Task<int> {
      co_await in_.next();
      co_return counted.value();
    };
    sum += co_await inner();
  }
  Task<> texts() {
    sum += co_await text("a text that is too long for the string itself", std::string(99, 'x'));
  }
  Task<> unique_pointer() {
    const auto pointer = std::make_unique<Counted>(1);
    co_await wait();
    sum += pointer->value();
  }
  Task<> unique_pointer_passed() {
    sum += co_await call([pointer = std::make_unique<Counted>(1)] { return pointer->value(); });
  }
  Task<> array() {
    const Counted several[3] = {Counted{1}, Counted{2}, Counted{3}};
    co_await wait();
    for (const Counted& counted : several) sum += counted.value();
  }
  Task<> array_of_results() {
    const Counted several[2] = {co_await returns(1), co_await returns(2)};
    for (const Counted& counted : several) sum += counted.value();
  }
  Task<> new_expression() {
    const std::unique_ptr<Counted> pointer{new Counted{co_await returns(1)}};
    sum += pointer->value();
  }
  Task<> optional() {
    std::optional<Counted> counted{co_await returns(1)};
    co_await wait();
    sum += counted->value();
    counted = co_await returns(2);
    sum += counted->value();
  }
  Task<> variant() {
    std::variant<int, Counted> either = co_await returns(1);
    co_await wait();
    sum += std::get<Counted>(either).value();
  }
  Task<> throw_operand() {
    try {
      throw co_await returns(1);
    } catch (const Counted& counted) {
      sum += counted.value();
    }
  }
  Task<> after_catch() {
    std::optional<Counted> caught;
    try {
      throw Counted{1};
    } catch (const Counted& counted) {
      caught = counted;
    }
    sum += co_await by_value(*caught);
  }
  Task<> try_block() {
    try {
      const Counted counted{1};
      co_await wait();
      sum += counted.value();
    } catch (...) {
      sum += 100;
    }
  }
  Task<int> inner_return() { co_return (co_await returns(1)).value(); }
  Task<> return_operand() { sum += co_await inner_return(); }
  Task<Counted> inner_return_class() { co_return co_await returns(1); }
  Task<> return_class_operand() { sum += (co_await inner_return_class()).value(); }
  Task<> generic_lambda() {
    const auto twice = [this](auto value) -> Task<int> {
      const Counted counted = co_await returns(value);
      co_return counted.value() * 2;
    };
    sum += co_await twice(1);
  }
  Task<> task_kept() {
    Task<int> task = by_value(Counted{1});
    sum += co_await std::move(task);
  }
  Task<> task_never_awaited() {
    const Task<int> task = by_value(Counted{1});
    co_await wait();
  }
  Task<> tasks_in_a_vector() {
    std::vector<Task<int>> tasks;
    for (int i = 0; i < 3; ++i) tasks.push_back(by_value(Counted{i}));
    for (Task<int>& task : tasks) sum += co_await std::move(task);
  }
  Task<> sample_held() {
    const auto first = co_await in_.next();
    const auto second = co_await in_.next();
    sum += first && second ? 1 : 0;
  }
  Task<> sample_of_temporary() { sum += static_cast<int>((co_await in_.next())->data) * 0 + 1; }
  Task<> compound_assignment() {
    Counted counted{1};
    sum += counted.value() + (co_await returns(2)).value() * (co_await returns(3)).value();
  }
  Task<> nested_blocks() {
    for (int i = 0; i < 2; ++i) {
      const Counted outer{i};
      {
        const Counted inner{i};
        co_await wait();
        if (i == 1) continue;
        sum += inner.value();
      }
      co_await wait();
      sum += outer.value() + 1;
    }
  }

 private:
  [[nodiscard]] static bool yes() {
    static volatile bool value = true;
    return value;
  }
  Subscriber<UInt64> in_;
};

struct Case {
  const char* name;
  Shape shape;
};
#define SHAPE(name) \
  Case { #name, &Shapes::name }

class CoroutineShape : public ::testing::TestWithParam<Case> {
 protected:
  CoroutineShape() {
    Counted::reset();
    Shapes::shape = GetParam().shape;
  }
  static void give(testing::Harness<Shapes>& node) { node.give("in", Message<UInt64>{}); }
  static bool over(testing::Harness<Shapes>& node) { return node.awaited().over; }
};

// Waits at most so many times.
constexpr int kMostWaits = 12;

TEST_P(CoroutineShape, RunToTheEndDestroysOnceWhatItMakes) {
  {
    testing::Harness<Shapes> node;
    node.step_at(0ms);
    for (int i = 1; i <= kMostWaits && !over(node); ++i) {
      give(node);
      node.step_at(i * 1ms);
    }
    EXPECT_TRUE(over(node));
    EXPECT_EQ(Counted::alive, 0) << "when it has returned";
    EXPECT_LT(node.node().sum, 200);
    EXPECT_EQ(node.node().frame_bytes(), 0U);
  }
  EXPECT_EQ(Counted::alive, 0);
  EXPECT_EQ(Counted::wrong, 0) << "destroyed twice, or used when dead";
}

TEST_P(CoroutineShape, CancelledWhereItWaitsDestroysOnceWhatIsAlive) {
  for (int waits = 0; waits < kMostWaits; ++waits) {
    SCOPED_TRACE(std::to_string(waits) + " messages, then cancelled");
    Counted::reset();
    bool ended = false;
    {
      testing::Harness<Shapes> node;
      node.step_at(0ms);
      for (int i = 1; i <= waits; ++i) {
        give(node);
        node.step_at(i * 1ms);
      }
      ended = over(node);
      node.cancel();
      EXPECT_EQ(Counted::alive, 0) << "after cancel()";
      EXPECT_EQ(node.node().frame_bytes(), 0U);
    }
    EXPECT_EQ(Counted::wrong, 0) << "destroyed twice, or used when dead";
    if (ended || HasFailure()) return;
  }
}

constexpr Case kRight[] = {SHAPE(local_alive),
                           SHAPE(temporary_by_value),
                           SHAPE(local_by_value),
                           SHAPE(moved_by_value),
                           SHAPE(two_temporaries_by_value),
                           SHAPE(temporary_by_reference),
                           SHAPE(temporary_by_rvalue),
                           SHAPE(result_is_class),
                           SHAPE(result_is_temporary),
                           SHAPE(result_discarded),
                           SHAPE(result_assigned),
                           SHAPE(result_passed_on),
                           SHAPE(results_passed_on),
                           SHAPE(parameter_returned),
                           SHAPE(in_a_sum),
                           SHAPE(temporary_beside),
                           SHAPE(bound_to_reference),
                           SHAPE(aggregate_local),
                           SHAPE(list_local),
                           SHAPE(vector_local),
                           SHAPE(conditional_operands),
                           SHAPE(conditional_condition),
                           SHAPE(structured_binding),
                           SHAPE(structured_binding_in_loop),
                           SHAPE(any_of_binding),
                           SHAPE(range_for_init),
                           SHAPE(for_init),
                           SHAPE(if_init),
                           SHAPE(while_sample),
                           SHAPE(if_any_of),
                           SHAPE(conditional_instead),
                           SHAPE(while_instead),
                           SHAPE(lambda_instead),
                           SHAPE(array_instead),
                           SHAPE(switch_condition),
                           SHAPE(comma),
                           SHAPE(lambda_coroutine),
                           SHAPE(lambda_coroutine_captures),
                           SHAPE(texts),
                           SHAPE(unique_pointer),
                           SHAPE(array),
                           SHAPE(optional),
                           SHAPE(variant),
                           SHAPE(after_catch),
                           SHAPE(try_block),
                           SHAPE(return_operand),
                           SHAPE(return_class_operand),
                           SHAPE(generic_lambda),
                           SHAPE(task_kept),
                           SHAPE(task_never_awaited),
                           SHAPE(tasks_in_a_vector),
                           SHAPE(sample_held),
                           SHAPE(sample_of_temporary),
                           SHAPE(compound_assignment),
                           SHAPE(nested_blocks)};
INSTANTIATE_TEST_SUITE_P(Right, CoroutineShape, ::testing::ValuesIn(kRight),
                         [](const auto& shape) { return std::string{shape.param.name}; });

// What GCC 12 gets wrong: objects destroyed twice, or a crash. When this fails, the compiler has learned it:
// move the shape to the ones above and take it out of docs/design/coroutines.md.
constexpr Case kWrong[] = {SHAPE(aggregate_by_value),
                           SHAPE(aggregate_braced),
                           SHAPE(aggregate_designated),
                           SHAPE(aggregate_defaults),
                           SHAPE(aggregate_by_reference),
                           SHAPE(aggregate_of_results),
                           SHAPE(conditional_classes),
                           SHAPE(conditional_argument),
                           SHAPE(conditional_one_side),
                           SHAPE(logical_and),
                           SHAPE(logical_or),
                           SHAPE(if_condition),
                           SHAPE(while_condition),
                           SHAPE(do_while_condition),
                           SHAPE(lambda_captures),
                           SHAPE(lambda_moves_capture),
                           SHAPE(unique_pointer_passed),
                           SHAPE(array_of_results),
                           SHAPE(new_expression),
                           SHAPE(throw_operand),
                           SHAPE(if_truth),
                           SHAPE(while_truth),
                           SHAPE(logical_truths),
                           SHAPE(if_sample)};
class MiscompiledShape : public ::testing::TestWithParam<Case> {};

/// 0: right, else wrong.
int run_and_cancel(Shape shape) {
  for (const int messages : {kMostWaits, 0, 1}) {
    Counted::reset();
    Shapes::shape = shape;
    testing::Harness<Shapes> node;
    node.step_at(0ms);
    for (int i = 0; i < messages && !node.awaited().over; ++i) {
      node.give("in", Message<UInt64>{});
      node.step_at(1ms);
    }
    node.cancel();
    if (Counted::alive != 0 || Counted::wrong != 0 || node.node().frame_bytes() != 0) return 1;
  }
  return 0;
}

TEST_P(MiscompiledShape, IsStillWrongWithThisCompiler) {
#if !defined(__GNUC__) || defined(__clang__) || __GNUC__ != 12
  GTEST_SKIP() << "is about GCC 12";
#endif
  if (!testing::counts_allocations()) GTEST_SKIP() << "sanitizers stop at what goes wrong";
  EXPECT_EXIT(
      std::_Exit(run_and_cancel(GetParam().shape)),
      [](int status) { return !WIFEXITED(status) || WEXITSTATUS(status) != 0; }, "");
}
INSTANTIATE_TEST_SUITE_P(Wrong, MiscompiledShape, ::testing::ValuesIn(kWrong),
                         [](const auto& shape) { return std::string{shape.param.name}; });

}  // namespace
}  // namespace tactus
