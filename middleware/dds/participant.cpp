// SPDX-License-Identifier: Apache-2.0
#include "participant.hpp"

#include <dds/dds.h>
#include <fmt/core.h>

#include <chrono>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "keys.hpp"

namespace tactus::dds {
namespace {

/// Cyclone says a line for each packet that is none: somebody else would decide how fast our log grows.
constexpr int kLinesPerSecond = 10;

/// A host that says nothing for so long is gone for the others. The ledger is written ten times a second.
constexpr int kLeaseSeconds = 4;

struct LogState {
  std::mutex mutex;
  std::function<void(const std::string&)> sink;
  std::string last;  ///< Cyclone's error codes say nothing; its log line before them does
  std::chrono::steady_clock::time_point second{};
  int lines = 0;  ///< in this second
  std::uint64_t left_out = 0;
};

/// False for lines beyond those of this second.
bool may_say(LogState& state) {
  const auto now = std::chrono::steady_clock::now();
  if (now - state.second >= std::chrono::seconds{1}) {
    state.second = now;
    state.lines = 0;
  }
  if (++state.lines > kLinesPerSecond) {
    ++state.left_out;
    return false;
  }
  if (state.lines == 1 && state.left_out > 0)
    state.sink(
        fmt::format("{} more lines like the last ones were left out", std::exchange(state.left_out, 0)));
  return true;
}

LogState& log_state() {
  static LogState state;
  return state;
}

void on_log(void*, const dds_log_data_t* data) {
  std::string text{data->message, data->size};
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  LogState& state = log_state();
  const std::lock_guard lock{state.mutex};
  state.last = text;
  if (state.sink && may_say(state)) state.sink(text);
}

std::string last_log() {
  const std::lock_guard lock{log_state().mutex};
  return log_state().last;
}

std::string xml_escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '&':
        result += "&amp;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string interfaces(const DomainSettings& settings) {
  if (settings.interface.empty()) return "";
  const bool address = settings.interface.find_first_of(".:") != std::string::npos;
  return fmt::format("<Interfaces><NetworkInterface {}=\"{}\"/></Interfaces>", address ? "address" : "name",
                     xml_escaped(settings.interface));
}

std::string discovery(const DomainSettings& settings) {
  std::string peers;
  for (const auto& peer : settings.peers) peers += fmt::format("<Peer address=\"{}\"/>", xml_escaped(peer));
  if (!peers.empty()) peers = "<Peers>" + peers + "</Peers>";
  // With an index it can be found at a well-known port, by who is told its address and has no multicast.
  return fmt::format(
      "<Discovery><LeaseDuration>{} s</LeaseDuration>{}<ParticipantIndex>auto</ParticipantIndex>"
      "<MaxAutoParticipantIndex>120</MaxAutoParticipantIndex></Discovery>",
      kLeaseSeconds, peers);
}

void check(const DomainSettings& settings) {
  if (settings.security.empty()) return;
  try {
    security::check_keys(settings.security, std::chrono::system_clock::now() + kLeaveBeforeExpiry);
  } catch (const security::KeyError& problem) {
    throw NetworkError{fmt::format("security: {}", problem.what())};
  }
}

/// The plugins come with Cyclone.
void secure(dds_qos_t* qos, const security::HostKeys& keys) {
  const auto plugin = [&](const std::string& name, const char* library, const std::string& functions) {
    const std::string prefix = "dds.sec." + name + ".library.";
    dds_qset_prop(qos, (prefix + "path").c_str(), library);
    dds_qset_prop(qos, (prefix + "init").c_str(), ("init_" + functions).c_str());
    dds_qset_prop(qos, (prefix + "finalize").c_str(), ("finalize_" + functions).c_str());
  };
  plugin("auth", "dds_security_auth", "authentication");
  plugin("crypto", "dds_security_crypto", "crypto");
  plugin("access", "dds_security_ac", "access_control");
  const auto file = [&](const char* name, const std::filesystem::path& path) {
    dds_qset_prop(qos, name, ("file:" + path.string()).c_str());
  };
  file("dds.sec.auth.identity_ca", keys.identity_ca);
  file("dds.sec.auth.private_key", keys.key);
  file("dds.sec.auth.identity_certificate", keys.identity);
  file("dds.sec.access.permissions_ca", keys.permissions_ca);
  file("dds.sec.access.governance", keys.governance);
  file("dds.sec.access.permissions", keys.permissions);
}

}  // namespace

