// SPDX-License-Identifier: Apache-2.0
#include "broker.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <poll.h>

#include <filesystem>

#include "command.hpp"
#include "tactus/middleware/broker_client.hpp"
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

// The module lies where this program's libraries lie: beside it in the build and when installed.
std::filesystem::path module_path() {
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
  return program.parent_path().parent_path() / "lib" / kTransportModule;
}

}  // namespace

std::string read_graph_text() { return connect("rtctl", "", Connection::Join::kReader)->graph(); }

Graph read_graph() { return parse_graph(read_graph_text()); }

Connection::Connection(const std::string& name, const std::string& group, Join join)
    : client_{connect(name, group, join)} {}

Connection::~Connection() = default;

Graph Connection::graph() { return parse_graph(client_->graph()); }

bool Connection::ended() const {
  pollfd broker{client_->fd(), POLLIN, 0};
  return poll(&broker, 1, 0) > 0;
}

std::string Connection::why_it_ended() const { return client_->why_it_ended(); }

tactus::Transport& Connection::transport() {
  if (transport_ == nullptr) transport_ = load_function<MakeTransport>(kMakeTransport)(*client_);
  return *transport_;
}

void* load_symbol(const char* name) {
  void* module = dlopen(module_path().c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) throw Failure{fmt::format("a part of rtctl cannot be loaded: {}", dlerror())};
  void* symbol = dlsym(module, name);
  if (symbol == nullptr)
    throw Failure{fmt::format("{} is of another version of rtctl", module_path().string())};
  return symbol;
}

}  // namespace rtctl
