// SPDX-License-Identifier: Apache-2.0
#include "mesh.hpp"

#include <fmt/core.h>
#include <pthread.h>

#include <algorithm>
#include <charconv>
#include <random>
#include <set>

#include "tactus/middleware/group_clock.hpp"

namespace tactus::mesh {
namespace {

using host_msgs::msg::Answer;
using host_msgs::msg::ClockProbe;
using host_msgs::msg::Question;

constexpr std::int64_t kLookNs = 50'000'000;
constexpr std::int64_t kProbeEveryNs = 500'000'000;
constexpr std::int64_t kAskAgainNs = 100'000'000;  ///< the way back may not have been open yet
constexpr const char* kKey = "tactus_host";

dds::EndpointSettings settings(const Identity& identity, bool reliable, bool latched) {
  dds::EndpointSettings settings;
  settings.partition = identity.partition;
  settings.reliable = reliable;
  settings.latched = latched;
  settings.depth = latched ? 1 : 32;
  settings.user_data = id_text(identity.id);
  return settings;
}

/// A topic without keys is one instance, whoever writes it: the queue of a reader is shared by all hosts.
dds::EndpointSettings reading(dds::EndpointSettings settings) {
  settings.depth = Membership::kMostHosts;
  return settings;
}

std::int64_t clock_now_ns() { return to_ns(group_now()); }

}  // namespace

std::uint64_t random_id() {
  std::random_device source;
  return (std::uint64_t{source()} << 32 | source()) | 1U;
}

std::string id_text(std::uint64_t id) { return fmt::format("{}={:x};", kKey, id); }

std::uint64_t id_of(const std::string& user_data) {
  const std::string text = dds::user_value(user_data, kKey);
  std::uint64_t id = 0;
  std::from_chars(text.data(), text.data() + text.size(), id, 16);
  return id;
}

Mesh::Mesh(const dds::Participant& participant, Identity identity, Answerer answerer)
    : identity_{std::move(identity)},
      answerer_{std::move(answerer)},
      discovery_{participant},
      latched_{settings(identity_, true, true)},
      reliable_{settings(identity_, true, false)},
      quick_{settings(identity_, false, false)},
      clock_writer_{participant, kClockTopic, quick_},
      question_writer_{participant, kQuestionTopic, reliable_},
      host_reader_{participant, kHostTopic, reading(latched_)},
      ledger_reader_{participant, kLedgerTopic, reading(reliable_)},
      clock_reader_{participant, kClockTopic, reading(quick_)},
      answer_reader_{participant, kAnswerTopic, reading(reliable_)},
      waiter_{participant} {
  if (answerer_) {
    host_writer_.emplace(participant, kHostTopic, latched_);
    ledger_writer_.emplace(participant, kLedgerTopic, reliable_);
    answer_writer_.emplace(participant, kAnswerTopic, reliable_);
    question_reader_.emplace(participant, kQuestionTopic, reading(reliable_));
    waiter_.attach(question_reader_->entity());
    canary_reader_.emplace(participant, kCanaryTopic, reading(quick_));
    waiter_.attach(canary_reader_->entity());
  }
  waiter_.attach(discovery_.entities().front());  // writers: what is never read would wake it for ever
  for (const auto entity :
       {host_reader_.entity(), ledger_reader_.entity(), clock_reader_.entity(), answer_reader_.entity()})
    waiter_.attach(entity);
  thread_ = std::jthread{[this](const std::stop_token& stop) { loop(stop); }};
}

Mesh::~Mesh() {
  thread_.request_stop();
  waiter_.wake();
}

void Mesh::say(const HostDescription& about) {
  const std::lock_guard lock{mutex_};
  if (said_ == about || !host_writer_) return;
  said_ = about;
  host_writer_->write(*to_message(about, identity_.id), clock_now_ns());
}

void Mesh::say(Ledger ledger) {
  if (!ledger_writer_) return;
  ledger.time_ns = clock_now_ns();
  ledger.monotonic_ns = monotonic_ns();
  for (const HostView& host : hosts()) {
    if (host.canary.number != 0) ledger.canaries.push_back(host.canary);
    if (host.clock)
      ledger.clocks.push_back(
          {host.id, host.clock->offset_ns, host.clock->uncertainty_ns, host.clock->round_trip_ns});
  }
  const std::lock_guard lock{mutex_};
  ledger_writer_->write(*to_message(ledger, identity_.id), ledger.time_ns);
}

std::vector<HostView> Mesh::hosts() const {
  const std::lock_guard lock{mutex_};
  return membership_.hosts(monotonic_ns());
}

std::vector<HostChange> Mesh::take_changes() {
  const std::lock_guard lock{mutex_};
  return membership_.take_changes();
}

std::uint64_t Mesh::malformed() const {
  const std::lock_guard lock{mutex_};
  return host_reader_.malformed() + ledger_reader_.malformed() + clock_reader_.malformed() +
         answer_reader_.malformed() + (question_reader_ ? question_reader_->malformed() : 0) +
         (canary_reader_ ? canary_reader_->malformed() : 0);
}

std::map<std::uint64_t, std::string> Mesh::ask(const std::string& what, std::uint64_t to,
                                               std::int64_t limit_ns) {
  std::unique_lock lock{mutex_};
  std::set<std::uint64_t> asked;
  for (const HostView& host : membership_.hosts(monotonic_ns())) {
    if (to == 0 || host.id == to) asked.insert(host.id);
  }
  const std::uint64_t number = next_question_++;
  Pending& pending = pending_[number];
  Message<Question> question{what.size() + 64};
  question->from = identity_.id;
  question->number = number;
  question->to = to;
  question->what = std::string_view{what};
  const auto complete = [&] {
    return std::ranges::all_of(asked, [&](std::uint64_t id) { return pending.answers.contains(id); });
  };
  const std::int64_t limit = monotonic_ns() + limit_ns;
  while (!complete() && monotonic_ns() < limit) {
    question_writer_.write(*question, clock_now_ns());
    answered_.wait_for(lock, std::chrono::nanoseconds{kAskAgainNs}, complete);
  }
  auto answers = std::move(pending.answers);
  pending_.erase(number);
  return answers;
}

void Mesh::loop(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "mesh");
  while (!stop.stop_requested()) {
    waiter_.wait(kLookNs);
    take_all();
    probe();
  }
}

