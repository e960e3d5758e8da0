// SPDX-License-Identifier: Apache-2.0
#include "network_transport.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <thread>
#include <vector>

#include "endpoints.hpp"
#include "message_cdr.hpp"
#include "ros_names.hpp"
#include "tactus/middleware/time.hpp"
#include "tactus/msg/block.hpp"

namespace rtctl {
namespace {

using namespace tactus;

constexpr std::int64_t kMeetNs = 1'000'000'000;
constexpr std::int64_t kLookNs = 100'000'000;

struct HeapMessage {
  std::vector<std::uint64_t> words;
  SampleHeader header;
  [[nodiscard]] std::byte* bytes() { return reinterpret_cast<std::byte*>(words.data()); }
  [[nodiscard]] std::size_t size() const { return words.size() * 8; }
};

dds::EndpointSettings settings(const std::string& topic, const TypeInfo& type, const std::string& group) {
  dds::EndpointSettings settings;
  settings.topic = dds::dds_topic(topic);
  settings.type = dds::dds_type(type.name);
  settings.partition = group;
  return settings;
}

/// With the guarantees of the weakest writer, so that all of them are heard.
dds::EndpointSettings weakest(dds::EndpointSettings settings, const dds::Discovery& discovery) {
  bool any = false;
  settings.latched = true;
  for (const auto& writer : discovery.writers()) {
    if (writer.topic != settings.topic) continue;
    any = true;
    settings.latched = settings.latched && writer.latched;
    settings.reliable = settings.reliable && writer.reliable;
  }
  settings.latched = settings.latched && any;
  return settings;
}

class NetworkSubscriber final : public UntypedSubscriber {
 public:
  NetworkSubscriber(const dds::Participant& participant, const dds::Discovery& discovery,
                    const std::string& group, Doorbell& doorbell, const SubscriberOptions& options)
      : options_{options},
        reader_{participant, weakest(settings(options.topic, *options.type, group), discovery)},
        waiter_{participant},
        thread_{[this, &doorbell](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            waiter_.wait(kLookNs);
            doorbell.ring();
          }
        }} {
    waiter_.attach(reader_.entity());
  }
  ~NetworkSubscriber() override {
    thread_.request_stop();
    waiter_.wake();
    thread_.join();
  }

  const ConstChunk* take() noexcept override {
    if (queue_.empty()) reader_.take([this](const dds::ReceivedSample& sample) { receive(sample); });
    if (queue_.empty()) return nullptr;
    held_ = std::move(queue_.front());
    queue_.pop_front();
    ++counts_.messages;
    taken_ = {held_.bytes(), held_.size(), &held_.header};
    return &taken_;
  }
  void release(const ConstChunk&) noexcept override {}
  bool has_data() const noexcept override { return !queue_.empty(); }
  EndpointCounts counts() const noexcept override { return counts_; }
  const SubscriberOptions& options() const noexcept override { return options_; }

 private:
  void receive(const dds::ReceivedSample& sample) {
    HeapMessage message;
    if (!mesh::from_cdr(*options_.type, sample.cdr, message.words)) {
      ++counts_.rejected;
      return;
    }
    message.header.sequence = sample.sequence;
    message.header.publish_time_ns = message.header.capture_time_ns = sample.source_time_ns;
    message.header.block_bytes = block_used(message.bytes());
    queue_.push_back(std::move(message));
    if (queue_.size() <= options_.depth) return;
    queue_.pop_front();
    ++counts_.dropped;
  }

  SubscriberOptions options_;
  dds::Reader reader_;
  dds::Waiter waiter_;
  std::deque<HeapMessage> queue_;
  HeapMessage held_;
  ConstChunk taken_;  ///< held_
  EndpointCounts counts_;
  std::jthread thread_;
};

class NetworkPublisher final : public UntypedPublisher {
 public:
  NetworkPublisher(const dds::Participant& participant, const std::string& group,
                   const PublisherOptions& options)
      : options_{options}, writer_{participant, settings(options.topic, *options.type, group)} {
    message_.words.resize((options.max_bytes + 7) / 8);
    loan_ = {message_.bytes(), message_.size(), &message_.header};
    const std::int64_t limit = monotonic_ns() + kMeetNs;
    while (writer_.readers() == 0 && monotonic_ns() < limit)
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  ~NetworkPublisher() override { writer_.wait_for_acknowledgements(kMeetNs); }

  Chunk* loan() noexcept override {
    message_.header = SampleHeader{};
    return &loan_;
  }
  void publish(Chunk& chunk) noexcept override {
    dds::CdrBuffer cdr = mesh::to_cdr(*options_.type, block_root_bytes(chunk.bytes));
    ++(writer_.write(std::move(cdr), to_ns(group_now())) ? counts_.messages : counts_.dropped);
  }
  void release(Chunk&) noexcept override {}
  EndpointCounts counts() const noexcept override { return counts_; }
  const PublisherOptions& options() const noexcept override { return options_; }

 private:
  PublisherOptions options_;
  dds::Writer writer_;
  HeapMessage message_;
  Chunk loan_;  ///< message_
  EndpointCounts counts_;
};

class NetworkTransport final : public Transport {
 public:
  NetworkTransport(const dds::Participant& participant, const dds::Discovery& discovery, std::string group,
                   Doorbell& doorbell)
      : participant_{participant}, discovery_{discovery}, group_{std::move(group)}, doorbell_{doorbell} {}

  std::unique_ptr<UntypedPublisher> create_publisher(const PublisherOptions& options) override {
    return std::make_unique<NetworkPublisher>(participant_, group_, options);
  }
  std::unique_ptr<UntypedSubscriber> create_subscriber(const SubscriberOptions& options) override {
    return std::make_unique<NetworkSubscriber>(participant_, discovery_, group_, doorbell_, options);
  }

 private:
  const dds::Participant& participant_;
  const dds::Discovery& discovery_;
  std::string group_;
  Doorbell& doorbell_;
};

}  // namespace

std::unique_ptr<Transport> make_network_transport(const dds::Participant& participant,
                                                  const dds::Discovery& discovery, const std::string& group,
                                                  Doorbell& doorbell) {
  return std::make_unique<NetworkTransport>(participant, discovery, group, doorbell);
}

}  // namespace rtctl