/// What encryption adds to a datagram: header, key ids, initial vector, two tags.
constexpr std::uint32_t kEncryptedBytes = 96;
/// What fits into an Ethernet frame, and Cyclone's own default. A fragment of a message and its headers
/// always fit.
constexpr std::uint32_t kFrameBytes = 1456;
constexpr std::uint32_t kTenFramesBytes = 14720;
constexpr std::uint32_t kHeaderBytes = 112;

std::string configuration(const DomainSettings& settings) {
  const std::uint32_t frame = kFrameBytes - (settings.security.empty() ? 0 : kEncryptedBytes);
  // The internal values let 2 MB messages cross a link that loses 1 % (docs/design/gateway.md).
  return fmt::format(
      "<CycloneDDS><Domain id=\"any\">"
      "<General>{}<AllowMulticast>{}</AllowMulticast><MaxMessageSize>{}B</MaxMessageSize>"
      "<FragmentSize>{}B</FragmentSize></General>{}"
      "<SharedMemory><Enable>false</Enable></SharedMemory>"
      "<Compatibility><ExplicitlyPublishQosSetToDefault>true</ExplicitlyPublishQosSetToDefault>"
      "</Compatibility>"
      "<Internal><NackDelay>10 ms</NackDelay>"
      "<HeartbeatInterval min=\"5 ms\" minsched=\"10 ms\" max=\"1 s\">20 ms</HeartbeatInterval>"
      "<WriterLingerDuration>0 s</WriterLingerDuration>"
      "<SocketReceiveBufferSize max=\"4MiB\"/></Internal>"
      "</Domain></CycloneDDS>",
      interfaces(settings), settings.multicast ? "default" : "false",
      settings.loss_free ? kTenFramesBytes : frame, frame - kHeaderBytes, discovery(settings));
}

Participant::Participant(const DomainSettings& settings, const std::string& user_data) {
  check(settings);
  dds_set_log_sink(on_log, nullptr);
  domain_ = dds_create_domain(settings.domain, configuration(settings).c_str());
  if (domain_ < 0) {
    throw NetworkError{fmt::format("DDS domain {} on {}: {} ({})", settings.domain,
                                   settings.interface.empty() ? "the default interface" : settings.interface,
                                   dds_strretcode(domain_), last_log())};
  }
  dds_qos_t* qos = dds_create_qos();
  dds_qset_userdata(qos, user_data.data(), user_data.size());
  if (!settings.security.empty()) secure(qos, security::keys_in(settings.security));
  participant_ = dds_create_participant(settings.domain, qos, nullptr);
  dds_delete_qos(qos);
  if (participant_ < 0) {
    dds_delete(domain_);
    throw NetworkError{fmt::format("DDS domain {}: no participant: {} ({})", settings.domain,
                                   dds_strretcode(participant_), last_log())};
  }
}

Participant::~Participant() {
  auto deleted = std::make_shared<std::promise<void>>();  // shared with a thread that may never end
  const auto done = deleted->get_future();
  std::thread{[domain = domain_, deleted] {
    dds_delete(domain);
    deleted->set_value();
  }}.detach();
  done.wait_for(std::chrono::seconds{1});
}

void set_log(std::function<void(const std::string&)> sink) {
  const std::lock_guard lock{log_state().mutex};
  log_state().sink = std::move(sink);
}

}  // namespace tactus::dds
