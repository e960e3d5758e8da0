// SPDX-License-Identifier: Apache-2.0
#include "vault.hpp"

#include <iceoryx_posh/runtime/posh_runtime.hpp>

namespace tactus::shm {

Vault::~Vault() {
  if (forked()) return;
  const InCall call{page_};
  for (SubscriberData* port : ports_) iox::popo::SubscriberPortUser{port}.destroy();
}

Cell* Vault::take() {
  const std::scoped_lock lock{mutex_};
  if (free_.empty() && !add_port()) return nullptr;
  Cell* range = free_.back();
  free_.pop_back();
  return range;
}

void Vault::give_back(Cell* range) {
  const std::scoped_lock lock{mutex_};
  free_.push_back(range);
}

bool Vault::add_port() {
  iox::popo::SubscriberOptions options;
  options.subscribeOnCreate = false;
  options.queueCapacity = 1;
  const InCall call{page_};
  auto& runtime = iox::runtime::PoshRuntime::getInstance();
  SubscriberData* port = runtime.getMiddlewareSubscriber({"tactus", "slots", "cells"}, options);
  if (port == nullptr) return false;
  ports_.push_back(port);
  for (std::uint32_t cell = 0; cell + kRange <= kCellsPerPort; cell += kRange)
    free_.push_back(cells_of(*port) + cell);
  return true;
}

const std::string& Vault::self_test() {
  const std::scoped_lock lock{mutex_};
  if (tested_ == nullptr) tested_ = std::make_unique<const std::string>(test());
  return *tested_;
}

std::string Vault::test() {
  if (ports_.empty() && !add_port()) return "it has no subscriber port left on this host";
  iox::popo::PublisherOptions options;
  options.offerOnCreate = false;
  const InCall call{page_};
  auto& runtime = iox::runtime::PoshRuntime::getInstance();
  PublisherData* publisher = runtime.getMiddlewarePublisher({"tactus", "slots", "test"}, options);
  if (publisher == nullptr) return "it has no publisher port left on this host";
  std::string wrong = shm::self_test(*publisher, *ports_.front());
  iox::popo::PublisherPortUser{publisher}.destroy();
  return wrong;
}

}  // namespace tactus::shm
