// SPDX-License-Identifier: Apache-2.0
#include "runtime.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iceoryx_posh/runtime/posh_runtime.hpp>

namespace tactus::shm {
namespace {

[[noreturn]] void refuse(TransportErrorCode code, const std::string& node, const std::string& topic,
                         const char* what) {
  throw TransportError{
      code, fmt::format("{}: topic '{}': iceoryx has no {} left on this host: end another launch", node,
                        topic, what)};
}

}  // namespace

PublisherData& create_port(Shared& shared, const PublisherOptions& options) {
  iox::popo::PublisherOptions wanted;
  wanted.historyCapacity = options.history;
  wanted.nodeName = node_name(options.node);
  const InCall call{shared.broker.page()};
  PublisherData* port = iox::runtime::PoshRuntime::getInstance().getMiddlewarePublisher(
      service(shared.broker.group(), options.topic, *options.type), wanted);
  if (port == nullptr)
    refuse(TransportErrorCode::kTooManyPublishers, options.node, options.topic, "publisher");
  wait_for([&] { return iox::popo::PublisherPortUser{port}.isOffered(); });
  return *port;
}

SubscriberData& create_port(Shared& shared, const SubscriberOptions& options) {
  iox::popo::SubscriberOptions wanted;
  wanted.queueCapacity = options.depth;
  wanted.historyRequest = options.want_history ? std::min(kMaxHistory, options.depth) : 0;
  wanted.nodeName = node_name(options.node);
  const InCall call{shared.broker.page()};
  SubscriberData* port = iox::runtime::PoshRuntime::getInstance().getMiddlewareSubscriber(
      service(shared.broker.group(), options.topic, *options.type), wanted);
  if (port == nullptr)
    refuse(TransportErrorCode::kTooManySubscribers, options.node, options.topic, "subscriber");
  wait_for([&] {
    return iox::popo::SubscriberPortUser{port}.getSubscriptionState() !=
           iox::SubscribeState::SUBSCRIBE_REQUESTED;
  });
  return *port;
}

void say_left_out(const std::string& node, const std::string& topic, std::size_t pairs) {
  if (pairs == 0) return;
  fmt::print(
      stderr,
      "{}: topic '{}': {} of its pairs inside this process go through iceoryx, which is slower: they queue "
      "or hold more than slots can; lower depth or max_held\n",
      node, topic, pairs);
}

}  // namespace tactus::shm