void Mesh::take_all() {
  std::vector<Message<Question>> questions;
  std::vector<CanarySeen> canaries;
  if (canary_reader_) {  // first and without the lock: who holds it may wait for the network
    canary_reader_->take([&](const host_msgs::msg::Canary& canary) {
      canaries.push_back({canary.host, canary.number, monotonic_ns()});
    });
  }
  {
    const std::lock_guard lock{mutex_};
    const std::int64_t now_ns = monotonic_ns();
    for (const auto& canary : canaries) membership_.hear(canary);
    clock_reader_.take([&](const ClockProbe& probe) { answer_probe(probe); });
    host_reader_.take(
        [&](const host_msgs::msg::Host& host) { membership_.hear(host.id, to_description(host), now_ns); });
    ledger_reader_.take([&](const host_msgs::msg::Ledger& ledger) {
      membership_.hear(ledger.host, to_ledger(ledger), now_ns);
    });
    answer_reader_.take([&](const Answer& answer) {
      if (answer.to != identity_.id || !pending_.contains(answer.number)) return;
      pending_[answer.number].answers[answer.host] = std::string_view{answer.text};
    });
    if (question_reader_) {
      question_reader_->take([&](const Question& question) {
        if (question.to == 0 || question.to == identity_.id) questions.emplace_back(question);
      });
    }
    std::set<std::uint64_t> present;
    for (const auto& writer : discovery_.writers()) {
      if (writer.topic == kHostTopic) present.insert(id_of(writer.user_data));
    }
    membership_.keep(present, now_ns);
  }
  answered_.notify_all();
  for (const auto& question : questions) answer_question(*question);
}

void Mesh::probe() {
  const std::lock_guard lock{mutex_};
  const std::int64_t now_ns = monotonic_ns();
  if (now_ns < probe_at_ns_) return;
  // A host that has just come is not left without a time.
  const auto hosts = membership_.hosts(now_ns);
  const bool all_known =
      std::ranges::all_of(hosts, [](const HostView& host) { return host.clock.has_value(); });
  probe_at_ns_ = now_ns + (all_known ? kProbeEveryNs : kLookNs);
  if (hosts.empty()) return;
  Message<ClockProbe> message;
  message->from = identity_.id;
  message->number = next_probe_++;
  message->asked_ns = clock_now_ns();
  clock_writer_.write(*message, message->asked_ns);
}

void Mesh::answer_probe(const ClockProbe& probe) {
  const std::int64_t now_ns = clock_now_ns();
  if (probe.from == identity_.id) {
    membership_.hear(probe.to, {probe.asked_ns, probe.received_ns, probe.answered_ns, now_ns},
                     monotonic_ns());
  } else if (probe.to == 0 && host_writer_) {
    Message<ClockProbe> answer{probe};
    answer->to = identity_.id;
    answer->received_ns = now_ns;
    answer->answered_ns = clock_now_ns();
    clock_writer_.write(*answer, now_ns);
  }
}

void Mesh::answer_question(const Question& question) {
  const std::string text = answerer_(std::string{std::string_view{question.what}});
  if (text.empty()) return;
  Message<Answer> answer{text.size() + 64};
  answer->host = identity_.id;
  answer->to = question.from;
  answer->number = question.number;
  answer->text = std::string_view{text};
  answer_writer_->write(*answer, clock_now_ns());
}

}  // namespace tactus::mesh
