// SPDX-License-Identifier: Apache-2.0
// tactus-broker: one small process per host. Started on demand, gone a few seconds after its last client.
#include <fcntl.h>
#include <fmt/core.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <list>
#include <memory>

#include "../src/wire.hpp"
#include "group_clocks.hpp"
#include "kill.hpp"
#include "memory_page.hpp"
#include "registry.hpp"
#include "shared_memory.hpp"
#include "tactus/middleware/broker_client.hpp"

namespace tactus::broker {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr auto kLinger = std::chrono::seconds{3};
constexpr auto kReclaimResend = std::chrono::milliseconds{100};
constexpr int kReclaimTries = 5;
constexpr const char* kGenerationFile = "/tmp/tactus-broker.generation";

/// Held for the broker's life: one per host. Throws when another holds it, naming its pid.
class LockFile {
 public:
  LockFile() {
    fd_ = open(kBrokerLock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd_ < 0) {
      struct stat info {};
      const bool foreign = stat(kBrokerLock, &info) == 0 && info.st_uid != geteuid();
      throw std::runtime_error{
          foreign ? fmt::format("{} belongs to user {}: run as that user, or remove it when no broker runs",
                                kBrokerLock, info.st_uid)
                  : fmt::format("cannot open {}: {}", kBrokerLock, std::strerror(errno))};
    }
    if (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      char text[32] = {};
      const ssize_t n = pread(fd_, text, sizeof text - 1, 0);
      throw std::runtime_error{fmt::format("a broker already runs on this host, process {}",
                                           n > 0 ? std::string{text} : "unknown")};
    }
    write_pid();
  }
  void write_pid() const {
    const std::string pid = std::to_string(getpid());
    if (ftruncate(fd_, 0) != 0 ||
        pwrite(fd_, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
      throw std::runtime_error{fmt::format("cannot write {}: {}", kBrokerLock, std::strerror(errno))};
    }
  }
  ~LockFile() {
    unlink(kBrokerLock);
    close(fd_);
  }

 private:
  int fd_ = -1;
};

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

struct Client {
  int socket = -1;
  pid_t pid = 0;
  int pidfd = -1;
  std::uint32_t process = 0;  ///< 0 before the hello
};

/// A process that is being reclaimed: RouDi may miss the first message.
struct Reclaim {
  std::string runtime;
  Clock::time_point next;
  int tries = kReclaimTries;
};

class Broker {
 public:
  Broker()
      : generation_{next_generation()},
        doorbells_{make_page<DoorbellPage>("tactus-doorbells")},
        pools_{pools_for_this_host()},
        memory_{pools_, doorbells_.second->heartbeat},
        registry_{*doorbells_.second, pools_, Limits{}},
        listener_{listen_socket()} {}
  ~Broker() {
    for (const Reclaim& reclaim : reclaims_) remove_leftovers(reclaim.runtime);
    unlink(kBrokerSocket);
    close(listener_);
  }

  void run(int signals) {
    idle_since_ = Clock::now();
    while (!clients_.empty() || Clock::now() - idle_since_ < kLinger) {
      std::vector<pollfd> fds{{listener_, POLLIN, 0}, {signals, POLLIN, 0}};
      for (const Client& client : clients_) fds.push_back({client.socket, POLLIN, 0});
      poll(fds.data(), fds.size(), 100);
      if (fds[1].revents != 0) return;
      if (fds[0].revents != 0) accept_client();
      serve(fds);
      resend_reclaims();
    }
  }

 private:
  void accept_client() {
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

  void serve(const std::vector<pollfd>& fds) {
    std::size_t i = 2;
    for (auto client = clients_.begin(); client != clients_.end() && i < fds.size(); ++i) {
      const bool alive = fds[i].revents == 0 || exchange(*client);
      if (alive)
        ++client;
      else
        client = drop(client);
    }
  }

  bool exchange(Client& client) {
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

  Json answer(Client& client, const Json& request, std::vector<int>& attached) {
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
    if (op == "graph") return {{"graph", graph()}};
    if (op == "page") {
      const Process* other = registry_.find_process(request.at("process"));
      if (other != nullptr) attached.push_back(other->page_fd);
      return Json::object();
    }
    if (op == "kill") return kill_process(request.at("pid"));
    throw std::invalid_argument{"unknown operation " + op};
  }

  Json hello(Client& client, const Json& request, std::vector<int>& attached) {
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

  Json graph() const {
    Json graph = registry_.graph(generation_);
    graph["memory"] = memory_json();
    return graph;
  }

  Json memory_json() const {
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
                       {"least_free", use[i].least_free}});
    }
    return {{"pools", std::move(pools)},
            {"management_bytes", sizes.management_bytes},
            {"payload_bytes", sizes.payload_bytes},
            {"touched_bytes", sizes.touched_bytes},
            {"publishers", demand.publishers},
            {"subscribers", demand.subscribers}};
  }

