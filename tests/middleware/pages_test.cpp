// SPDX-License-Identifier: Apache-2.0
#include "tactus/middleware/pages.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include "zeroed_page.hpp"

namespace tactus {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

/// Bytes of the page that are memory by now.
std::size_t resident(const ProcessPage& page) {
  const auto page_bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> pages((sizeof page + page_bytes - 1) / page_bytes);
  mincore(const_cast<ProcessPage*>(&page), sizeof page, pages.data());
  std::size_t count = 0;
  for (const unsigned char one : pages) count += one & 1U;
  return count * page_bytes;
}

TEST(DoorbellPage, RingsTheDoorbellsOfATopicAndNoOthers) {
  const std::unique_ptr<DoorbellPage, Unmap> page = zeroed_page<DoorbellPage>();
  for (const std::uint32_t doorbell : {1u, 63u, 64u, kMaxDoorbells - 1}) page->topics[3].add(doorbell);
  page->topics[3].remove(63);
  page->topics[4].add(2);
  page->ring(3);
  std::vector<std::uint32_t> rung;
  for (std::uint32_t i = 0; i < kMaxDoorbells; ++i)
    if (page->doorbells[i].answer()) rung.push_back(i);
  EXPECT_THAT(rung, ElementsAre(1, 64, kMaxDoorbells - 1));
}

TEST(DoorbellPage, WhoLooksForDataBeforeItSleepsIsNotRungByItself) {
  const std::unique_ptr<DoorbellPage, Unmap> page = zeroed_page<DoorbellPage>();
  for (const std::uint32_t doorbell : {1u, 2u}) page->topics[3].add(doorbell);
  page->ring(3, &page->doorbells[1]);
  EXPECT_FALSE(page->doorbells[1].answer());
  EXPECT_TRUE(page->doorbells[2].answer());
}

class ProcessPageTest : public testing::Test {
 protected:
  const std::unique_ptr<ProcessPage, Unmap> page_ = zeroed_page<ProcessPage>();
};

TEST_F(ProcessPageTest, WhatIsNotUsedIsNotReadAndCostsNoMemory) {
  EXPECT_THAT(used_nodes(*page_), SizeIs(0));
  EXPECT_THAT(used_workers(*page_), SizeIs(0));
  EXPECT_THAT(used_plates(*page_), SizeIs(0));
  EXPECT_LE(resident(*page_), 64u << 10);
}

TEST_F(ProcessPageTest, AWorkerHasItsNameAndATouchedRecorder) {
  WorkerCounters* worker = add_worker(*page_, "head", WorkerKind::kExecutor);
  ASSERT_EQ(worker, &page_->workers[0]);
  ASSERT_THAT(used_workers(*page_), SizeIs(1));
  EXPECT_STREQ(used_workers(*page_)[0].name.data(), "head");
  const std::size_t before = resident(*page_);
  EXPECT_GE(before, sizeof(FlightRecorder));
  for (std::uint64_t n = 0; n < FlightRecorder::kRecords; ++n) page_->recorders[0].write({});
  EXPECT_EQ(resident(*page_), before);
}

TEST_F(ProcessPageTest, WorkersBeyondTheLastEntryAreRefused) {
  for (std::uint32_t i = 0; i < kMaxWorkersPerProcess; ++i)
    ASSERT_NE(add_worker(*page_, std::string(100, 'x'), WorkerKind::kSelfLooping), nullptr);
  EXPECT_EQ(add_worker(*page_, "one_more", WorkerKind::kSelfLooping), nullptr);
  EXPECT_EQ(std::string{page_->workers[0].name.data()}, std::string(63, 'x'));
}

TEST_F(ProcessPageTest, TheUsedPartsLieWithinThePageAndGrowWithIt) {
  const auto bytes = [this] {
    std::size_t sum = 0;
    for (const auto part : used_parts(*page_)) sum += part.size();
    return sum;
  };
  const std::size_t empty = bytes();
  page_->nodes_used = 2;
  page_->endpoints_used = 3;
  EXPECT_EQ(bytes(), empty + 2 * (sizeof(NodeCounters) + sizeof(NodeTimes)) +
                         3 * (sizeof(EndpointCounters) + sizeof(EndpointPlate)));
  page_->nodes_used = 0xFFFF'FFFF;  // nonsense in a foreign page
  EXPECT_EQ(used_nodes(*page_).size(), kMaxNodesPerProcess);
}

TEST_F(ProcessPageTest, DegradationsAreKeptInOrderAndTheRestIsCounted) {
  add_degradation(*page_, "no SCHED_FIFO");
  add_degradation(*page_, std::string(1000, 'y'));
  EXPECT_THAT(degradations(*page_), ElementsAre("no SCHED_FIFO", std::string(255, 'y')));
  for (std::uint32_t i = 2; i < Degradations::kKept + 3; ++i) add_degradation(*page_, "z");
  EXPECT_THAT(degradations(*page_), SizeIs(Degradations::kKept + 1));
  EXPECT_EQ(degradations(*page_).back(), "and 3 more");
}

TEST(NodeStateText, ADamagedStateHasAName) {
  EXPECT_STREQ(to_text(NodeState::kPaused), "paused");
  EXPECT_STREQ(to_text(static_cast<NodeState>(99)), "unknown");
}

}  // namespace
}  // namespace tactus
