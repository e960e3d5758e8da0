// SPDX-License-Identifier: Apache-2.0
#include "broker.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <poll.h>

#include <filesystem>

#include "command.hpp"
#include "network.hpp"
#include "tactus/middleware/broker_client.hpp"
#include "tactus/msg/registry.hpp"
#include "transport_module.hpp"

namespace rtctl {
namespace {

constexpr const char* kNothing = "nothing is running";

std::unique_ptr<tactus::BrokerClient> connect(const std::string& name, const std::string& group,
                                              Connection::Join join) {
  using Kind = tactus::BrokerClient::Kind;
  if (join == Connection::Join::kStart) return tactus::BrokerClient::ensure({Kind::kProgram, name, group});
  const Kind kind = join == Connection::Join::kReader ? Kind::kReader : Kind::kProgram;
  auto client = tactus::BrokerClient::connect({kind, name, group});
  if (client == nullptr) throw Failure{kNothing};
  return client;
}

// The modules lie where this program's libraries lie: beside it in the build and when installed.
std::filesystem::path module_path(const char* module) {
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
  return program.parent_path().parent_path() / "lib" / module;
}

// The domain stays joined for the length of the command; one group only.
Network& network(const std::string& group) {
  static const std::unique_ptr<Network> joined =
      load_function<MakeNetwork>(kMakeNetwork, kNetworkModule)(network_options(), group, tactus::find_type);
  return *joined;
}

bool on_network() { return network_options().domain.has_value(); }

}  // namespace

std::string read_graph_text(const std::string& group) {
  if (on_network()) return network(group).graph();
  return connect("rtctl", "", Connection::Join::kReader)->graph();
}

Graph read_graph(const std::string& group) { return parse_graph(read_graph_text(group)); }

Connection::Connection(const std::string& name, const std::string& group, Join join) {
  if (on_network()) {
    network_ = &network(group);
  } else {
    client_ = connect(name, group, join);
  }
}

Connection::~Connection() = default;

Graph Connection::graph() { return parse_graph(network_ != nullptr ? network_->graph() : client_->graph()); }

bool Connection::ended() const {
  if (network_ != nullptr) return false;
  pollfd broker{client_->fd(), POLLIN, 0};
  return poll(&broker, 1, 0) > 0;
}

std::string Connection::why_it_ended() const { return client_->why_it_ended(); }

tactus::Transport& Connection::transport() {
  if (network_ != nullptr) return network_->transport();
  if (transport_ == nullptr) transport_ = load_function<MakeTransport>(kMakeTransport)(*client_);
  return *transport_;
}

Connection::Bell Connection::bell() {
  if (network_ != nullptr) return {0, network_->doorbell()};
  const tactus::DoorbellId id = client_->allocate_doorbell();
  return {id, client_->doorbells().doorbells[id]};
}

void* load_symbol(const char* name, const char* module) {
  const std::filesystem::path path = module_path(module);
  void* loaded = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (loaded == nullptr) throw Failure{fmt::format("a part of rtctl cannot be loaded: {}", dlerror())};
  void* symbol = dlsym(loaded, name);
  if (symbol == nullptr) throw Failure{fmt::format("{} is of another version of rtctl", path.string())};
  return symbol;
}

}  // namespace rtctl
