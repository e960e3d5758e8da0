// SPDX-License-Identifier: Apache-2.0
#include "host_process.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "../host/log_file.hpp"
#include "tactus/middleware/broker_client.hpp"
#include "tactus/middleware/iceoryx_transport.hpp"
#include "tactus/middleware/in_process.hpp"
#include "tactus/node_description.hpp"
#include "tactus/scheduler/host.hpp"
#include "tactus/scheduler/simulated_host.hpp"

namespace tactus {
namespace {

// Shorter than the supervisor's: what hangs is named before it is killed.
constexpr std::chrono::milliseconds kStopLimit{1'500};
constexpr std::chrono::milliseconds kLastStopLimit{3'000};
constexpr std::chrono::milliseconds kCommandLimit{1'000};

/// Who is told how this process gets on: the supervisor, or people.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void tell(const char* what, const std::string& text) = 0;
  /// Readable when it wants this process to end; -1: never.
  [[nodiscard]] virtual int fd() const = 0;
  /// Blocks until it says `word`: "prefault" when all processes of the launch are constructed, "go" when the
  /// nodes may start. False: it never will.
  virtual bool wait_for(const char* word, int signals) = 0;
  /// fd() is readable: does what it asks for. False: it is gone.
  /// nullptr: its nodes take no commands.
  virtual bool obey(Host* host) = 0;
};

class People final : public Observer {
 public:
  void tell(const char*, const std::string& text) override {
    if (!text.empty()) fmt::print(stderr, "tactus: {}\n", text);
  }
  [[nodiscard]] int fd() const override { return -1; }
  bool wait_for(const char*, int) override { return true; }
  bool obey(Host*) override { return true; }
};

std::map<std::string, ParameterValue> parameters_of(const nlohmann::json& request) {
  std::map<std::string, ParameterValue> parameters;
  for (const auto& [name, value] : request.at("parameters").items())
    parameters[name] = parameter_from_json(value);
  return parameters;
}

class SupervisorSocket final : public Observer {
 public:
  explicit SupervisorSocket(int fd) : fd_{fd} {}

  void tell(const char* what, const std::string& text) override { send({{"what", what}, {"text", text}}); }
  void send(const nlohmann::json& json) const {
    const std::string line = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    ::send(fd_, line.data(), line.size(),
           MSG_NOSIGNAL);  // a supervisor that is gone is noticed by its end of file
  }
  [[nodiscard]] int fd() const override { return fd_; }
  bool wait_for(const char* word, int signals) override {
    pollfd fds[] = {{.fd = signals, .events = POLLIN, .revents = 0},
                    {.fd = fd_, .events = POLLIN, .revents = 0}};
    while (::poll(fds, 2, -1) <= 0) continue;
    return fds[0].revents == 0 && read_line() == word;
  }
  bool obey(Host* host) override {
    const std::string line = read_line();
    if (line.empty()) return false;
    const auto request = nlohmann::json::parse(line);
    const std::string node = request.at("node"), what = request.at("do");
    Reload answer{"a launch on simulated time takes no commands", {}};
    if (host != nullptr && what == "reload")
      answer = host->reload(node, std::string{request.at("library")}, parameters_of(request), kCommandLimit);
    else if (host != nullptr)
      answer.error = what == "level" ? host->set_log_level(node, request.at("level"))
                                     : host->command(node, what, kCommandLimit);
    send({{"what", "answer"}, {"text", answer.error}, {"said", answer.said}, {"id", request.at("id")}});
    return true;
  }
  /// Empty at the end of file.
  std::string read_line() {
    std::string line;
    for (char letter = 0; ::read(fd_, &letter, 1) == 1 && letter != '\n';) line += letter;
    return line;
  }

 private:
  int fd_;
};

/// SIGINT is among them where it is blocked: else it is a debugger's, and only looks as if it were pending.
int stop_signals() {
  block_signals();
  sigset_t set, blocked;
  pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  if (sigismember(&blocked, SIGINT) == 1) sigaddset(&set, SIGINT);
  return signalfd(-1, &set, SFD_CLOEXEC);
}

/// True: asked to stop. False: the broker is gone.
bool wait_for_end(Host* host, Observer& observer, int signals, int broker) {
  for (;;) {
    pollfd fds[] = {{.fd = broker, .events = POLLIN, .revents = 0},
                    {.fd = signals, .events = POLLIN, .revents = 0},
                    {.fd = observer.fd(), .events = POLLIN, .revents = 0}};
    if (::poll(fds, 3, -1) <= 0) continue;
    if (fds[0].revents != 0) return false;
    if (fds[1].revents != 0 || !observer.obey(host)) return true;
  }
}

[[noreturn]] void leave(int code) {
  std::fflush(nullptr);
  _exit(code);
}

/// A thread that does not return can only be ended with the process. The supervisor does that at an instant
/// at which no lock is held; without one, this does it a little later.
[[noreturn]] void give_up(Host& host) {
  for (const std::string& text : host.hanging()) fmt::print(stderr, "tactus: asked to stop, but {}\n", text);
  leave(host.stop(kLastStopLimit) ? kHostClean : kHostDidNotStop);
}

int run(const HostSettings& settings, BrokerClient& broker, Observer& observer, int signals) {
  const auto transport = make_iceoryx_transport(broker);
  LogFile log{settings.log_file};
  HostServices services = broker_services(broker, *transport);
  services.log = [&log](const std::string& line) {
    fmt::print(stderr, "{}\n", line);
    log.write(line);
  };
  Host host{settings, std::move(services)};
  for (const std::string& text : host.construct()) observer.tell("denied", text);
  observer.tell("constructed", "");
  if (!observer.wait_for("prefault", signals)) return kHostClean;
  for (const std::string& text : host.prefault()) observer.tell("denied", text);
  observer.tell("prefaulted", "");
  if (!observer.wait_for("go", signals)) return kHostClean;
  host.start();
  observer.tell("ready", "");
  const bool asked = wait_for_end(&host, observer, signals, broker.fd());
  if (!host.stop(kStopLimit)) give_up(host);
  if (const auto lost = host.lost_wakes(); lost > 0) {
    fmt::print(stderr, "tactus: process '{}': {} wakes were lost and found by the 100 ms re-check\n",
               settings.process, lost);
  }
  if (asked) return kHostClean;
  fmt::print(stderr, "tactus: process '{}' stops: the broker ended: {}\n", settings.process,
             broker.why_it_ended());
  leave(kHostBrokerEnded);  // to release the ports would be to wait for the broker
}

/// Until the simulation has ended (its report is told then) or somebody asks for the end.
int run_simulated(const HostSettings& settings, BrokerClient& broker, Observer& observer, int signals) {
  const auto unused = make_in_process_transport();  // its own comes with the virtual time
  SimulatedHost host{settings, broker_services(broker, *unused)};
  host.construct();
  observer.tell("constructed", "");
  if (!observer.wait_for("prefault", signals)) return kHostClean;
  observer.tell("prefaulted", "");
  if (!observer.wait_for("go", signals)) return kHostClean;
  observer.tell("ready", "");
  std::atomic<int> code = kHostClean;
  {
    const std::jthread simulation{[&](const std::stop_token& stop) {
      try {
        observer.tell("simulated", to_json_text(host.run(stop)));
      } catch (const std::exception& error) {
        fmt::print(stderr, "tactus: {}\n", error.what());
        code = kHostCouldNotStart;
        ::kill(::getpid(), SIGTERM);
      }
    }};
    wait_for_end(nullptr, observer, signals, broker.fd());
  }
  return code;
}

}  // namespace

int run_supervised(int control_fd) {
  SupervisorSocket supervisor{control_fd};
  try {
    const HostSettings settings = host_settings_from_json(supervisor.read_line());
    const int signals = stop_signals();  // from here on: before, a debugger may have taken hold
    const auto broker = BrokerClient::connect({BrokerClient::Kind::kHost, settings.process, settings.group});
    if (broker == nullptr) throw HostError{"the broker is gone; start again"};
    return (settings.simulated ? run_simulated : run)(settings, *broker, supervisor, signals);
  } catch (const std::exception& error) {
    supervisor.tell("failed", error.what());
    return kHostCouldNotStart;
  }
}

int run_alone(const HostSettings& settings) {
  const int signals = stop_signals();
  People people;
  try {
    const auto broker =
        BrokerClient::ensure({BrokerClient::Kind::kProgram, settings.process, settings.group});
    return run(settings, *broker, people, signals);
  } catch (const std::exception& error) {
    people.tell("failed", error.what());
    return kHostCouldNotStart;
  }
}

}  // namespace tactus
