// SPDX-License-Identifier: Apache-2.0
#include "tactus/middleware/broker_client.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "broker_owner.hpp"
#include "tactus/middleware/group_clock.hpp"
#include "tactus/msg/dynamic_type.hpp"
#include "tactus/msg/type_id.hpp"
#include "wire.hpp"

extern char** environ;

namespace tactus {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr auto kAnswerLimit = std::chrono::seconds{5};
constexpr auto kStartLimit = std::chrono::seconds{10};

[[noreturn]] void unreachable(const std::string& reason) {
  throw TransportError{TransportErrorCode::kBrokerUnreachable, "the broker does not answer: " + reason};
}

template <typename Page>
Page* map(int fd, int protection) {
  struct stat info {};
  if (fstat(fd, &info) != 0 || static_cast<std::size_t>(info.st_size) < sizeof(Page)) return nullptr;
  void* memory = mmap(nullptr, sizeof(Page), protection, MAP_SHARED, fd, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<Page*>(memory);
}

/// -1 when nobody listens; throws when somebody of another user does.
int connect_socket() {
  const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, kBrokerSocket, sizeof address.sun_path - 1);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    const timeval limit{std::chrono::seconds{kAnswerLimit}.count(), 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
  }
  const int reason = errno;
  close(fd);
  if (reason == EACCES || reason == EPERM) {
    throw TransportError{TransportErrorCode::kBrokerRefused,
                         broker_owner() + ": run as that user, or end that process"};
  }
  return -1;
}

fs::path broker_program() {
  if (const char* given = std::getenv("TACTUS_BROKER")) return given;
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  for (const auto& path :
       {self.parent_path() / "tactus-broker", self.parent_path().parent_path() / "bin/tactus-broker"}) {
    if (fs::exists(path, error)) return path;
  }
  return "tactus-broker";
}

/// Starts the broker; it detaches by itself. Its reason for not coming up is on the pipe.
std::string start_broker() {
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) unreachable(std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, report[1], 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  const std::string program = broker_program();
  std::string argument = "--detach";
  char* arguments[] = {const_cast<char*>(program.c_str()), argument.data(), nullptr};
  pid_t pid = 0;
  const int failed = posix_spawnp(&pid, program.c_str(), &actions, &attributes, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(report[1]);
  if (failed != 0) {
    close(report[0]);
    unreachable(fmt::format("cannot start {}: {}", program, std::strerror(failed)));
  }
  std::string text;
  char buffer[512];
  for (ssize_t n; (n = TEMP_FAILURE_RETRY(read(report[0], buffer, sizeof buffer))) > 0;)
    text.append(buffer, static_cast<std::size_t>(n));
  close(report[0]);
  TEMP_FAILURE_RETRY(waitpid(pid, nullptr, 0));  // the one that detached; the broker itself is nobody's child
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string read(const BrokerEvents::Text& text) {
  std::string sentence;
  for (const auto& letter : text.letters) {
    if (letter.load() == '\0') break;
    sentence += letter.load();
  }
  return sentence;
}

const char* kind_text(BrokerClient::Kind kind) {
  constexpr const char* kNames[] = {"reader", "program", "host", "supervisor"};
  return kNames[static_cast<int>(kind)];
}

Json to_json(const PublisherOptions& options) {
  return {{"node", options.node},
          {"topic", options.topic},
          {"history", options.history},
          {"max_loans", options.max_loans},
          {"max_bytes", options.max_bytes}};
}

Json to_json(const SubscriberOptions& options) {
  return {{"node", options.node},
          {"topic", options.topic},
          {"depth", options.depth},
          {"max_held", options.max_held},
          {"doorbell", options.doorbell}};
}

}  // namespace

struct BrokerClient::State {
  std::mutex mutex;
  int socket = -1;
  std::uint32_t generation = 0, process = 0;
  std::string group, runtime;
  DoorbellPage* doorbells = nullptr;
  std::uint64_t events_seen = 0;
  ProcessPage* page = nullptr;

  ~State() {
    if (socket >= 0) close(socket);
    if (doorbells != nullptr) munmap(doorbells, sizeof *doorbells);
    if (page != nullptr) munmap(page, sizeof *page);
  }

  Json exchange(const Json& request, std::vector<int>& fds) {
    const std::scoped_lock lock{mutex};
    std::string text;
    if (!wire::send(socket, request.dump()) || !wire::receive(socket, text, fds))
      unreachable("it ended or hangs");
    Json reply = Json::parse(text);
    if (const auto error = reply.find("error"); error != reply.end()) {
      throw TransportError{static_cast<TransportErrorCode>(
                               reply.value("code", static_cast<int>(TransportErrorCode::kBrokerRefused))),
                           error->get<std::string>()};
    }
    return reply;
  }
  Json exchange(const Json& request) {
    std::vector<int> fds;
    Json reply = exchange(request, fds);
    for (const int fd : fds) close(fd);
    return reply;
  }

  EndpointPlace add(const char* op, const TypeInfo& type, Json request) {
    request.update({{"op", op},
                    {"type", type.name},
                    {"type_id", to_hex(type_id(type))},
                    {"type_json", serialize_type(type)}});
    const Json reply = exchange(request);
    return {reply.at("id"), reply.at("counters"), reply.at("topic_slot")};
  }

  void hello(const Identity& identity) {
    std::vector<int> fds;
    group = identity.group;
    const Json reply = exchange({{"op", "hello"},
                                 {"protocol", kProtocolVersion},
                                 {"kind", kind_text(identity.kind)},
                                 {"name", identity.name},
                                 {"group", identity.group}},
                                fds);
    generation = reply.at("generation");
    process = reply.at("process");
    runtime = reply.at("runtime");
    const ClockPage* clock = nullptr;
    if (fds.size() == 3) {
      doorbells = map<DoorbellPage>(fds[0], PROT_READ | PROT_WRITE);
      page = map<ProcessPage>(fds[1], PROT_READ | PROT_WRITE);
      clock = map<const ClockPage>(fds[2], PROT_READ);
    }
    for (const int fd : fds) close(fd);
    if (doorbells == nullptr || page == nullptr || clock == nullptr)
      unreachable("its pages have another size: it is of another version; end it and start again");
    events_seen = doorbells->events.count.load();
    follow_group_clock(*clock);
  }
};

BrokerClient::BrokerClient(std::unique_ptr<State> state) : state_{std::move(state)} {}
BrokerClient::~BrokerClient() = default;

std::unique_ptr<BrokerClient> BrokerClient::connect(const Identity& identity) {
  const int fd = connect_socket();
  if (fd < 0) return nullptr;
  auto state = std::make_unique<State>();
  state->socket = fd;
  state->hello(identity);
  return std::unique_ptr<BrokerClient>{new BrokerClient{std::move(state)}};
}

std::unique_ptr<BrokerClient> BrokerClient::ensure(const Identity& identity) {
  const auto limit = std::chrono::steady_clock::now() + kStartLimit;
  std::string reason;
  while (std::chrono::steady_clock::now() < limit) {
    try {
      if (auto client = connect(identity)) return client;
    } catch (const TransportError& error) {
      // It may be on its way out: then the next one is ours. A refusal is final.
      if (error.code() != TransportErrorCode::kBrokerUnreachable) throw;
      reason = error.what();
    }
    reason = start_broker();
    if (auto client = connect(identity)) return client;
    // Several may have started one at once: the loser says so, and the winner listens soon.
    if (!reason.empty() && reason.find("already runs") == std::string::npos) {
      throw TransportError{TransportErrorCode::kBrokerUnreachable, reason};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  throw TransportError{TransportErrorCode::kBrokerUnreachable,
                       "the broker did not come up within 10 s: " + reason};
}

std::uint32_t BrokerClient::generation() const noexcept { return state_->generation; }
std::uint32_t BrokerClient::process_id() const noexcept { return state_->process; }
const std::string& BrokerClient::group() const noexcept { return state_->group; }
const std::string& BrokerClient::runtime_name() const noexcept { return state_->runtime; }
DoorbellPage& BrokerClient::doorbells() noexcept { return *state_->doorbells; }
ProcessPage& BrokerClient::page() noexcept { return *state_->page; }
int BrokerClient::fd() const noexcept { return state_->socket; }

std::uint32_t BrokerClient::add_node(const std::string& name) {
  return state_->exchange({{"op", "add_node"}, {"name", name}}).at("index");
}

EndpointPlace BrokerClient::add_publisher(const PublisherOptions& options) {
  return state_->add("add_publisher", *options.type, to_json(options));
}

EndpointPlace BrokerClient::add_subscriber(const SubscriberOptions& options) {
  return state_->add("add_subscriber", *options.type, to_json(options));
}

void BrokerClient::reserve(const Reservation& reservation) {
  const auto all = [](const auto& endpoints) {
    Json list = Json::array();
    for (const auto& endpoint : endpoints) {
      list.push_back(to_json(endpoint.options));
      list.back()["where"] = endpoint.where;
    }
    return list;
  };
  state_->exchange({{"op", "reserve"},
                    {"processes", reservation.processes},
                    {"nodes", reservation.nodes},
                    {"publishers", all(reservation.publishers)},
                    {"subscribers", all(reservation.subscribers)}});
}

void BrokerClient::remove_endpoint(const EndpointPlace& place) noexcept {
  try {
    state_->exchange({{"op", "remove_endpoint"}, {"id", place.id}});
  } catch (const std::exception&) {
    // The broker is gone, and the endpoint with it.
  }
}

std::vector<std::string> BrokerClient::events() {
  const BrokerEvents& events = state_->doorbells->events;
  const std::uint64_t count = events.count.load(std::memory_order_acquire);
  if (count - state_->events_seen > BrokerEvents::kKept) state_->events_seen = count - BrokerEvents::kKept;
  std::vector<std::string> sentences;
  while (state_->events_seen < count)
    sentences.push_back(read(events.texts[state_->events_seen++ % BrokerEvents::kKept]));
  return sentences;
}

std::string BrokerClient::why_it_ended() const {
  const std::string reason = read(state_->doorbells->events.end);
  return reason.empty() ? "it was killed or crashed" : reason;
}

DoorbellId BrokerClient::allocate_doorbell() { return state_->exchange({{"op", "doorbell"}}).at("doorbell"); }

void BrokerClient::set_clock_rate(double rate) { state_->exchange({{"op", "clock"}, {"rate", rate}}); }

void BrokerClient::set_remote_clocks(const std::vector<RemoteClock>& clocks) {
  Json list = Json::array();
  for (const RemoteClock& clock : clocks)
    list.push_back({{"id", clock.id},
                    {"offset_ns", clock.offset_ns},
                    {"uncertainty_ns", clock.uncertainty_ns},
                    {"measured_ns", clock.measured_ns}});
  state_->exchange({{"op", "remote_clocks"}, {"clocks", list}});
}

void BrokerClient::set_status(const std::string& json) {
  Json status = Json::parse(json, nullptr, false);
  if (status.is_discarded())
    throw TransportError{TransportErrorCode::kBrokerRefused, "a status that is no JSON"};
  state_->exchange({{"op", "status"}, {"status", std::move(status)}});
}

std::string BrokerClient::graph() { return state_->exchange({{"op", "graph"}}).at("graph").dump(); }

std::shared_ptr<const ProcessPage> BrokerClient::map_page(std::uint32_t process_id) {
  std::vector<int> fds;
  const Json reply = state_->exchange({{"op", "page"}, {"process", process_id}}, fds);
  if (fds.empty()) return nullptr;
  const auto* page = map<const ProcessPage>(fds[0], PROT_READ);
  for (const int fd : fds) close(fd);
  // Shared: readers keep it while the process it belongs to may be forgotten.
  return {page, [](const ProcessPage* mapped) {
            if (mapped != nullptr) munmap(const_cast<ProcessPage*>(mapped), sizeof *mapped);
          }};
}

void BrokerClient::kill_process(pid_t pid) { state_->exchange({{"op", "kill"}, {"pid", pid}}); }

}  // namespace tactus