  Json add_endpoint(Process& process, const Json& request, bool publisher) {
    Endpoint endpoint = endpoint_of(request, publisher);
    endpoint.type = request.at("type");
    endpoint.type_id = request.at("type_id");
    endpoint.doorbell = request.value("doorbell", 0U);
    if (endpoint.doorbell >= kMaxDoorbells) throw std::invalid_argument{"no such doorbell"};
    const Endpoint& added = registry_.add_endpoint(process, std::move(endpoint), request.at("type_json"));
    return {{"id", added.id}, {"counters", added.counters}, {"topic_slot", added.topic_slot}};
  }

  Json kill_process(pid_t pid) {
    for (const auto& [id, process] : registry_.processes()) {
      if (process.pid == pid) return {{"outside", kill_outside_calls(pid, *process.page)}};
    }
    if (kill(pid, SIGKILL) != 0) throw std::invalid_argument{fmt::format("no process {}", pid)};
    return {{"outside", true}};
  }

  std::list<Client>::iterator drop(std::list<Client>::iterator client) {
    if (const Process* process = registry_.find_process(client->process)) {
      reclaims_.push_back({process->runtime, Clock::now()});
      close(process->page_fd);
      munmap(process->page, sizeof *process->page);
      registry_.remove_process(process->id);
      clocks_.sweep(registry_.processes());
    }
    close(client->socket);
    if (client->pidfd >= 0) close(client->pidfd);
    idle_since_ = Clock::now();
    return clients_.erase(client);
  }

  /// What iceoryx leaves of a runtime that could not clean up: its socket and its lock file.
  static void remove_leftovers(const std::string& runtime) {
    unlink(("/tmp/" + runtime).c_str());
    unlink(("/tmp/" + runtime + ".lock").c_str());
  }

  void resend_reclaims() {
    for (auto it = reclaims_.begin(); it != reclaims_.end();) {
      if (Clock::now() < it->next) {
        ++it;
        continue;
      }
      memory_.reclaim(it->runtime);
      it->next = Clock::now() + kReclaimResend;
      if (--it->tries == 0) remove_leftovers(it->runtime);
      it = it->tries == 0 ? reclaims_.erase(it) : std::next(it);
    }
  }

  std::uint32_t generation_;
  std::pair<int, DoorbellPage*> doorbells_;
  std::vector<Pool> pools_;
  SharedMemory memory_;
  Registry registry_;
  GroupClocks clocks_;
  int listener_;
  std::list<Client> clients_;
  std::list<Reclaim> reclaims_;
  Clock::time_point idle_since_;
};

int block_signals() {
  sigset_t all;
  sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) sigdelset(&all, fault);
  sigprocmask(SIG_BLOCK, &all,
              nullptr);  // every thread of RouDi inherits it; SIGINT and SIGHUP are never looked at
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  return signalfd(-1, &term, SFD_CLOEXEC);
}

/// Ready: whoever waits on our standard error may go on. Nobody's child from here.
void detach_output() {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(null, 2);
  close(null);
}

int serve(bool detach) {
  const LockFile lock;
  const int signals = block_signals();
  prctl(PR_SET_NAME, "tactus-broker");
  // Above every node: they may wait for a lock that RouDi's thread holds. Denied without privileges, and said
  // by rtctl doctor.
  const sched_param priority{91};
  const bool realtime = sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &priority) == 0;
  static_cast<void>(realtime);
  Broker broker;
  if (detach) detach_output();
  broker.run(signals);
  return 0;
}

}  // namespace
}  // namespace tactus::broker

int main(int argc, char** argv) {
  const bool detach = argc == 2 && std::strcmp(argv[1], "--detach") == 0;
  if (argc > 1 && !detach) {
    fmt::print(stderr,
               "usage: tactus-broker [--detach]\nStarted on demand; runs until a few seconds after its last "
               "client.\n");
    return 2;
  }
  if (detach && fork() != 0) _exit(0);
  try {
    return tactus::broker::serve(detach);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
