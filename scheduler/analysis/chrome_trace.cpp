// SPDX-License-Identifier: Apache-2.0
#include "chrome_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "tactus/middleware/post_mortem.hpp"

namespace tactus {
namespace {

using Json = nlohmann::ordered_json;

double micros(std::int64_t ns) { return static_cast<double>(ns) * 1e-3; }

Json event(const char* kind, int pid, std::uint32_t tid, std::int64_t when_ns) {
  return {{"ph", kind}, {"pid", pid}, {"tid", tid}, {"ts", micros(when_ns)}};
}

class Trace {
 public:
  Trace(const std::vector<FlightProcess>& processes, const std::vector<Miss>& misses)
      : processes_{processes}, misses_{misses} {}

  ChromeTrace write() {
    for (const FlightProcess& process : processes_) name(process);
    for (const FlightCall& call : flight_calls(processes_)) add(call);
    find_publications();
    for (const FlightProcess& process : processes_) add_messages(process);
    for (const Miss& miss : misses_) add(miss);
    std::stable_sort(events_.begin(), events_.end(),
                     [](const Event& one, const Event& other) { return one.when_ns < other.when_ns; });
    Json list = Json::array();
    for (Event& one : events_) list.push_back(std::move(one.json));
    const Json file{{"displayTimeUnit", "ns"}, {"traceEvents", std::move(list)}};
    trace_.misses = misses_.size();
    trace_.json = file.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    return trace_;
  }

 private:
  struct Event {
    std::int64_t when_ns;
    Json json;
  };
  struct Publication {
    int pid;
    std::uint32_t tid;
    std::int64_t when_ns;
    std::string topic;
  };

  void push(std::int64_t when_ns, Json json) { events_.push_back({when_ns, std::move(json)}); }

  void name(const FlightProcess& process) {
    const std::string text = process.name + (process.ended ? " (ended)" : "");
    push(0, {{"ph", "M"},
             {"pid", process.pid},
             {"tid", 0},
             {"name", "process_name"},
             {"args", {{"name", text}}}});
    for (const FlightThread& thread : process.threads) {
      push(0, {{"ph", "M"},
               {"pid", process.pid},
               {"tid", thread.tid},
               {"name", "thread_name"},
               {"args", {{"name", thread.name}}}});
    }
  }

  void add(const FlightCall& call) {
    const FlightProcess& process = processes_[call.process];
    const std::uint32_t tid = process.threads[call.thread].tid;
    Json json = event("X", process.pid, tid, call.start_ns);
    json["dur"] = micros(call.end_ns - call.start_ns);
    json["name"] = call.node < process.nodes.size() ? process.nodes[call.node].name : "?";
    json["cat"] = to_text(call.phase);
    json["args"] = {{"cycle", call.cycle},
                    {"late_us", micros(std::max<std::int64_t>(0, call.start_ns - call.due_ns))},
                    {"cpu", call.cpu},
                    {"deadline_missed", (call.outcome & kFlightDeadlineMissed) != 0},
                    {"over_budget", (call.outcome & kFlightOverBudget) != 0},
                    {"faulted", (call.outcome & kFlightFaulted) != 0},
                    {"finished", call.finished}};
    push(call.start_ns, std::move(json));
    ++trace_.calls;
  }

  void find_publications() {
    for (const FlightProcess& process : processes_) {
      for (const FlightThread& thread : process.threads) {
        for (const FlightRecord& record : thread.records) {
          if (record.kind != FlightKind::kPublish || record.endpoint >= process.endpoints.size()) continue;
          const FlightEndpoint& endpoint = process.endpoints[record.endpoint];
          publications_[{endpoint.id, record.a}] = {process.pid, thread.tid, record.when_ns, endpoint.topic};
        }
      }
    }
  }

  void add_messages(const FlightProcess& process) {
    for (const FlightThread& thread : process.threads) {
      for (const FlightRecord& record : thread.records) {
        if (record.kind == FlightKind::kTake) add_arrow(process.pid, thread.tid, record);
        if (record.kind == FlightKind::kDrop) add_drop(process, thread.tid, record);
      }
    }
  }

  void add_arrow(int pid, std::uint32_t tid, const FlightRecord& take) {
    const auto found = publications_.find({static_cast<std::uint32_t>(take.a), take.b});
    if (found == publications_.end() || found->second.when_ns > take.when_ns) return;
    const Publication& from = found->second;
    Json start = event("s", from.pid, from.tid, from.when_ns);
    start.update({{"name", from.topic}, {"cat", "topic"}, {"id", ++trace_.messages}});
    push(from.when_ns, std::move(start));
    Json end = event("f", pid, tid, take.when_ns);
    end.update({{"name", from.topic}, {"cat", "topic"}, {"id", trace_.messages}, {"bp", "e"}});
    push(take.when_ns, std::move(end));
  }

  void add_drop(const FlightProcess& process, std::uint32_t tid, const FlightRecord& drop) {
    const std::string topic =
        drop.endpoint < process.endpoints.size() ? process.endpoints[drop.endpoint].topic : "?";
    Json json = event("i", process.pid, tid, drop.when_ns);
    json.update({{"name", fmt::format("{}: {} dropped", topic, drop.a)}, {"cat", "drop"}, {"s", "t"}});
    push(drop.when_ns, std::move(json));
  }

  void add(const Miss& miss) {
    for (const FlightProcess& process : processes_) {
      if (process.name != miss.process) continue;
      for (const FlightThread& thread : process.threads) {
        if (thread.name != miss.thread) continue;
        Json json = event("i", process.pid, thread.tid, miss.when_ns);
        json.update({{"name", fmt::format("{}: {}", to_text(miss.kind), miss.node)},
                     {"cat", "miss"},
                     {"s", "t"},
                     {"args", {{"cycle", miss.cycle}, {"why", to_text(miss)}}}});
        return push(miss.when_ns, std::move(json));
      }
    }
  }

  const std::vector<FlightProcess>& processes_;
  const std::vector<Miss>& misses_;
  std::map<MessageKey, Publication> publications_;
  std::vector<Event> events_;
  ChromeTrace trace_;
};

}  // namespace

ChromeTrace chrome_trace(const std::vector<FlightProcess>& processes, const std::vector<Miss>& misses) {
  return Trace{processes, misses}.write();
}

}  // namespace tactus
