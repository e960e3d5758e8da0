// SPDX-License-Identifier: Apache-2.0
// This folder is the only place that calls iceoryx from a node's process. Every call that may take a lock in
// shared memory raises the thread's in-call flag, so that the broker kills us only outside of them.
#include "tactus/middleware/iceoryx_transport.hpp"

#include <fmt/core.h>

#include <iceoryx_hoofs/error_handling/error_handling.hpp>
#include <iceoryx_hoofs/log/logmanager.hpp>
#include <iceoryx_posh/runtime/posh_runtime.hpp>
#include <type_traits>

#include "publishers.hpp"
#include "runtime.hpp"
#include "tactus/middleware/checks.hpp"

namespace tactus {
namespace {

/// iceoryx aborts on SEVERE by default; what it reports is counted by us as a failed call. FATAL cannot go
/// on.
void on_iceoryx_error(const iox::Error error, const std::function<void()>, const iox::ErrorLevel level) {
  if (level != iox::ErrorLevel::FATAL) return;
  fmt::print(stderr, "tactus: iceoryx cannot go on: {}\n", iox::ErrorHandler::toString(error));
  std::abort();
}

class IceoryxTransport final : public Transport {
 public:
  IceoryxTransport(BrokerClient& broker, Delivery delivery)
      : shared_{.broker = broker, .hub = {}, .want_slots = delivery == Delivery::kSlots} {
    static const auto handler = iox::ErrorHandler::setTemporaryErrorHandler(on_iceoryx_error);
    shm::watch_forks();
    iox::log::LogManager::GetLogManager().SetDefaultLogLevel(iox::log::LogLevel::kOff,
                                                             iox::log::LogLevelOutput::kHideLogLevel);
    const shm::InCall call{broker.page()};
    iox::runtime::PoshRuntime::initRuntime(
        iox::RuntimeName_t{iox::cxx::TruncateToCapacity, broker.runtime_name()});
  }

  std::unique_ptr<UntypedPublisher> create_publisher(const PublisherOptions& options) override {
    check(options);
    constexpr std::size_t kLargest = (std::size_t{16} << 20) - 512;
    if (options.max_bytes > kLargest) {
      throw TransportError{TransportErrorCode::kMessageTooLarge,
                           fmt::format("{}: topic '{}': max_bytes is {}, the largest chunk holds {}",
                                       options.node, options.topic, options.max_bytes, kLargest)};
    }
    const EndpointPlace place = shared_.broker.add_publisher(options);
    return placed(place, [&] { return make_publisher(options, place); });
  }
  std::unique_ptr<UntypedSubscriber> create_subscriber(const SubscriberOptions& options) override {
    check(options);
    const EndpointPlace place = shared_.broker.add_subscriber(options);
    return placed(
        place, [&] { return shm::make_subscriber(shared_, options, place, create_port(shared_, options)); });
  }

 private:
  template <typename Make>
  std::invoke_result_t<Make> placed(const EndpointPlace& place, Make make) {
    try {
      return make();
    } catch (...) {
      shared_.broker.remove_endpoint(place);
      throw;
    }
  }

  static void check(const auto& options) {
    check_options(options);
    if (shm::forked()) {
      throw TransportError{
          TransportErrorCode::kForked,
          fmt::format("{}: this process was forked from one that has topics: exec a program instead",
                      options.node)};
    }
  }

  std::unique_ptr<UntypedPublisher> make_publisher(const PublisherOptions& options,
                                                   const EndpointPlace& place) {
    shm::PublisherData& data = create_port(shared_, options);
    if (options.history == 0 && slots_work()) {
      if (auto publisher = shm::make_slot_publisher(shared_, options, place, data)) return publisher;
      fmt::print(
          stderr,
          "{}: topic '{}' goes through iceoryx also inside this process, which is slower: iceoryx has no "
          "subscriber port left on this host\n",
          options.node, options.topic);
    }
    return shm::make_plain_publisher(shared_, options, place, data);
  }

  bool slots_work() {
    if (!shared_.want_slots) return false;
    const std::string& wrong = shared_.vault.self_test();
    if (!wrong.empty() && !std::exchange(said_, true)) {
      fmt::print(
          stderr,
          "tactus: messages inside this process go through iceoryx, which is slower: this is not iceoryx "
          "2.0.3 as Debian has it: {}\n",
          wrong);
    }
    return wrong.empty();
  }

  shm::Shared shared_;
  bool said_ = false;
};

}  // namespace

std::unique_ptr<Transport> make_iceoryx_transport(BrokerClient& broker, Delivery delivery) {
  return std::make_unique<IceoryxTransport>(broker, delivery);
}

}  // namespace tactus
