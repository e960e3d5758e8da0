// SPDX-License-Identifier: Apache-2.0
#include <tactus/coroutine.hpp>

/// One of very many: begins, waits for instants in a task of its own, and never ends.
class Waits final : public tactus::CoroutineNode {
 public:
  explicit Waits(tactus::NodeContext& context)
      : CoroutineNode{context, {.frame_bytes = 1024}},
        context_{context},
        period_{std::chrono::milliseconds{context.parameter("period_ms", 100, {.min = 1})}} {}

 private:
  tactus::Task<> main() override {
    for (tactus::Time next = context_.now(); true; next += period_) co_await until(next);
  }
  tactus::Task<> until(tactus::Time next) { co_await tactus::sleep_until(next); }

  tactus::NodeContext& context_;
  tactus::Duration period_;
};
TACTUS_NODE(Waits)
