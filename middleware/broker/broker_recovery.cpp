// SPDX-License-Identifier: Apache-2.0
// What the dead leave behind, and the end of a generation.
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/poll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "broker.hpp"
#include "kill.hpp"
#include "leftovers.hpp"
#include "tactus/middleware/broker_client.hpp"
#include "tactus/middleware/post_mortem.hpp"

namespace tactus::broker {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kReclaimResend{100};
constexpr milliseconds kDying{2'000};   ///< from the end of file to the end of the process
constexpr milliseconds kNotice{1'000};  ///< a planned end is announced so long before
constexpr std::size_t kMostEnded = 8;   ///< pages of ended processes that are kept
constexpr auto kKeepEnded = std::chrono::minutes{1};
constexpr int kEndedGeneration = 3;            ///< exit code
constexpr std::uint32_t kLossAlwaysBorne = 2;  ///< chunks of a pool, however small it is; else 5 %

/// The process is dead, not only disconnected. Its end of file comes a little before.
bool has_died(int pidfd, milliseconds limit = milliseconds{0}) {
  pollfd fd{pidfd, POLLIN, 0};
  return pidfd < 0 || poll(&fd, 1, static_cast<int>(limit.count())) > 0;
}

std::string describe(const Process& process) {
  return fmt::format("process {} ({})", process.pid, process.name);
}

}  // namespace

std::list<Broker::Client>::iterator Broker::drop(std::list<Client>::iterator client) {
  if (const Process* process = registry_.find_process(client->process)) {
    examine(*process, *client);  // RouDi gives up when it meets the lock of a dead process
    reclaims_.push_back({process->runtime, std::exchange(client->pidfd, -1), Clock::now()});
    keep_page(*process);
    munmap(process->page, sizeof *process->page);
    registry_.remove_process(process->id);
    clocks_.sweep(registry_.processes());
  }
  close(client->socket);
  if (client->pidfd >= 0) close(client->pidfd);
  idle_since_ = Clock::now();
  return clients_.erase(client);
}

/// Takes over the descriptor of the page.
void Broker::keep_page(const Process& process) {
  if (used_workers(*process.page).empty()) {
    close(process.page_fd);
    return;
  }
  ended_.push_back({process.id, process.pid, process.name, process.group, process.page_fd, Clock::now()});
  forget_pages();
}

void Broker::forget_pages() {
  while (!ended_.empty() &&
         (ended_.size() > kMostEnded || Clock::now() - ended_.front().since > kKeepEnded)) {
    close(ended_.front().page_fd);
    ended_.pop_front();
  }
}

/// Post-mortem: what the process was doing, and what has to be repaired.
void Broker::examine(const Process& process, const Client& client) {
  const bool inside = !open_calls(*process.page).empty();
  const std::string nodes = unfinished_calls(*process.page);
  if ((!inside && nodes.empty()) || !has_died(client.pidfd, kDying)) return;
  if (inside) return repair(process);
  // The supervisor of a host says so itself.
  if (process.kind != "host") events_.say(fmt::format("{} ended{}", describe(process), nodes));
}

void Broker::repair(const Process& process) {
  const std::string who = fmt::format("{} was killed inside a call into shared memory{}", describe(process),
                                      unfinished_calls(*process.page));
  if (!can_repair_) {
    events_.say(who);
    return end_generation(
        who + "; this C library's mutexes are not known, so its locks cannot be taken from it",
        milliseconds{0});
  }
  const std::vector<OpenCall> calls = open_calls(*process.page);
  const std::size_t locks = memory_.open_locks_of([&calls](std::uint32_t tid) {
    return std::ranges::any_of(calls, [tid](const OpenCall& call) { return call.may_be_of(tid); });
  });
  std::string text = fmt::format("{}: {} of its locks were opened", who, locks);
  for (const OpenCall& call : calls) {
    const auto lost = registry_.lose_chunks(process, call.endpoint);
    if (!lost) continue;
    const Pool& pool = pools_[lost->pool];
    const std::uint32_t so_far = registry_.lost()[lost->pool];
    text += fmt::format(", {} chunk{} of {} of {} may be lost ({} of {} so far)", lost->chunks,
                        lost->chunks == 1 ? "" : "s", pool_name(pool), lost->topic, so_far, pool.chunks);
    if (so_far > std::max(kLossAlwaysBorne, pool.chunks / 20)) {
      end_generation(fmt::format("{} of {} chunks of {} may be lost by kills from outside", so_far,
                                 pool.chunks, pool_name(pool)),
                     kNotice);
    }
  }
  events_.say(text);
}

void Broker::resend_reclaims() {
  for (auto it = reclaims_.begin(); it != reclaims_.end();) {
    if (Clock::now() < it->next || !has_died(it->pidfd)) {
      ++it;
      continue;
    }
    memory_.reclaim(it->runtime);
    it->next = Clock::now() + kReclaimResend;
    if (--it->tries > 0) {
      ++it;
      continue;
    }
    remove_runtime_files(it->runtime);
    if (it->pidfd >= 0) close(it->pidfd);
    it = reclaims_.erase(it);
  }
}

const Process* Broker::stopped_inside_a_call() const {
  for (const auto& [id, process] : registry_.processes()) {
    if (!open_calls(*process.page).empty() && is_stopped(process.pid)) return &process;
  }
  return nullptr;
}

void Broker::watch() {
  const auto now = Clock::now();
  const bool still = pulse_.stands_still(doorbells_.second->heartbeat.load(), now);
  if (!still) said_stopped_ = false;
  if (still && end_reason_.empty()) {
    if (const Process* process = stopped_inside_a_call()) {
      if (!std::exchange(said_stopped_, true)) {
        events_.say(
            fmt::format("{} was stopped inside a call into shared memory: nobody can join until it goes "
                        "on (kill -CONT {})",
                        describe(*process), process->pid));
      }
      return;
    }
    end_generation(fmt::format("RouDi has stood still for {} ms: it waits for a lock that nobody gives back",
                               pulse_.still_for().count()),
                   milliseconds{0});
  }
  if (!end_reason_.empty() && now >= end_at_) leave();
}

/// The shared memory cannot be trusted any more: everybody starts again in a new one.
void Broker::end_generation(const std::string& reason, milliseconds notice) {
  if (!end_reason_.empty()) return;
  end_reason_ = fmt::format("generation {} ends: {}", generation_, reason);
  end_at_ = Clock::now() + notice;
  events_.say_end(end_reason_);
  if (notice.count() > 0) {
    events_.say(fmt::format("{}; all launches of this host restart in generation {} now", end_reason_,
                            generation_ + 1));
  }
}

/// Not by the regular way: RouDi's threads may never return. The end of the connections tells everybody.
void Broker::leave() {
  remove_broker_files();
  unlink(kBrokerLock);
  _exit(kEndedGeneration);
}

}  // namespace tactus::broker
