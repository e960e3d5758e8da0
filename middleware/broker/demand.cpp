// SPDX-License-Identifier: Apache-2.0
#include "demand.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <tuple>

#include "tactus/middleware/transport.hpp"

namespace tactus::broker {
namespace {

constexpr std::size_t kMostHolders = 3;

std::string topic_key(const Claim& claim) { return claim.group + "|" + claim.topic; }

/// Endpoints of one node on one topic and in one direction: what is reserved for them, or what they are.
struct Place {
  struct Sum {
    std::uint32_t endpoints = 0, chunks = 0, holder = 0;
  };
  Sum existing, reserved;
  std::uint64_t max_bytes = 0;

  void add(const Claim& claim) {
    Sum& sum = claim.reserved ? reserved : existing;
    ++sum.endpoints;
    sum.chunks += claim.chunks;
    sum.holder = claim.holder;
    max_bytes = std::max(max_bytes, claim.max_bytes);
  }
  [[nodiscard]] Sum both() const {
    return {std::max(existing.endpoints, reserved.endpoints), std::max(existing.chunks, reserved.chunks),
            reserved.endpoints > 0 ? reserved.holder : existing.holder};
  }
};
using PlaceKey = std::tuple<std::string, std::string, bool>;  // topic, node, is a publisher
using Places = std::map<PlaceKey, Place>;

Places places_of(const std::vector<Claim>& claims) {
  Places places;
  for (const Claim& claim : claims) places[{topic_key(claim), claim.node, claim.publisher}].add(claim);
  return places;
}

class Adder {
 public:
  explicit Adder(const std::vector<Pool>& pools) : pools_{pools} { demand_.chunks.resize(pools.size()); }

  Demand add(const Places& places) {
    for (const auto& [key, place] : places) {
      if (std::get<bool>(key)) add_publisher(std::get<0>(key), place);
    }
    // Subscribers queue and hold so many of each of the topic's publishers.
    for (const auto& [key, place] : places) {
      if (!std::get<bool>(key)) add_subscriber(std::get<0>(key), place);
    }
    return std::move(demand_);
  }

 private:
  void add_publisher(const std::string& topic, const Place& place) {
    const Place::Sum sum = place.both();
    demand_.publishers += sum.endpoints;
    Demand::Topic& entry = demand_.topics[topic];
    entry.publishers += sum.endpoints;
    entry.publisher_chunks += sum.chunks;
    if (const auto pool = pool_of(pools_, place.max_bytes)) {
      entry.writers[*pool] += sum.endpoints;
      add_chunks(entry, *pool, sum, 1);
    }
  }
  void add_subscriber(const std::string& topic, const Place& place) {
    const Place::Sum sum = place.both();
    demand_.subscribers += sum.endpoints;
    Demand::Topic& entry = demand_.topics[topic];
    entry.subscribers += sum.endpoints;
    entry.subscriber_chunks += sum.chunks;
    for (const auto& [pool, publishers] : entry.writers) add_chunks(entry, pool, sum, publishers);
  }
  void add_chunks(Demand::Topic& topic, std::size_t pool, const Place::Sum& sum, std::uint32_t times) {
    const std::uint32_t chunks = sum.chunks * times;
    topic.pools[pool] += chunks;
    demand_.chunks[pool] += chunks;
    auto& held = demand_.by_holder[sum.holder];
    held.resize(pools_.size());
    held[pool] += chunks;
  }

  const std::vector<Pool>& pools_;
  Demand demand_;
};

/// "xr.launch.yaml:12: topic '/imu'", or the node where no file is known.
std::string speaker(const Claim& claim) {
  const std::string& who = claim.where.empty() ? claim.node : claim.where;
  return fmt::format("{}: topic '{}'", who, claim.topic);
}

class Check {
 public:
  Check(const std::vector<Pool>& pools, const std::vector<std::uint32_t>& lost, const Limits& limits,
        const std::vector<Claim>& claims, const std::vector<Claim>& wanted,
        const std::function<std::string(std::uint32_t)>& name_of)
      : pools_{pools},
        lost_{lost},
        limits_{limits},
        wanted_{wanted},
        name_of_{name_of},
        before_{demand_of(pools, claims)},
        after_{demand_of(pools, joined(claims, wanted))} {}

  void run() const {
    for (const Claim& claim : wanted_) check_size(claim);
    check_limit(TransportErrorCode::kTooManyPublishers, "publishers", before_.publishers, after_.publishers,
                limits_.publishers);
    check_limit(TransportErrorCode::kTooManySubscribers, "subscribers", before_.subscribers,
                after_.subscribers, limits_.subscribers);
    for (const Claim& claim : wanted_) check_crowd(claim);
    for (std::size_t pool = 0; pool < pools_.size(); ++pool) check_pool(pool);
  }

 private:
  static std::vector<Claim> joined(std::vector<Claim> claims, const std::vector<Claim>& more) {
    claims.insert(claims.end(), more.begin(), more.end());
    return claims;
  }

  void check_size(const Claim& claim) const {
    if (!claim.publisher || pool_of(pools_, claim.max_bytes)) return;
    throw TransportError{TransportErrorCode::kMessageTooLarge,
                         fmt::format("{}: max_bytes is {}, the largest chunk holds {}", speaker(claim),
                                     claim.max_bytes, pools_.back().block_bytes())};
  }

