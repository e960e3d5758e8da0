// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iceoryx_posh/popo/untyped_publisher.hpp>
#include <iceoryx_posh/popo/untyped_subscriber.hpp>
#include <sensor_msgs/msg/image.hpp>

#include "compare.hpp"
#include "local_hop.hpp"
#include "local_nodes.hpp"
#include "tactus/middleware/time.hpp"

namespace tactus::benchmarks {
namespace {

using sensor_msgs::msg::Image;

constexpr std::int64_t kTickNs = 1'000'000;
constexpr std::int64_t kMarginNs = 50'000;
constexpr int kTicksPerRound = 100;

template <std::size_t Bytes>
Publisher<Image> advertise(NodeContext& context) {
  return context.advertise<Image>("out", {.max_bytes = Bytes + 512, .max_loans = 1});
}
template <std::size_t Bytes>
void send(Publisher<Image>& out, std::uint64_t number) {
  auto loan = out.loan();
  std::memcpy(loan->data.resize(Bytes, for_overwrite).data(), &number, sizeof number);
  out.publish(std::move(loan));
}
std::uint64_t number_in(const Image& image) {
  std::uint64_t number = 0;
  std::memcpy(&number, image.data.data(), sizeof number);
  return number;
}

template <std::size_t Bytes>
class Source final : public Node {
 public:
  explicit Source(NodeContext& context) : out_{advertise<Bytes>(context)} {}
  void step(const Cycle& cycle) override { send<Bytes>(out_, cycle.index()); }

 private:
  Publisher<Image> out_;
};

template <std::size_t Bytes>
class Relay final : public Node {
 public:
  explicit Relay(NodeContext& context)
      : in_{context.subscribe<Image>("in", {.depth = 1, .max_held = 1})}, out_{advertise<Bytes>(context)} {}
  void step(const Cycle&) override {
    if (const auto in = in_.take()) send<Bytes>(out_, number_in(*in));
  }

 private:
  Subscriber<Image> in_;
  Publisher<Image> out_;
};

std::uint64_t sink_sum = 0;

class Sink final : public Node {
 public:
  explicit Sink(NodeContext& context) : in_{context.subscribe<Image>("in", {.depth = 1, .max_held = 1})} {}
  void step(const Cycle&) override {
    if (const auto in = in_.take()) sink_sum += number_in(*in);
  }

 private:
  Subscriber<Image> in_;
};

/// The same hops with iceoryx's own API.
class BareChain {
 public:
  BareChain(const std::string& name, std::size_t hops, std::size_t bytes)
      : bytes_{static_cast<std::uint32_t>(bytes)} {
    for (std::size_t i = 0; i < hops; ++i) {
      const iox::capro::ServiceDescription service{
          "bare", {iox::cxx::TruncateToCapacity, name}, {iox::cxx::TruncateToCapacity, std::to_string(i)}};
      out_.push_back(std::make_unique<iox::popo::UntypedPublisher>(service));
      iox::popo::SubscriberOptions options;
      options.queueCapacity = 1;
      in_.push_back(std::make_unique<iox::popo::UntypedSubscriber>(service, options));
    }
  }
  void pass() {
    std::uint64_t number = ++sent_;
    for (std::size_t i = 0; i < out_.size(); ++i) {
      auto loan = out_[i]->loan(bytes_);
      *static_cast<std::uint64_t*>(loan.value()) = number;
      out_[i]->publish(loan.value());
      const auto taken = in_[i]->take();
      number = *static_cast<const std::uint64_t*>(taken.value());
      in_[i]->release(taken.value());
    }
    sink_sum += number;
  }

