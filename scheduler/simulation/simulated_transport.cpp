// SPDX-License-Identifier: Apache-2.0
#include "simulated_transport.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "tactus/middleware/in_process.hpp"
#include "tactus/middleware/time.hpp"
#include "tactus/msg/block.hpp"
#include "tactus/msg/codec.hpp"

namespace tactus {

class SimulatedTransport::Topic {
 public:
  Topic() : hash_{XXH3_createState(), XXH3_freeState} { XXH3_128bits_reset(hash_.get()); }

  /// What a message says, not where its bytes lie: the tail of a block may hold anything between its parts.
  void record(const TypeInfo& type, const SampleHeader& header, const std::byte* block) {
    const void* root = block_root_bytes(block);
    cdr_.resize(cdr_size(type, root));
    const std::size_t size = write_cdr(type, root, cdr_);
    const std::int64_t facts[] = {header.publish_time_ns, header.capture_time_ns,
                                  static_cast<std::int64_t>(size)};
    XXH3_128bits_update(hash_.get(), facts, sizeof facts);
    XXH3_128bits_update(hash_.get(), cdr_.data(), size);
    if (messages++ == 0) first_ns_ = header.publish_time_ns;
    last_ns_ = header.publish_time_ns;
  }
  void fill(SimulatedTopic& topic) const {
    const XXH128_hash_t digest = XXH3_128bits_digest(hash_.get());
    topic.digest = fmt::format("{:016x}{:016x}", digest.high64, digest.low64);
    topic.messages = messages;
    if (last_ns_ > first_ns_)
      topic.rate_hz = 1e9 * static_cast<double>(messages - 1) / static_cast<double>(last_ns_ - first_ns_);
    topic.publishers = static_cast<std::uint32_t>(outlets.size());
    topic.subscribers = static_cast<std::uint32_t>(inlets.size());
  }

  std::uint64_t messages = 0;
  std::vector<const UntypedPublisher*> outlets;
  std::vector<const UntypedSubscriber*> inlets;

 private:
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> hash_;
  std::vector<std::byte> cdr_;
  std::int64_t first_ns_ = 0, last_ns_ = 0;
};

/// Two publishers of the transport below: the node loans from the one, what comes later is copied and goes
/// out through the other, so that the node has its loan back.
class SimulatedTransport::Outlet final : public UntypedPublisher {
 public:
  Outlet(SimulatedTransport& transport, const PublisherOptions& options)
      : transport_{transport},
        topic_{transport.topic(options.topic)},
        loans_{transport.inner_->create_publisher(without_history(options))},
        out_{transport.inner_->create_publisher(options)} {
    topic_.outlets.push_back(this);
  }
  ~Outlet() override {
    std::erase(topic_.outlets, this);
    std::erase_if(transport_.later_, [this](const auto& later) { return later.second.outlet == this; });
  }

  [[nodiscard]] Chunk* loan() noexcept override { return loans_->loan(); }
  void publish(Chunk& chunk) noexcept override {
    SampleHeader& header = *chunk.header;
    if (header.publish_time_ns == 0) header.publish_time_ns = to_ns(group_now());
    if (header.capture_time_ns == 0) header.capture_time_ns = header.publish_time_ns;
    ++published_.messages;
    published_.bytes += header.block_bytes;
    Later later{this, header, std::vector<std::uint64_t>((header.block_bytes + 7) / 8)};
    std::memcpy(later.block.data(), chunk.bytes, header.block_bytes);
    loans_->release(chunk);
    if (header.publish_time_ns <= to_ns(group_now())) return send(later);
    transport_.later_.emplace(std::pair{header.publish_time_ns, transport_.published_++}, std::move(later));
  }
  void send(const Later& later) noexcept {
    Chunk& chunk = *out_->loan();
    std::memcpy(chunk.bytes, later.block.data(), later.header.block_bytes);
    *chunk.header = later.header;
    topic_.record(*options().type, later.header, chunk.bytes);
    out_->publish(chunk);
  }
  void release(Chunk& chunk) noexcept override { loans_->release(chunk); }
  [[nodiscard]] EndpointCounts counts() const noexcept override {
    EndpointCounts counts = published_;
    counts.dropped = loans_->counts().dropped;
    return counts;
  }
  [[nodiscard]] const PublisherOptions& options() const noexcept override { return out_->options(); }

 private:
  static PublisherOptions without_history(PublisherOptions options) {
    options.history = 0;
    return options;
  }

  SimulatedTransport& transport_;
  Topic& topic_;
  std::unique_ptr<UntypedPublisher> loans_, out_;
  EndpointCounts published_;
};

class SimulatedTransport::Inlet final : public UntypedSubscriber {
 public:
  Inlet(SimulatedTransport& transport, SubscriberOptions options) : topic_{transport.topic(options.topic)} {
    options.depth = kMaxDepth;
    inner_ = transport.inner_->create_subscriber(options);
    topic_.inlets.push_back(this);
  }
  ~Inlet() override { std::erase(topic_.inlets, this); }
  [[nodiscard]] const ConstChunk* take() noexcept override { return inner_->take(); }
  void release(const ConstChunk& chunk) noexcept override { inner_->release(chunk); }
  [[nodiscard]] bool has_data() const noexcept override { return inner_->has_data(); }
  [[nodiscard]] EndpointCounts counts() const noexcept override { return inner_->counts(); }
  [[nodiscard]] const SubscriberOptions& options() const noexcept override { return inner_->options(); }
  void count_unmatched() noexcept override { inner_->count_unmatched(); }

 private:
  Topic& topic_;
  std::unique_ptr<UntypedSubscriber> inner_;
};

SimulatedTransport::SimulatedTransport() : inner_{make_in_process_transport()} {}
SimulatedTransport::~SimulatedTransport() = default;

std::unique_ptr<UntypedPublisher> SimulatedTransport::create_publisher(const PublisherOptions& options) {
  return std::make_unique<Outlet>(*this, options);
}

std::unique_ptr<UntypedSubscriber> SimulatedTransport::create_subscriber(const SubscriberOptions& options) {
  return std::make_unique<Inlet>(*this, options);
}

SimulatedTransport::Topic& SimulatedTransport::topic(const std::string& name) {
  auto& found = topics_[name];
  if (found == nullptr) found = std::make_unique<Topic>();
  return *found;
}

std::int64_t SimulatedTransport::next_ns() const {
  return later_.empty() ? std::numeric_limits<std::int64_t>::max() : later_.begin()->first.first;
}

void SimulatedTransport::deliver(std::int64_t now_ns) {
  while (next_ns() <= now_ns) {
    const auto first = later_.extract(later_.begin());
    first.mapped().outlet->send(first.mapped());
  }
}

const std::uint64_t& SimulatedTransport::deliveries(const std::string& name) { return topic(name).messages; }

std::vector<SimulatedTopic> SimulatedTransport::topics() const {
  std::vector<SimulatedTopic> all;
  for (const auto& [name, topic] : topics_) {
    SimulatedTopic& told = all.emplace_back();
    told.name = name;
    topic->fill(told);
    for (const UntypedPublisher* outlet : topic->outlets) {
      told.type = outlet->options().type->name;
      told.dropped += outlet->counts().dropped;
    }
    for (const UntypedSubscriber* inlet : topic->inlets) {
      told.type = inlet->options().type->name;
      told.dropped += inlet->counts().dropped;
      told.unmatched += inlet->counts().unmatched;
    }
  }
  return all;
}

}  // namespace tactus