  void check_limit(TransportErrorCode code, const char* what, std::uint32_t before, std::uint32_t after,
                   std::uint32_t limit) const {
    if (after <= limit || after <= before) return;
    throw TransportError{code,
                         fmt::format("{}: {} more {}, but {} {} exist on this host or are reserved, {} "
                                     "is the limit of iceoryx: end another launch",
                                     speaker(wanted_.front()), after - before, what, before, what, limit)};
  }

  void check_crowd(const Claim& claim) const {
    const auto& topic = after_.topics.at(topic_key(claim));
    if (claim.publisher || topic.subscribers <= limits_.subscribers_per_topic) return;
    const auto known = before_.topics.find(topic_key(claim));
    const std::uint32_t before = known == before_.topics.end() ? 0 : known->second.subscribers;
    if (topic.subscribers <= before) return;
    throw TransportError{
        TransportErrorCode::kTooManySubscribersOnTopic,
        fmt::format("{}: {} more subscribers, but {} exist or are reserved, {} is the limit of a topic",
                    speaker(claim), topic.subscribers - before, before, limits_.subscribers_per_topic)};
  }

  void check_pool(std::size_t pool) const {
    const std::uint32_t capacity = pools_[pool].chunks - std::min(pools_[pool].chunks, lost_[pool]);
    if (after_.chunks[pool] <= capacity || after_.chunks[pool] <= before_.chunks[pool]) return;
    const std::uint32_t held = before_.chunks[pool];
    const Claim& largest = largest_in(pool);
    const Demand::Topic& topic = after_.topics.at(topic_key(largest));
    throw TransportError{
        TransportErrorCode::kNoMemory,
        fmt::format(
            "{}: {} more chunks of {} are needed ({:.1f} MB), {} of {} are free ({:.1f} MB); the topic alone "
            "takes {}: {} publishers x (loans + history + 1) = {}, {} subscribers x (depth + held) = "
            "{}{}{}{}: lower depth or max_held of its subscribers or max_bytes of its publishers, or end "
            "another launch",
            speaker(largest), after_.chunks[pool] - held, pool_name(pools_[pool]),
            megabytes(pool, after_.chunks[pool] - held), capacity - std::min(capacity, held),
            pools_[pool].chunks, megabytes(pool, capacity - std::min(capacity, held)), topic.pools.at(pool),
            topic.publishers, topic.publisher_chunks, topic.subscribers, topic.subscriber_chunks,
            topic.writers.at(pool) > 1 ? " of each publisher" : "", holders(pool), lost_text(pool))};
  }

  [[nodiscard]] double megabytes(std::size_t pool, std::uint32_t chunks) const {
    return 1e-6 * static_cast<double>(pools_[pool].chunk_bytes) * chunks;
  }

  /// The wanted claim whose topic takes most of the pool.
  [[nodiscard]] const Claim& largest_in(std::size_t pool) const {
    const auto chunks = [&](const Claim& claim) {
      const auto& pools = after_.topics.at(topic_key(claim)).pools;
      const auto found = pools.find(pool);
      return found == pools.end() ? 0U : found->second;
    };
    return *std::ranges::max_element(wanted_, {}, chunks);
  }

  [[nodiscard]] std::string holders(std::size_t pool) const {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> all;  // chunks, holder
    for (const auto& [holder, chunks] : before_.by_holder) {
      if (chunks[pool] > 0) all.emplace_back(chunks[pool], holder);
    }
    std::ranges::sort(all, std::greater{});
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < std::min(all.size(), kMostHolders); ++i)
      texts.push_back(fmt::format("{} by {}", all[i].first, name_of_(all[i].second)));
    if (all.size() > kMostHolders) texts.push_back(fmt::format("{} more", all.size() - kMostHolders));
    return texts.empty() ? "" : fmt::format("; taken: {}", fmt::join(texts, ", "));
  }

  [[nodiscard]] std::string lost_text(std::size_t pool) const {
    return lost_[pool] == 0 ? "" : fmt::format("; {} may be lost by kills from outside", lost_[pool]);
  }

  const std::vector<Pool>& pools_;
  const std::vector<std::uint32_t>& lost_;
  const Limits& limits_;
  const std::vector<Claim>& wanted_;
  const std::function<std::string(std::uint32_t)>& name_of_;
  Demand before_, after_;
};

}  // namespace

std::string pool_name(const Pool& pool) {
  const std::uint32_t bytes = std::bit_floor(pool.chunk_bytes);
  if (bytes >= 1 << 20) return fmt::format("{} MB", bytes >> 20);
  if (bytes >= 1 << 10) return fmt::format("{} kB", bytes >> 10);
  return fmt::format("{} B", bytes);
}

Demand demand_of(const std::vector<Pool>& pools, const std::vector<Claim>& claims) {
  return Adder{pools}.add(places_of(claims));
}

void check_demand(const std::vector<Pool>& pools, const std::vector<std::uint32_t>& lost,
                  const Limits& limits, const std::vector<Claim>& claims, const std::vector<Claim>& wanted,
                  const std::function<std::string(std::uint32_t)>& name_of) {
  if (!wanted.empty()) Check{pools, lost, limits, claims, wanted, name_of}.run();
}

}  // namespace tactus::broker
