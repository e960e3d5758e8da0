// SPDX-License-Identifier: Apache-2.0
#include "local_hop.hpp"

#include <functional>
#include <iceoryx_posh/popo/untyped_publisher.hpp>
#include <iceoryx_posh/popo/untyped_subscriber.hpp>
#include <memory>
#include <std_msgs/msg/u_int64.hpp>
#include <string>

#include "compare.hpp"
#include "local_nodes.hpp"
#include "tactus/middleware/in_process.hpp"

namespace tactus::benchmarks {
namespace {

using std_msgs::msg::UInt64;

constexpr std::size_t kRelays = 8;

/// Does next to nothing: what is left is the cost of the call.
class Counting final : public Node {
 public:
  explicit Counting(NodeContext&) {}
  void step(const Cycle& cycle) override { sum_ += cycle.index(); }

 private:
  std::uint64_t sum_ = 0;
};

class Source final : public Node {
 public:
  explicit Source(NodeContext& context) : out_{context.advertise<UInt64>("out")} {}
  void step(const Cycle& cycle) override {
    auto out = out_.loan();
    out->data = cycle.index();
    out_.publish(std::move(out));
  }

 private:
  Publisher<UInt64> out_;
};

class Relay final : public Node {
 public:
  explicit Relay(NodeContext& context)
      : in_{context.subscribe<UInt64>("in")}, out_{context.advertise<UInt64>("out")} {}
  void step(const Cycle&) override {
    while (const auto in = in_.take()) {
      auto out = out_.loan();
      out->data = in->data;
      out_.publish(std::move(out));
    }
  }

 private:
  Subscriber<UInt64> in_;
  Publisher<UInt64> out_;
};

/// loan, publish, take, release with iceoryx's own API, one thread.
class BareHop {
 public:
  /// `name`: of its own for each, as RouDi keeps feeding queues for a moment after their end.
  explicit BareHop(const char* name) : out_{service(name)}, in_{service(name)} {}

  void operator()() {
    auto loan = out_.loan(sizeof(std::uint64_t));
    *static_cast<std::uint64_t*>(loan.value()) = ++sent_;
    out_.publish(loan.value());
    const auto taken = in_.take();
    sum_ += *static_cast<const std::uint64_t*>(taken.value());
    in_.release(taken.value());
  }

 private:
  static iox::capro::ServiceDescription service(const char* name) {
    return {"bare", "local", iox::capro::IdString_t{iox::cxx::TruncateToCapacity, name}};
  }
  std::uint64_t sent_ = 0, sum_ = 0;
  iox::popo::UntypedPublisher out_;
  iox::popo::UntypedSubscriber in_;
};

class TactusHop {
 public:
  explicit TactusHop(Transport& transport)
      : out_port_{transport.create_publisher(
            {.node = "/local", .topic = "/local/hop", .type = &type_info<UInt64>(), .max_bytes = 64})},
        in_port_{transport.create_subscriber(
            {.node = "/local", .topic = "/local/hop", .type = &type_info<UInt64>()})},
        out_{*out_port_},
        in_{*in_port_} {}

  void operator()() {
    auto loan = out_.loan();
    loan->data = ++sent_;
    out_.publish(std::move(loan));
    sum_ += in_.take()->data;
  }

 private:
  std::uint64_t sent_ = 0, sum_ = 0;
  std::unique_ptr<UntypedPublisher> out_port_;
  std::unique_ptr<UntypedSubscriber> in_port_;
  Publisher<UInt64> out_;
  Subscriber<UInt64> in_;
};

void call_rows(std::vector<Row>& rows) {
  const auto transport = make_in_process_transport();
  Nodes nodes{*transport, "/call/"};
  nodes.add<Counting>("counting", Nodes::every(), {});
  nodes.start();
  std::uint64_t sum = 0;
  const std::function<void(std::uint64_t)> plain = [&sum](std::uint64_t index) { sum += index; };
  std::uint64_t index = 0;
  rows.push_back(compare(
      "call of a node by its executor", "std::function", [&] { nodes.pass(); }, [&] { plain(++index); }));
  keep(sum);
}

/// Nine calls, eight hops: what one call and its hop cost together.
Row chain_row(const std::string& name, Transport& transport, const std::string& prefix) {
  Nodes nodes{transport, prefix};
  nodes.add_chain<Source, Relay>(kRelays);
  nodes.start();
  BareHop bare{prefix.c_str()};
  Row row = compare(
      name, "iceoryx", [&] { nodes.pass(); },
      [&] {
        for (std::size_t i = 0; i < kRelays; ++i) bare();
      });
  for (Quantiles* side : {&row.ours, &row.theirs}) {
    for (double* value : {&side->p50, &side->p99, &side->p999}) *value /= kRelays;
  }
  return row;
}

}  // namespace

std::vector<Row> local_rows(Transport& iceoryx) {
  std::vector<Row> rows;
  const auto in_process = make_in_process_transport();
  call_rows(rows);
  {
    BareHop bare{"hop"};
    TactusHop local{*in_process}, shared{iceoryx};
    rows.push_back(compare("publish and take, in process", "iceoryx", std::ref(local), std::ref(bare)));
    rows.push_back(compare("publish and take, iceoryx", "iceoryx", std::ref(shared), std::ref(bare)));
  }
  rows.push_back(chain_row("executor hop, in process", *in_process, "/in_process/"));
  rows.push_back(chain_row("executor hop, iceoryx", iceoryx, "/shared/"));
  return rows;
}

}  // namespace tactus::benchmarks
