// SPDX-License-Identifier: Apache-2.0
// tactus-gateway: this host's topics in a DDS domain. The only process of a host with network sockets.
#include <fmt/chrono.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "gateway.hpp"
#include "host_addresses.hpp"
#include "keys.hpp"
#include "socket_limits.hpp"
#include "tactus/middleware/iceoryx_transport.hpp"

namespace {

using namespace tactus;

/// Exit code: Cyclone does not follow an interface that comes or goes, nor takes new keys; a new process
/// does. (EX_TEMPFAIL)
constexpr int kStartAgain = 75;

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  return set;
}

void say(const std::string& text) { fmt::print(stderr, "gateway: {}\n", text); }

/// What started this program and wants to know how it goes; nobody when a person did.
class Starter {
 public:
  explicit Starter(int fd) : fd_{fd} {}
  void tell(const char* what, const std::string& text) {
    const std::string line = nlohmann::json{{"what", what}, {"text", text}}.dump() + "\n";
    if (fd_ >= 0) send(fd_, line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }

 private:
  int fd_;
};

gateway::Priority to_priority(const std::string& text) {
  const auto equals = text.rfind('=');
  const std::string level = text.substr(equals + 1);
  return {text.substr(0, equals), level == "keep" ? gateway::kKeep : level.front() - '0'};
}

gateway::ChainBegin to_chain(const std::string& text) {
  const auto equals = text.rfind('=');
  gateway::ChainBegin chain{text.substr(0, equals)};
  if (equals != std::string::npos)
    std::from_chars(text.data() + equals + 1, text.data() + text.size(), chain.id);
  return chain;
}

/// For CLI11: empty when it is right.
std::string chain_error(const std::string& text) {
  return to_chain(text).id != 0 ? "" : "'" + text + "' is not TOPIC=ID";
}

/// For CLI11: empty when it is right.
std::string priority_error(const std::string& text) {
  const auto equals = text.rfind('=');
  const std::string level = equals == std::string::npos ? "" : text.substr(equals + 1);
  if (equals != 0 && (level == "keep" || (level.size() == 1 && level >= "0" && level <= "9"))) return {};
  return "'" + text + "' is not TOPIC=0..9 or TOPIC=keep";
}

bool stop_requested() {
  const timespec now{};
  const sigset_t signals = stop_signals();
  return sigtimedwait(&signals, nullptr, &now) > 0;
}

bool broker_ended(const BrokerClient& broker) {
  pollfd fd{broker.fd(), POLLIN, 0};
  return poll(&fd, 1, 0) > 0;
}

/// Keys do not last for ever, and nothing else tells when they end.
class KeyWatch {
 public:
  using Clock = std::chrono::system_clock;
  /// Throws security::KeyError.
  explicit KeyWatch(const std::string& folder) : folder_{folder} {
    if (!folder.empty()) end_ = security::check_keys(folder, Clock::now());
  }
  /// A sentence when they end soon; else empty.
  [[nodiscard]] std::string warning() const {
    constexpr auto kSoon = std::chrono::days{14};
    if (folder_.empty() || Clock::now() + kSoon < end_) return {};
    return fmt::format(
        "network: the keys in {} expire on {:%Y-%m-%d %H:%M} UTC, and the network with them: "
        "rtctl security create makes new ones",
        folder_, fmt::gmtime(Clock::to_time_t(end_)));
  }
  /// It is time to leave. True: there are new ones by now. Throws security::KeyError when there are none.
  [[nodiscard]] bool renewed() const {
    const auto now = Clock::now() + dds::kLeaveBeforeExpiry;
    if (folder_.empty() || now < end_) return false;
    security::check_keys(folder_, now + std::chrono::seconds{1});
    return true;
  }

