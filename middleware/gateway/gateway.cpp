// SPDX-License-Identifier: Apache-2.0
#include "gateway.hpp"

#include <fmt/core.h>
#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tactus/middleware/time.hpp"

namespace tactus::gateway {
namespace {

constexpr std::int64_t kLookNs = 100'000'000;  ///< the broker's graph is polled
constexpr int kBulkNice = 5;
constexpr std::int64_t kLingerNs = 1'000'000'000;  ///< a topic is exported beyond its last reader

/// As ROS 2 names a participant that lives in no security enclave.
constexpr const char* kParticipantData = "enclave=/;";

template <typename T>
void append(std::vector<T>& to, std::vector<T> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

OutboundWorker::OutboundWorker(BrokerClient& broker, const char* thread_name, CanaryWriter* canary, int nice)
    : broker_{broker},
      canary_{canary},
      doorbell_{broker.allocate_doorbell()},
      thread_{[this, thread_name, nice](const std::stop_token& stop) { loop(stop, thread_name, nice); }} {}

void OutboundWorker::add(std::unique_ptr<Outbound> bridge) {
  const std::lock_guard lock{mutex_};
  bridges_.push_back(std::move(bridge));
  broker_.doorbells().doorbells[doorbell_].ring();  // latched messages are there already
}

void OutboundWorker::remove(const std::string& topic) {
  const std::lock_guard lock{mutex_};
  const auto found =
      std::ranges::find_if(bridges_, [&](const auto& bridge) { return bridge->bridge().topic == topic; });
  if (found == bridges_.end()) return;
  removed_.push_back(std::move(*found));
  bridges_.erase(found);
}

void OutboundWorker::shed(const std::string& topic, bool yes) {
  const std::lock_guard lock{mutex_};
  for (const auto& bridge : bridges_) {
    if (bridge->bridge().topic == topic) bridge->shed(yes);
  }
}

OutboundWorker::Bridges OutboundWorker::bridges() const {
  const std::lock_guard lock{mutex_};
  return bridges_;
}

std::vector<OutboundStatus> OutboundWorker::status() {
  std::erase_if(removed_, [](const auto& bridge) { return bridge.use_count() == 1; });
  std::vector<OutboundStatus> all;
  for (const auto& bridge : bridges()) all.push_back(bridge->status());
  return all;
}

void OutboundWorker::loop(const std::stop_token& stop, const char* thread_name, int nice) {
  pthread_setname_np(pthread_self(), thread_name);
  setpriority(PRIO_PROCESS, 0, nice);  // on Linux: of this thread
  Doorbell& bell = broker_.doorbells().doorbells[doorbell_];
  const std::stop_callback ring{stop, [&] { bell.ring(); }};
  while (!stop.stop_requested()) {
    const std::int64_t look_ns = monotonic_ns() + kLookNs;
    bell.wait_until(canary_ != nullptr ? std::min(look_ns, canary_->next_due_ns()) : look_ns);
    bell.answer();
    for (const auto& bridge : bridges()) bridge->pump();
    if (canary_ != nullptr) canary_->write_due();
  }
}

InboundWorker::InboundWorker(const dds::Participant& participant, const char* thread_name, int nice)
    : waiter_{participant}, thread_{[this, thread_name, nice](const std::stop_token& stop) {
        loop(stop, thread_name, nice);
      }} {}

InboundWorker::~InboundWorker() {
  thread_.request_stop();
  waiter_.wake();
  thread_.join();
}

void InboundWorker::add(std::unique_ptr<Inbound> bridge) {
  const std::lock_guard lock{mutex_};
  waiter_.attach(bridge->entity());
  bridges_.push_back(std::move(bridge));
  waiter_.wake();
}

std::unique_ptr<Inbound> InboundWorker::remove(const std::string& topic) {
  const std::lock_guard lock{mutex_};
  const auto found =
      std::ranges::find_if(bridges_, [&](const auto& bridge) { return bridge->bridge().topic == topic; });
  if (found == bridges_.end()) return nullptr;
  waiter_.detach((*found)->entity());
  std::unique_ptr<Inbound> removed = std::move(*found);
  bridges_.erase(found);
  return removed;
}

std::vector<InboundStatus> InboundWorker::status() const {
  const std::lock_guard lock{mutex_};
  std::vector<InboundStatus> all;
  for (const auto& bridge : bridges_) all.push_back(bridge->status());
  return all;
}

void InboundWorker::loop(const std::stop_token& stop, const char* thread_name, int nice) {
  pthread_setname_np(pthread_self(), thread_name);
  setpriority(PRIO_PROCESS, 0, nice);  // on Linux: of this thread
  while (!stop.stop_requested()) {
    waiter_.wait(kLookNs);
    const std::lock_guard lock{mutex_};
    for (const auto& bridge : bridges_) bridge->pump();
  }
}

Gateway::Gateway(BrokerClient& broker, Transport& transport, const dds::DomainSettings& domain, Filter filter,
                 Log log, Log notice)
    : broker_{broker},
      transport_{transport},
      filter_{std::move(filter)},
      log_{std::move(log)},
      participant_{domain, kParticipantData},
      discovery_{participant_},
      changes_{participant_},
      id_{mesh::random_id()},
      mesh_{participant_, {id_, filter_.group}, [this](const std::string& what) { return answer(what); }},
      reporter_{broker, transport, mesh_, domain, filter_, log_},
      overload_{participant_, mesh_, std::move(notice)},
      outbound_{broker, "outbound", &overload_.canary(), 0},
      outbound_bulk_{broker, "outbound_bulk", nullptr, kBulkNice},
      inbound_{participant_, "inbound", 0},
      inbound_bulk_{participant_, "inbound_bulk", kBulkNice} {
  for (const auto entity : discovery_.entities()) changes_.attach(entity);
  if (filter_.group.empty() && filter_.ros_gid_bytes != 0)
    ros_graph_.emplace(participant_, filter_.ros_gid_bytes);
}

void Gateway::step() {
  changes_.wait(kLookNs);
  Look look;
  look.local = parse_local_graph(broker_.graph(), broker_.group());
  const LocalGraph& local = look.local;
  {
    const std::lock_guard lock{types_mutex_};
    types_ = local.types;
  }
  const Bridges wanted = wanted_bridges(local.topics, discovery_.readers(), discovery_.writers(), filter_);
  update_exports(wanted.exports, local);
  update_imports(wanted.imports, local);
  tell_refusals(wanted.refusals);
  if (ros_graph_) ros_graph_->say(local.nodes, local.uses, discovery_);
  look.refusals = wanted.refusals;
  shed_what_waits(look);
  look.inbound = inbound_.status();
  move_grown(look.inbound);
  append(look.inbound, inbound_bulk_.status());
  tell_refused_messages(look.inbound);
  reporter_.report(look);
}

void Gateway::shed_what_waits(Look& look) {
  look.outbound = outbound_.status();
  append(look.outbound, outbound_bulk_.status());
  std::vector<Sheddable> sheddable;
  for (auto& one : look.outbound) {
    const Bridge& bridge = exports_.at(one.topic).bridge;
    one.priority = priority_of(filter_, bridge);
    if (one.priority < kKeep) sheddable.push_back({one.topic, one.priority, bridge.max_bytes});
  }
  for (const auto& change : overload_.look(monotonic_ns(), look.outbound, sheddable)) {
    exporter(exports_.at(change.topic).bridge).shed(change.topic, change.shed);
    log_(fmt::format("{} {}: samples wait {:.0f} ms", change.shed ? "shed" : "take back", change.topic,
                     static_cast<double>(overload_.delay_ns()) * 1e-6));
  }
  look.delay_ns = overload_.delay_ns();
}

std::string Gateway::answer(const std::string& question) {
  constexpr std::string_view kType = "type ";
  if (question == "graph") return graph_of_group(broker_.graph(), broker_.group());
  if (!question.starts_with(kType)) return {};
  const std::lock_guard lock{types_mutex_};
  const auto type = types_.find(question.substr(kType.size()));
  return type == types_.end() ? "{}" : type->second;
}

OutboundWorker& Gateway::exporter(const Bridge& bridge) noexcept {
  return is_bulk(bridge) ? outbound_bulk_ : outbound_;
}
InboundWorker& Gateway::importer(const Bridge& bridge) {
  return is_bulk(bridge) || grown_.contains(bridge.topic) ? inbound_bulk_ : inbound_;
}

/// What fails is said once, and not tried again until something about the topic changes.
void Gateway::try_to(const char* what, const Bridge& bridge, const std::function<void()>& act) {
  try {
    act();
    log_(fmt::format("{} {} ({})", what, bridge.topic, bridge.type));
  } catch (const std::exception& problem) {
    log_(fmt::format("{} {} ({}) is not possible: {}", what, bridge.topic, bridge.type, problem.what()));
  }
}

void Gateway::update_exports(const std::vector<Bridge>& wanted, const LocalGraph& local) {
  const std::int64_t now_ns = monotonic_ns();
  for (auto& [topic, open] : exports_) {
    if (std::ranges::find(wanted, topic, &Bridge::topic) != wanted.end()) open.wanted_ns = now_ns;
  }
  std::erase_if(exports_, [&](const auto& entry) {
    const auto& [topic, open] = entry;
    const auto found = std::ranges::find(wanted, topic, &Bridge::topic);
    if (found == wanted.end() ? now_ns - open.wanted_ns < kLingerNs : *found == open.bridge) return false;
    try_to("no longer export", open.bridge,
           [&, &name = topic, &bridge = open.bridge] { exporter(bridge).remove(name); });
    return true;
  });
  for (const auto& bridge : wanted) {
    if (!exports_.emplace(bridge.topic, Export{bridge, now_ns}).second) continue;
    OutboundWorker& worker = exporter(bridge);
    try_to("export", bridge, [&] {
      worker.add(std::make_unique<Outbound>(bridge, local.types.at(bridge.type_id), broker_, transport_,
                                            worker.doorbell(), participant_, id_));
    });
  }
}

void Gateway::update_imports(const std::vector<Bridge>& wanted, const LocalGraph& local) {
  std::erase_if(imports_, [&](const auto& entry) {
    const bool stays = std::ranges::any_of(wanted, [&](const Bridge& bridge) {
      return bridge == entry.second || (entry.second.waiting && same_reader(bridge, entry.second));
    });
    if (stays) return false;
    try_to("no longer import", entry.second, [&] { importer(entry.second).remove(entry.first); });
    grown_.erase(entry.first);
    return true;
  });
  for (const auto& bridge : wanted) {
    const auto [place, fresh] = imports_.emplace(bridge.topic, bridge);
    Bridge& kept = place->second;
    if (fresh) {
      try_to(bridge.waiting ? "wait for" : "import", bridge, [&] {
        importer(bridge).add(std::make_unique<Inbound>(bridge, local.types.at(bridge.type_id), broker_,
                                                       transport_, participant_, id_,
                                                       chains_of(filter_, bridge.topic)));
      });
    } else if (kept != bridge) {
      try_to("import", bridge, [&] { begin(kept, bridge); });
      kept = bridge;
    }
  }
}

/// The reader stays, with what it has received already: a publisher's first message is not lost.
void Gateway::begin(const Bridge& waiting, const Bridge& bridge) {
  if (auto inbound = importer(waiting).remove(bridge.topic)) {
    inbound->begin(bridge);
    importer(bridge).add(std::move(inbound));
  }
}

void Gateway::tell_refusals(const std::vector<Refusal>& refusals) {
  for (const auto& refusal : refusals) {
    if (std::ranges::find(told_, refusal) == told_.end())
      log_(fmt::format("{} does not cross: {}", refusal.topic, refusal.reason));
  }
  told_ = refusals;
}

/// Of a foreign writer, which does not say how large its messages get: they delay no small ones from now on.
void Gateway::move_grown(const std::vector<InboundStatus>& inbound) {
  for (const auto& one : inbound) {
    if (one.grown_bytes <= kBulkBytes || !grown_.insert(one.topic).second) continue;
    if (auto bridge = inbound_.remove(one.topic)) inbound_bulk_.add(std::move(bridge));
    log_(fmt::format("{} has messages of up to {} bytes: it goes with the large ones", one.topic,
                     one.grown_bytes));
  }
}

/// At 1, 10, 100, .. of a topic: who sends nonsense does not fill the log.
void Gateway::tell_refused_messages(const std::vector<InboundStatus>& inbound) {
  for (const auto& one : inbound) {
    const auto refused = [](const RemoteWriter& writer) { return writer.malformed + writer.too_large; };
    const std::uint64_t all = one.counts.malformed + one.counts.too_large;
    std::uint64_t& told = told_refused_[one.topic];
    if (all < told) told = 0;  // the bridge is a new one
    if (all == 0 || all < 10 * told) continue;
    told = all;
    const auto worst = std::ranges::max_element(one.writers, {}, refused);
    if (worst == one.writers.end()) continue;
    log_(fmt::format("{}: refused {} messages that are no {} and {} that are too large, most of {}",
                     one.topic, one.counts.malformed, one.type, one.counts.too_large, worst->peer));
  }
}

}  // namespace tactus::gateway
