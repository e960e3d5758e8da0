// SPDX-License-Identifier: Apache-2.0
#include "broker.hpp"

#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>

#include "../src/wire.hpp"
#include "kill.hpp"
#include "leftovers.hpp"
#include "memory_page.hpp"
#include "tactus/middleware/broker_client.hpp"
#include "tactus/middleware/post_mortem.hpp"

namespace tactus::broker {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

constexpr auto kLinger = std::chrono::seconds{3};
constexpr milliseconds kReclaimResend{100};
constexpr int kReclaimTries = 5;
constexpr milliseconds kDying{2'000};   ///< from the end of file to the end of the process
constexpr milliseconds kNotice{1'000};  ///< a planned end is announced so long before
constexpr std::size_t kMostEnded = 8;   ///< pages of ended processes that are kept
constexpr auto kKeepEnded = std::chrono::minutes{1};
constexpr int kEndedGeneration = 3;            ///< exit code
constexpr std::uint32_t kLossAlwaysBorne = 2;  ///< chunks of a pool, however small it is; else 5 %
constexpr const char* kGenerationFile = "/tmp/tactus-broker.generation";

std::uint32_t next_generation() {
  std::uint32_t generation = 0;
  std::ifstream{kGenerationFile} >> generation;
  ++generation;
  std::ofstream{kGenerationFile, std::ios::trunc} << generation;
  return generation;
}

int listen_socket() {
  unlink(kBrokerSocket);  // ours or stale: we hold the lock
  const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, kBrokerSocket, sizeof address.sun_path - 1);
  const mode_t before = umask(0077);
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  umask(before);
  if (!bound || listen(fd, 64) != 0)
    throw std::runtime_error{fmt::format("cannot listen on {}: {}", kBrokerSocket, std::strerror(errno))};
  return fd;
}

std::vector<Pool> pools_for_this_host() {
  struct statvfs shm {};
  struct sysinfo memory {};
  if (statvfs("/dev/shm", &shm) != 0 || sysinfo(&memory) != 0)
    throw std::runtime_error{"cannot read the size of /dev/shm"};
  return pool_ladder(std::uint64_t{shm.f_bavail} * shm.f_frsize,
                     std::uint64_t{memory.totalram} * memory.mem_unit);
}

/// The part of a request that says what an endpoint needs.
Endpoint endpoint_of(const Json& request, bool publisher) {
  Endpoint endpoint;
  endpoint.publisher = publisher;
  endpoint.node = request.at("node");
  endpoint.topic = request.at("topic");
  endpoint.history = request.value("history", 0U);
  endpoint.max_loans = request.value("max_loans", 0U);
  endpoint.max_bytes = request.value("max_bytes", std::uint64_t{0});
  endpoint.depth = request.value("depth", 0U);
  endpoint.max_held = request.value("max_held", 0U);
  return endpoint;
}

ReservedLaunch reservation_of(const Json& request) {
  ReservedLaunch reservation{request.at("processes"), request.at("nodes"), {}};
  for (const bool publisher : {true, false}) {
    for (const Json& wanted : request.at(publisher ? "publishers" : "subscribers")) {
      Claim& claim = reservation.claims.emplace_back(claim_of(endpoint_of(wanted, publisher)));
      claim.where = wanted.at("where");
    }
  }
  return reservation;
}

std::vector<RemoteClock> remote_clocks_of(const Json& request) {
  std::vector<RemoteClock> clocks;
  for (const Json& clock : request.at("clocks"))
    clocks.push_back(
        {clock.at("id"), clock.at("offset_ns"), clock.at("uncertainty_ns"), clock.at("measured_ns")});
  return clocks;
}

/// The process is dead, not only disconnected. Its end of file comes a little before.
bool has_died(int pidfd, milliseconds limit = milliseconds{0}) {
  pollfd fd{pidfd, POLLIN, 0};
  return pidfd < 0 || poll(&fd, 1, static_cast<int>(limit.count())) > 0;
}

std::string describe(const Process& process) {
  return fmt::format("process {} ({})", process.pid, process.name);
}

}  // namespace

Broker::Broker(bool can_repair)
    : can_repair_{can_repair},
      generation_{next_generation()},
      doorbells_{make_page<DoorbellPage>("tactus-doorbells")},
      events_{doorbells_.second->events},
      pools_{pools_for_this_host()},
      memory_{pools_, doorbells_.second->heartbeat},
      registry_{*doorbells_.second, pools_, Limits{}},
      listener_{listen_socket()},
      pulse_{Clock::now()} {
  remove_stale_runtime_files();
}

Broker::~Broker() {
  unlink(kBrokerSocket);
  close(listener_);
  remove_stale_runtime_files();
}

void Broker::run(int signals) {
  idle_since_ = Clock::now();
  while (!clients_.empty() || Clock::now() - idle_since_ < kLinger) {
    std::vector<pollfd> fds{{listener_, POLLIN, 0}, {signals, POLLIN, 0}};
    for (const Client& client : clients_) fds.push_back({client.socket, POLLIN, 0});
    const std::size_t clients = clients_.size();
    // What is being reclaimed already goes by the clock.
    for (const Reclaim& reclaim : reclaims_)
      fds.push_back({reclaim.tries < kReclaimTries ? -1 : reclaim.pidfd, POLLIN, 0});
    poll(fds.data(), fds.size(), 100);
    if (fds[1].revents != 0) return events_.say_end("it was asked to stop");
    if (fds[0].revents != 0) accept_client();
    serve(fds.data() + 2, clients);
    resend_reclaims();
    forget_pages();
    watch();
  }
}

void Broker::accept_client() {
  const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (socket < 0) return;
  ucred peer{};
  socklen_t size = sizeof peer;
  getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size);
  // The socket is 0600; a client that stops reading must not stop the broker.
  const timeval limit{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  clients_.push_back({socket, peer.pid, static_cast<int>(syscall(SYS_pidfd_open, peer.pid, 0)), 0});
}

void Broker::serve(const pollfd* fds, std::size_t count) {
  auto client = clients_.begin();
  for (std::size_t i = 0; i < count; ++i) {
    const bool alive = fds[i].revents == 0 || exchange(*client);
    if (alive)
      ++client;
    else
      client = drop(client);
  }
}

bool Broker::exchange(Client& client) {
  std::string text;
  std::vector<int> fds;
  if (!wire::receive(client.socket, text, fds)) return false;
  for (const int fd : fds) close(fd);  // nobody is asked for any
  std::vector<int> attached;
  Json reply;
  try {
    reply = answer(client, Json::parse(text), attached);
  } catch (const TransportError& error) {
    reply = {{"error", error.what()}, {"code", static_cast<int>(error.code())}};
  } catch (const std::exception& error) {
    reply = {{"error", fmt::format("the broker does not understand the request: {}", error.what())}};
  }
  return wire::send(client.socket, reply.dump(-1, ' ', false, Json::error_handler_t::replace), attached);
}

Json Broker::answer(Client& client, const Json& request, std::vector<int>& attached) {
  const std::string op = request.at("op");
  if (op == "hello") return hello(client, request, attached);
  Process* process = registry_.find_process(client.process);
  if (process == nullptr) throw std::invalid_argument{"a hello comes first"};
  if (op == "add_node") return {{"index", registry_.add_node(*process, request.at("name"))}};
  if (op == "add_publisher" || op == "add_subscriber")
    return add_endpoint(*process, request, op == "add_publisher");
  if (op == "remove_endpoint") {
    registry_.remove_endpoint(*process, request.at("id"));
    return Json::object();
  }
  if (op == "reserve") {
    registry_.reserve(*process, reservation_of(request));
    return Json::object();
  }
  if (op == "doorbell") return {{"doorbell", registry_.add_doorbell(*process)}};
  if (op == "clock") {
    clocks_.set_rate(*process, registry_.processes(), request.at("rate"));
    return Json::object();
  }
  if (op == "remote_clocks") {
    clocks_.set_remote(process->group, remote_clocks_of(request));
    return Json::object();
  }
  if (op == "status") {
    process->status = request.at("status");
    return Json::object();
  }
  if (op == "graph") return {{"graph", graph()}};
  if (op == "page") {
    const Process* other = registry_.find_process(request.at("process"));
    if (other != nullptr) attached.push_back(other->page_fd);
    for (const Ended& ended : ended_) {
      if (ended.id == request.at("process")) attached.push_back(ended.page_fd);
    }
    return Json::object();
  }
  if (op == "kill") return kill_process(request.at("pid"));
  throw std::invalid_argument{"unknown operation " + op};
}

Json Broker::hello(Client& client, const Json& request, std::vector<int>& attached) {
  if (request.at("protocol") != kProtocolVersion) {
    throw TransportError{TransportErrorCode::kBrokerRefused,
                         fmt::format("the broker (process {}) speaks protocol {}, this program {}: end the "
                                     "launches of the other version first",
                                     getpid(), kProtocolVersion, request.at("protocol").dump())};
  }
  if (client.process != 0) throw std::invalid_argument{"a second hello"};
  Process process;
  process.pid = client.pid;
  process.kind = request.at("kind");
  process.name = request.at("name");
  process.group = request.at("group");
  if (const auto page = make_page<ProcessPage>("tactus-process"); page.second != nullptr) {
    process.page_fd = page.first;
    process.page = page.second;
  }
  Process& added = registry_.add_process(std::move(process));
  // With the connection's number: a process may connect more than once, and each end reclaims its own name
  // only.
  added.runtime = fmt::format("tactus.{}.{}.{}", generation_, client.pid, added.id);
  client.process = added.id;
  attached = {doorbells_.first, added.page_fd, clocks_.fd(added.group)};
  return {{"generation", generation_}, {"process", added.id}, {"runtime", added.runtime}};
}

Json Broker::graph() const {
  Json graph = registry_.graph(generation_);
  graph["memory"] = memory_json();
  graph["ended"] = Json::array();
  for (const Ended& ended : ended_) {
    graph["ended"].push_back(
        {{"id", ended.id}, {"pid", ended.pid}, {"name", ended.name}, {"group", ended.group}});
  }
  return graph;
}

Json Broker::memory_json() const {
  const SharedMemory::Sizes sizes = SharedMemory::sizes();
  const std::vector<PoolUse> use = memory_.pools();
  const Demand demand = registry_.demand();
  Json pools = Json::array();
  for (std::size_t i = 0; i < use.size(); ++i) {
    pools.push_back({{"chunk_bytes", pools_[i].chunk_bytes},
                     {"block_bytes", pools_[i].block_bytes()},
                     {"chunks", pools_[i].chunks},
                     {"used", use[i].used},
                     {"reserved", demand.chunks[i]},
                     {"least_free", use[i].least_free},
                     {"lost", registry_.lost()[i]}});
  }
  return {{"pools", std::move(pools)},
          {"management_bytes", sizes.management_bytes},
          {"payload_bytes", sizes.payload_bytes},
          {"touched_bytes", sizes.touched_bytes},
          {"publishers", demand.publishers},
          {"subscribers", demand.subscribers}};
}

Json Broker::add_endpoint(Process& process, const Json& request, bool publisher) {
  Endpoint endpoint = endpoint_of(request, publisher);
  endpoint.type = request.at("type");
  endpoint.type_id = request.at("type_id");
  endpoint.doorbell = request.value("doorbell", 0U);
  if (endpoint.doorbell >= kMaxDoorbells) throw std::invalid_argument{"no such doorbell"};
  const Endpoint& added = registry_.add_endpoint(process, std::move(endpoint), request.at("type_json"));
  return {{"id", added.id}, {"counters", added.counters}, {"topic_slot", added.topic_slot}};
}

Json Broker::kill_process(pid_t pid) {
  for (const auto& [id, process] : registry_.processes()) {
    if (process.pid == pid) return {{"outside", kill_outside_calls(pid, *process.page)}};
  }
  if (kill(pid, SIGKILL) != 0) throw std::invalid_argument{fmt::format("no process {}", pid)};
  return {{"outside", true}};
}

std::list<Broker::Client>::iterator Broker::drop(std::list<Client>::iterator client) {
  if (const Process* process = registry_.find_process(client->process)) {
    examine(*process, *client);  // RouDi gives up when it meets the lock of a dead process
    reclaims_.push_back({process->runtime, std::exchange(client->pidfd, -1), Clock::now(), kReclaimTries});
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
