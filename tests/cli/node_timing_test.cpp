// SPDX-License-Identifier: Apache-2.0
#include "node_timing.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "zeroed_page.hpp"

namespace rtctl {
namespace {

using tactus::EndpointPlate;

class NodeTimingTest : public testing::Test {
 protected:
  NodeTimingTest() {
    (void)tactus::add_worker(*page_, "head", tactus::WorkerKind::kExecutor);
    page_->nodes_used = 2;
    const std::string name = "/integrator";
    std::copy(name.begin(), name.end(), page_->nodes[1].name.begin());
    page_->nodes[1].state = tactus::NodeState::kRunning;
    page_->nodes[1].worker = 1;
  }
  void plate(std::uint32_t index, std::uint32_t node, EndpointPlate::Use use) {
    page_->plates[index].node = node;
    page_->plates[index].use = use;
    page_->endpoints_used = index + 1;
  }
  NodeTiming timing(bool ended = false) {
    HostPage host;
    host.process = {.id = 7, .pid = 100, .name = "main", .group = "", .ended = ended};
    host.page = {page_.get(), [](const tactus::ProcessPage*) {}};
    const auto timings = node_timings(host);
    EXPECT_EQ(timings.size(), 1u) << "the other was never started";
    return timings.at(0);
  }
  std::unique_ptr<tactus::ProcessPage, tactus::Unmap> page_ = tactus::zeroed_page<tactus::ProcessPage>();
};

TEST_F(NodeTimingTest, TellsWhoCallsTheNodeAndHowItWent) {
  page_->times[1].run.record(500);
  page_->times[1].run.record(900);
  page_->nodes[1].deadline_misses = 3;
  const NodeTiming node = timing();
  EXPECT_EQ(node.node, "/integrator");
  EXPECT_EQ(node.thread, "head");
  EXPECT_EQ(node.process, "main");
  EXPECT_EQ(node.state, "running");
  EXPECT_EQ(node.runs, 2u);
  EXPECT_EQ(node.run.max_ns, 900);
  EXPECT_EQ(node.deadline_misses, 3u);
}

TEST_F(NodeTimingTest, MissedInputsAreThoseOfItsOwnSubscribers) {
  plate(0, 2, EndpointPlate::Use::kSubscriber);
  plate(1, 2, EndpointPlate::Use::kPublisher);
  plate(2, 1, EndpointPlate::Use::kSubscriber);
  page_->endpoints[0].dropped = 4;
  page_->endpoints[0].unmatched = 2;
  page_->endpoints[1].dropped = 50;
  page_->endpoints[2].dropped = 500;
  page_->nodes[1].stale_inputs = 1;
  EXPECT_EQ(timing().inputs_missed, 7u);
}

TEST_F(NodeTimingTest, AProcessThatEndedIsMarked) { EXPECT_EQ(timing(true).state, "dead"); }

}  // namespace
}  // namespace rtctl
