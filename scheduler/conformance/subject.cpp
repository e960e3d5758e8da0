// SPDX-License-Identifier: Apache-2.0
#include "subject.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "allocations.hpp"
#include "checks.hpp"
#include "tactus/msg/codec.hpp"
#include "tactus/state.hpp"

namespace tactus::conformance {

using namespace std::chrono_literals;

Subject::Subject(const NodeEntry& entry, const std::map<std::string, ParameterValue>& parameters)
    : entry_{entry}, context_{parameters}, node_{nullptr, entry.destroy} {
  doing("its constructor");
  context_.set_now(Time{std::chrono::seconds{1'700'000'000}});
  node_.reset(entry.create(context_));
}

Subject::~Subject() {
  give_loans_back();
  doing("its destructor");
}

void Subject::start() {
  doing("start()");
  node_->start();
}

void Subject::stop() {
  if (entry_.resumable != nullptr) entry_.resumable(node_.get())->cancel();
  doing("stop()");
  node_->stop();
}

void Subject::give(Values values, Time stamp) {
  for (auto& [name, input] : context_.inputs()) {
    UntypedPublisher& publisher = *input.publisher;
    Chunk* chunk = publisher.loan();
    if (chunk == nullptr) continue;
    if (!construct_message(*publisher.options().type, chunk->bytes, chunk->size, values, to_ns(stamp),
                           random_)) {
      publisher.release(*chunk);  // a type of more than a quarter of a megabyte without its sequences
      continue;
    }
    chunk->header->block_bytes = block_used(chunk->bytes);
    chunk->header->capture_time_ns = to_ns(stamp);
    publisher.publish(*chunk);
  }
}

void Subject::call(Duration later) {
  context_.set_now(context_.now() + later);
  if (entry_.has_step || entry_.resumable != nullptr) step();
  if (entry_.resumable != nullptr) resume();
  if (entry_.has_run) run();
  drain();
}

void Subject::step() {
  doing(fmt::format("step() of cycle {}", cycle_));
  const Cycle cycle{cycle_++, context_.now(), context_.now()};
  const std::uint64_t before = testing::allocations_of_this_thread();
  node_->step(cycle);
  allocations_ += testing::allocations_of_this_thread() - before;
}

/// A coroutine goes on for as long as what it waits for is there.
void Subject::resume() {
  constexpr int kMost = 10'000;
  const Resumable& node = *entry_.resumable(node_.get());
  const auto goes_on = [&] {
    const Wait& wait = node.awaited();
    return !wait.over &&
           (wait.until <= context_.now() ||
            std::ranges::any_of(wait.inputs, [](const auto* input) { return input->has_data(); }));
  };
  for (int i = 0; goes_on(); ++i) {
    if (i == kMost) throw std::runtime_error{"the node never waits for anything that is not there"};
    step();
  }
}

void Subject::run() {
  doing("run() until stop was requested, and after");
  std::exception_ptr thrown;
  std::atomic<bool> ended{false};
  std::jthread thread{[&](const std::stop_token& stop) {
    try {
      node_->run(stop);
    } catch (...) {
      thrown = std::current_exception();
    }
    ended = true;
  }};
  for (int i = 0; i < 20 && !ended; ++i) {
    std::this_thread::sleep_for(1ms);
    drain();
  }
  thread.request_stop();
  while (!ended) {
    std::this_thread::sleep_for(1ms);
    drain();
  }
  thread.join();
  if (thrown) std::rethrow_exception(thrown);
}

std::vector<std::byte> Subject::save() {
  doing("save()");
  std::vector<std::byte> room(kMostStateBytes);
  StateWriter to{room};
  const std::uint64_t before = testing::allocations_of_this_thread();
  entry_.stateful(node_.get())->save(to);
  allocations_ += testing::allocations_of_this_thread() - before;
  room.resize(to.size());
  return room;
}

void Subject::restore(std::span<const std::byte> state) {
  doing("restore()");
  StateReader from{state};
  Stateful& node = *entry_.stateful(node_.get());
  const std::uint64_t before = testing::allocations_of_this_thread();
  node.restore(from, node.state_version());
  allocations_ += testing::allocations_of_this_thread() - before;
  if (from.left() > 0)
    throw Broken{fmt::format("restore() leaves {} of {} bytes that save() wrote", from.left(), state.size())};
}

void Subject::drain() {
  for (auto& [name, output] : context_.outputs()) {
    while (const auto chunk = output.subscriber->take()) output.subscriber->release(*chunk);
  }
}

void Subject::hold_loans() {
  for (auto& [name, output] : context_.outputs()) {
    while (Chunk* chunk = output.publisher->loan()) held_.push_back({output.publisher.get(), chunk});
  }
}

void Subject::give_loans_back() {
  for (const Held& held : held_) held.publisher->release(*held.chunk);
  held_.clear();
}

}  // namespace tactus::conformance