 private:
  std::string folder_;
  Clock::time_point end_;
};

/// Returns the exit code.
int run(const dds::DomainSettings& domain, const gateway::Filter& filter, Starter& starter) {
  const auto broker = BrokerClient::ensure({BrokerClient::Kind::kProgram, "tactus-gateway", filter.group});
  const auto transport = make_iceoryx_transport(*broker);
  dds::set_log(say);
  const auto addresses = mesh::host_addresses(domain.interface);
  const auto notice = [&](const std::string& text) {
    say(text);
    starter.tell("notice", text);
  };
  gateway::Gateway gateway{*broker, *transport, domain, filter, say, notice};
  const KeyWatch keys{domain.security};
  say(fmt::format(
      "domain {}, {}; {}", domain.domain, domain.interface.empty() ? "default interface" : domain.interface,
      domain.security.empty() ? "everybody on this network can read and write: there is no security"
                              : "only who has keys of the same CAs reads and writes: " + domain.security));
  const auto advice = dds::receive_buffer_advice(dds::kReceiveBufferBytes,
                                                 dds::granted_receive_buffer(dds::kReceiveBufferBytes));
  if (!advice.empty()) say(advice);
  starter.tell("ready", "");
  if (const auto warning = keys.warning(); !warning.empty()) notice(warning);
  while (!stop_requested()) {
    if (broker_ended(*broker)) {
      say("the broker ended: nothing can be bridged");
      return 1;
    }
    if (mesh::host_addresses(domain.interface) != addresses) {
      say("the addresses of this host changed: start it again");
      return kStartAgain;
    }
    if (keys.renewed()) {
      say("there are new keys: start it again");
      return kStartAgain;
    }
    gateway.step();
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  CLI::App app{"Bridges this host's topics into a DDS domain, as ROS 2 names and encodes them."};
  app.footer("Example:\n  tactus-gateway --domain 0 --interface eth0 --export '/camera/*'");
  dds::DomainSettings domain;
  gateway::Filter filter;
  bool no_multicast = false;
  app.add_option("--domain", domain.domain, "DDS domain")
      ->envname("ROS_DOMAIN_ID")
      ->check(CLI::Range(0, 230));
  app.add_option("--interface", domain.interface, "network interface, by name or address");
  app.add_option("--peer", domain.peers, "address of another host, where multicast does not reach");
  app.add_flag("--no-multicast", no_multicast, "find hosts by --peer only");
  app.add_flag(
      "--loss-free", domain.loss_free,
      "nothing is lost on this network (a cable, a switch with room): quicker for messages over 1 kB");
  app.add_option("--group", filter.group, "tenant: a DDS partition; the default one meets ROS 2");
  app.add_option("--export", filter.exports, "topics that may leave this host; default all");
  app.add_option("--import", filter.imports, "topics to take in although they have a publisher here");
  app.add_option("--ros", filter.ros_gid_bytes, "whose list of nodes this host's appear in")
      ->transform(
          CLI::Transformer{std::map<std::string, std::size_t>{{"humble", 24}, {"iron", 16}, {"off", 0}}}
              .description("humble, iron (and later), off"));
  app.add_option("--security", domain.security, "folder of this host's keys (rtctl security create)");
  std::vector<std::string> priorities;
  app.add_option("--priority", priorities,
                 "TOPIC=0..9: shed under overload, the lowest first; TOPIC=keep: never")
      ->check(priority_error);
  std::vector<std::string> chains;
  app.add_option("--chain", chains, "TOPIC=ID: a chain of the launch that begins with it")
      ->check(chain_error)
      ->group("");
  int control_fd = -1;
  app.add_option("--control-fd", control_fd, "socket of what started it: told when it is ready")->group("");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  domain.multicast = !no_multicast;
  for (const auto& text : priorities) filter.priorities.push_back(to_priority(text));
  for (const auto& text : chains) filter.chains.push_back(to_chain(text));
  Starter starter{control_fd};
  try {
    const int code = run(domain, filter, starter);
    std::fflush(nullptr);
    _exit(code);  // a thread of Cyclone's may be left behind
  } catch (const std::exception& problem) {
    starter.tell("failed", problem.what());
    if (control_fd < 0) say(problem.what());
    return 1;
  }
}
