// SPDX-License-Identifier: Apache-2.0
#include "flight_view.hpp"

#include <algorithm>
#include <utility>

namespace tactus {
namespace {

/// Another process writes the page: a text may have lost its end.
template <std::size_t Size>
std::string text_of(const std::array<char, Size>& text) {
  return {text.begin(), std::find(text.begin(), text.end(), '\0')};
}

FlightThread read_thread(const WorkerCounters& worker, const FlightRecorder& recorder) {
  FlightThread thread;
  thread.name = text_of(worker.name);
  thread.tid = worker.tid.load();
  thread.policy = worker.policy.load();
  thread.priority = worker.priority.load();
  thread.records = read_flight(recorder);
  return thread;
}

/// The calls of one thread, one record after the other.
class Calls {
 public:
  Calls(std::size_t process, std::size_t thread, std::vector<FlightCall>& all)
      : process_{process}, thread_{thread}, all_{all} {}

  void add(const FlightRecord& record) {
    switch (record.kind) {
      case FlightKind::kStart:
        finish_unfinished(record.when_ns);
        begin(record);
        break;
      case FlightKind::kEnd:
        end(record);
        break;
      case FlightKind::kTake:
        if (open_) all_.back().taken.push_back({static_cast<std::uint32_t>(record.a), record.b});
        break;
      case FlightKind::kSkip:
        skipped_ += record.a;
        break;
      default:
        break;
    }
  }
  void finish_unfinished(std::int64_t newest_ns) {
    if (!open_) return;
    all_.back().end_ns = newest_ns;
    all_.back().finished = false;
    open_ = false;
  }

 private:
  void begin(const FlightRecord& record) {
    FlightCall& call = all_.emplace_back();
    call.process = process_;
    call.thread = thread_;
    call.node = record.node;
    call.phase = static_cast<NodePhase>(record.flags);
    call.cycle = record.a;
    call.cpu = record.cpu;
    call.due_ns = static_cast<std::int64_t>(record.b);
    call.start_ns = record.when_ns;
    call.skipped = std::exchange(skipped_, 0);
    open_ = true;
  }
  void end(const FlightRecord& record) {
    if (!open_ || all_.back().node != record.node) return;
    all_.back().end_ns = record.when_ns;
    all_.back().outcome = record.flags;
    open_ = false;
  }

  std::size_t process_, thread_;
  std::vector<FlightCall>& all_;
  std::uint64_t skipped_ = 0;
  bool open_ = false;
};

template <typename Visit>
void for_each_thread(const std::vector<FlightProcess>& processes, Visit&& visit) {
  for (std::size_t process = 0; process < processes.size(); ++process) {
    for (std::size_t thread = 0; thread < processes[process].threads.size(); ++thread)
      visit(process, thread, processes[process].threads[thread]);
  }
}

}  // namespace

FlightProcess read_flight_process(const ProcessPage& page) {
  FlightProcess process;
  for (const NodeCounters& node : used_nodes(page)) {
    process.nodes.push_back(
        {text_of(node.name), node.period_ns.load(), node.deadline_ns.load(), node.budget_ns.load()});
  }
  for (const EndpointPlate& plate : used_plates(page)) {
    process.endpoints.push_back(
        {text_of(plate.topic), plate.id.load(), plate.use.load() == EndpointPlate::Use::kPublisher});
  }
  const auto workers = used_workers(page);
  for (std::size_t i = 0; i < workers.size(); ++i)
    process.threads.push_back(read_thread(workers[i], page.recorders[i]));
  return process;
}

std::vector<FlightCall> flight_calls(const std::vector<FlightProcess>& processes) {
  std::vector<FlightCall> all;
  for_each_thread(processes, [&all](std::size_t process, std::size_t index, const FlightThread& thread) {
    Calls calls{process, index, all};
    for (const FlightRecord& record : thread.records) calls.add(record);
    if (!thread.records.empty()) calls.finish_unfinished(thread.records.back().when_ns);
  });
  std::stable_sort(all.begin(), all.end(), [](const FlightCall& one, const FlightCall& other) {
    return one.start_ns < other.start_ns;
  });
  return all;
}

std::int64_t newest_record_ns(const std::vector<FlightProcess>& processes) {
  std::int64_t newest = 0;
  for_each_thread(processes, [&newest](std::size_t, std::size_t, const FlightThread& thread) {
    if (!thread.records.empty()) newest = std::max(newest, thread.records.back().when_ns);
  });
  return newest;
}

void forget_before(std::vector<FlightProcess>& processes, std::int64_t from_ns) {
  for (FlightProcess& process : processes) {
    for (FlightThread& thread : process.threads)
      std::erase_if(thread.records,
                    [from_ns](const FlightRecord& record) { return record.when_ns < from_ns; });
  }
}

}  // namespace tactus
