// SPDX-License-Identifier: Apache-2.0
#include "checks.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <malloc.h>

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "allocations.hpp"
#include "subject.hpp"
#include "tactus/node_library.hpp"
#include "tactus/scheduler/describe.hpp"

namespace tactus::conformance {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

const NodeEntry& load(const Library& library) {
  doing("loading");
  return NodeLibrary{library.path}.entry();
}

std::ptrdiff_t entries_of(const char* folder) {
  return std::distance(fs::directory_iterator{folder}, fs::directory_iterator{});
}
std::ptrdiff_t threads() { return entries_of("/proc/self/task"); }
std::ptrdiff_t open_files() { return entries_of("/proc/self/fd"); }

void declares(const Library& library) {
  const NodeEntry& entry = load(library);
  const auto first = to_json(describe_here(library.path, library.parameters));
  const auto had_threads = threads(), had_files = open_files();
  const Subject subject{entry, library.parameters};
  if (threads() != had_threads) throw Broken{"the constructor starts a thread: that belongs into start()"};
  if (open_files() != had_files) throw Broken{"the constructor opens a file: that belongs into start()"};
  if (to_json(describe_here(library.path, library.parameters)) != first)
    throw Broken{"constructed a second time, it declares something else"};
}

void unloads(const Library& library) {
  if (const auto reason = incompatibility(read_node_note(library.path)); !reason.empty())
    throw Broken{reason};
  doing("loading");
  void* handle = dlopen(library.path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) throw Broken{dlerror()};
  const auto* entry = static_cast<const NodeEntry*>(dlsym(handle, "tactus_node_entry"));
  if (entry == nullptr) throw Broken{"it has no entry: TACTUS_NODE(Class) is missing"};
  {
    Subject subject{*entry, library.parameters};
    subject.start();
    subject.stop();
  }
  if (!testing::counts_allocations()) throw NotApplicable{"a sanitizer may hold it in the process"};
  doing("unloading");
  dlclose(handle);
  if (dlopen(library.path.c_str(), RTLD_NOW | RTLD_NOLOAD) != nullptr)
    throw Broken{
        "it stays in the process after dlclose: a thread_local with a destructor, a unique symbol "
        "(-fno-gnu-unique) or a library that is never unloaded holds it, so that it cannot be replaced"};
}

void live_once(const NodeEntry& entry, const Library& library) {
  Subject subject{entry, library.parameters};
  subject.start();
  for (int i = 0; i < 3; ++i) {
    subject.give(Values::kDefault, subject.now());
    subject.call();
  }
  subject.stop();
}

/// Bytes of the heap that a life left behind.
std::ptrdiff_t growth_of(const NodeEntry& entry, const Library& library) {
  const auto before = static_cast<std::ptrdiff_t>(mallinfo2().uordblks);
  live_once(entry, library);
  return static_cast<std::ptrdiff_t>(mallinfo2().uordblks) - before;
}

void restarts(const Library& library) {
  constexpr int kLives = 15;
  const NodeEntry& entry = load(library);
  for (int i = 0; i < 5; ++i) live_once(entry, library);  // what is kept for good comes with the first ones
  const auto had_threads = threads(), had_files = open_files();
  int grew = 0;
  std::ptrdiff_t bytes = 0;
  for (int i = 0; i < kLives; ++i) {
    const std::ptrdiff_t growth = growth_of(entry, library);
    if (growth > 0) ++grew;
    bytes += growth;
  }
  if (threads() > had_threads)
    throw Broken{fmt::format("{} lives leave {} threads", kLives, threads() - had_threads)};
  if (open_files() > had_files)
    throw Broken{fmt::format("{} lives leave {} open files", kLives, open_files() - had_files)};
  // Threads that come and go leave a little in the C library now and then; a leak is there every time.
  if (grew > kLives * 2 / 3) throw Broken{fmt::format("{} lives leave {} bytes on the heap", kLives, bytes)};
}

/// A node that was started, and is stopped when the check is over.
template <typename Exercise>
void while_running(const Library& library, Exercise&& exercise) {
  Subject subject{load(library), library.parameters};
  subject.start();
  exercise(subject);
  // Whatever came: the next good input finds a node that lives.
  subject.give(Values::kDefault, subject.now());
  subject.call();
  subject.stop();
}

void without_input(const Library& library) {
  while_running(library, [](Subject& subject) {
    for (int i = 0; i < 10; ++i) subject.call();
  });
}

void without_loans(const Library& library) {
  while_running(library, [](Subject& subject) {
    subject.hold_loans();
    for (int i = 0; i < 10; ++i) {
      subject.give(Values::kDefault, subject.now());
      subject.call();
    }
    subject.give_loans_back();
  });
}

void late_input(const Library& library) {
  while_running(library, [](Subject& subject) {
    for (const Duration age : {Duration{50ms}, Duration{1s}, Duration{1h}}) {
      subject.give(Values::kDefault, subject.now() - age);
      subject.call();
      subject.give(Values::kDefault, subject.now() + age);
      subject.call();
    }
    subject.give(Values::kDefault, Time{});
    subject.call(10s);  // the system was suspended
  });
}

void unordered_input(const Library& library) {
  while_running(library, [](Subject& subject) {
    const Time begin = subject.now();
    for (const int place : {5, 3, 4, 4, 9, 1, 8, 8, 0, 7}) {
      subject.give(Values::kDefault, begin + place * 1ms);
      subject.give(Values::kDefault, begin + place * 1ms);
      subject.call();
    }
  });
}

void extreme_input(const Library& library) {
  while_running(library, [](Subject& subject) {
    for (const Values values : kExtremes) {
      const int times = values == Values::kRandom ? 50 : 2;
      for (int i = 0; i < times; ++i) {
        subject.give(Values::kDefault, subject.now());
        subject.give(values, subject.now());
        doing(fmt::format("a call with {} input", to_text(values)));
        subject.call();
      }
    }
  });
}

void realtime(const Library& library) {
  const NodeEntry& entry = load(library);
  if (entry.has_run) throw NotApplicable{"it loops by itself"};
  if (!testing::counts_allocations()) throw NotApplicable{"a sanitizer brings an allocator of its own"};
  Subject subject{entry, library.parameters};
  subject.start();
  const auto call = [&] {
    subject.give(Values::kDefault, subject.now());
    subject.call();
  };
  for (int i = 0; i < 100; ++i) call();  // queues and the harness' own memory grow to their size
  const std::uint64_t before = subject.allocations();
  for (int i = 0; i < 300; ++i) call();
  const std::uint64_t made = subject.allocations() - before;
  subject.stop();
  if (made > 0) throw Broken{fmt::format("step() allocates: {} times in 300 calls", made)};
}

void hands_over(const Library& library) {
  const NodeEntry& entry = load(library);
  if (entry.stateful == nullptr) throw NotApplicable{"it is not Stateful: it hands nothing over"};
  Subject one{entry, library.parameters};
  one.start();
  const auto live = [](Subject& subject) {
    for (int i = 0; i < 20; ++i) {
      subject.give(Values::kDefault, subject.now());
      subject.call();
    }
  };
  live(one);
  const auto made_by_steps = one.allocations();
  const auto saved = one.save();
  if (one.save() != saved) throw Broken{"saved twice, its state differs: save() is to leave it as it is"};
  Subject other{entry, library.parameters};
  other.start();
  other.restore(saved);
  const auto made = one.allocations() - made_by_steps + other.allocations();
  if (other.save() != saved) throw Broken{"saved again by the one that restored it, its state differs"};
  if (testing::counts_allocations() && made > 0)
    throw Broken{"save() or restore() allocates: its neighbours wait meanwhile"};
  live(other);
  other.stop();
  live(one);  // what is refused goes on
  one.stop();
  if (saved.empty()) return;
  Subject third{entry, library.parameters};
  third.start();
  bool refused = false;
  try {
    third.restore(std::span{saved}.first(saved.size() - 1));
  } catch (const Broken&) {
    throw;
  } catch (const std::exception&) {
    refused = true;
  }
  third.stop();
  if (!refused) throw Broken{"it restores a state that was cut: it reads less than save() wrote"};
}

constexpr std::array kChecks{
    Check{"declares", "the constructor declares the same each time, and does nothing else", declares},
    Check{"unloads", "its shared object can be unloaded, and so replaced", unloads},
    Check{"restarts", "20 lives leave no thread, no file and no memory behind", restarts},
    Check{"hands-over", "what it saves, another one restores and goes on with", hands_over},
    Check{"no-input", "lives without any input", without_input},
    Check{"no-loans", "lives when there is no memory for what it publishes", without_loans},
    Check{"late-input", "lives with input from the past and the future, and after 10 s of silence",
          late_input},
    Check{"unordered-input", "lives with input that is out of order or comes twice", unordered_input},
    Check{"extreme-input", "lives with zero, largest, NaN, infinite and random input", extreme_input},
    Check{"realtime", "step() does not allocate", realtime},
};

}  // namespace

std::span<const Check> all_checks() noexcept { return kChecks; }

}  // namespace tactus::conformance