 private:
  std::uint32_t bytes_;
  std::uint64_t sent_ = 0;
  std::vector<std::unique_ptr<iox::popo::UntypedPublisher>> out_;
  std::vector<std::unique_ptr<iox::popo::UntypedSubscriber>> in_;
};

/// The least that a scheduler could do.
class CallChain {
 public:
  struct Stage {
    virtual ~Stage() = default;
    virtual std::uint64_t step(std::uint64_t number) = 0;
  };
  struct Adding final : Stage {
    std::uint64_t step(std::uint64_t number) override { return sum += number; }
    std::uint64_t sum = 0;
  };
  explicit CallChain(std::size_t hops) {
    for (std::size_t i = 0; i <= hops; ++i) stages_.push_back(std::make_unique<Adding>());
  }
  void pass() {
    std::uint64_t number = ++sent_;
    for (const auto& stage : stages_) number = stage->step(number);
    sink_sum += number;
  }

 private:
  std::uint64_t sent_ = 0;
  std::vector<std::unique_ptr<Stage>> stages_;
};

void sleep_until(std::int64_t until_ns) {
  const timespec until{until_ns / 1'000'000'000, until_ns % 1'000'000'000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

/// How the thread waits for its tick: it sleeps until a little before and spins then, or it spins all the
/// time.
enum class Wait { kSleep, kSpin };

/// Every tick: waits until a little before, warms up, waits for the tick, and measures the call.
template <typename Warm, typename Call>
void run_round(std::vector<double>& per_hop_ns, std::size_t hops, Wait wait, Warm warm, Call call) {
  std::int64_t tick_ns = monotonic_ns() + kTickNs;
  for (int tick = 0; tick < kTicksPerRound; ++tick, tick_ns += kTickNs) {
    if (wait == Wait::kSleep) sleep_until(tick_ns - kMarginNs);
    while (monotonic_ns() < tick_ns - kMarginNs) continue;
    warm();
    while (monotonic_ns() < tick_ns) continue;
    const std::int64_t start_ns = monotonic_ns();
    call();
    per_hop_ns.push_back(static_cast<double>(monotonic_ns() - start_ns) / static_cast<double>(hops));
  }
}

template <std::size_t Bytes>
void add_rows(std::vector<Row>& rows, Transport& iceoryx, std::size_t relays, bool quick) {
  const std::size_t hops = relays + 1;
  const std::string prefix = "/chain" + std::to_string(Bytes) + "/";
  Nodes nodes{iceoryx, prefix};
  nodes.add_chain<Source<Bytes>, Relay<Bytes>>(relays);
  nodes.add<Sink>("sink", {TriggerKind::kOn, 0, 0, {nodes.topic(relays)}, 0}, {{"in", nodes.topic(relays)}});
  nodes.start();
  BareChain bare{prefix, hops, Bytes};
  CallChain calls{hops};
  const auto cold = [] {};
  for (const Wait wait : {Wait::kSleep, Wait::kSpin}) {
    std::array<std::vector<double>, 3> per_hop_ns;
    for (int round = 0; round < (quick ? 1 : 50); ++round) {
      run_round(
          per_hop_ns[0], hops, wait, [&] { nodes.warm(); }, [&] { nodes.pass(); });
      run_round(per_hop_ns[1], hops, wait, cold, [&] { bare.pass(); });
      run_round(per_hop_ns[2], hops, wait, cold, [&] { calls.pass(); });
    }
    std::array<Quantiles, 3> all;
    std::ranges::transform(per_hop_ns, all.begin(), [](auto& samples) { return quantiles(samples); });
    const std::string name = fmt::format("chain at 1 kHz, {}, {}, {} relays", Bytes == 64 ? "64 B" : "8 MB",
                                         wait == Wait::kSleep ? "block" : "spin", relays);
    rows.push_back({name, "iceoryx", all[0], all[1]});
    rows.push_back({name, "virtual call", all[0], all[2]});
  }
  keep(sink_sum);
}

}  // namespace

std::vector<Row> chain_rows(Transport& iceoryx, bool quick) {
  std::vector<Row> rows;
  add_rows<64>(rows, iceoryx, 8, quick);
  add_rows<(8 << 20)>(rows, iceoryx, 3, quick);  // what 2 GB of /dev/shm have room for
  return rows;
}

}  // namespace tactus::benchmarks
