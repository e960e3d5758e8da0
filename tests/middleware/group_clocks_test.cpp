// SPDX-License-Identifier: Apache-2.0
#include "group_clocks.hpp"

#include <gmock/gmock.h>
#include <sys/mman.h>

namespace tactus::broker {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class GroupClocksTest : public testing::Test {
 protected:
  Process& add(const std::string& kind, const std::string& group = "") {
    const auto id = static_cast<std::uint32_t>(processes_.size() + 1);
    Process process;
    process.id = id;
    process.pid = static_cast<pid_t>(1000 + id);
    process.kind = kind;
    process.name = kind + std::to_string(id);
    process.group = group;
    return processes_.emplace(id, process).first->second;
  }
  GroupClock clock(const std::string& group = "") {
    const int fd = clocks_.fd(group);
    void* page = mmap(nullptr, sizeof(ClockPage), PROT_READ, MAP_SHARED, fd, 0);
    const GroupClock clock = static_cast<const ClockPage*>(page)->read();
    munmap(page, sizeof(ClockPage));
    return clock;
  }

  GroupClocks clocks_;
  std::map<std::uint32_t, Process> processes_;
};

TEST_F(GroupClocksTest, AGroupStartsWithUtcAtRateOne) {
  const auto utc = std::chrono::system_clock::now();
  EXPECT_EQ(clock().rate, 1);
  EXPECT_LT(std::chrono::abs(clock().at(monotonic_ns()) - utc), std::chrono::seconds{10});
}

TEST_F(GroupClocksTest, EachGroupHasItsOwn) {
  clocks_.set_rate(add("supervisor", "slow"), processes_, 0.5);
  EXPECT_EQ(clock("slow").rate, 0.5);
  EXPECT_EQ(clock("").rate, 1);
  EXPECT_NE(clock("slow").id, clock("").id);
}

TEST_F(GroupClocksTest, NoTwoHostsHaveTheSame) {
  GroupClocks other;
  const int fd = other.fd("");
  void* page = mmap(nullptr, sizeof(ClockPage), PROT_READ, MAP_SHARED, fd, 0);
  EXPECT_NE(static_cast<const ClockPage*>(page)->read().id, clock().id);
  munmap(page, sizeof(ClockPage));
}

TEST_F(GroupClocksTest, TheFirstSetsTheRateWithoutAStep) {
  const GroupClock before = clock();
  add("reader");
  clocks_.set_rate(add("supervisor"), processes_, 4);
  const GroupClock after = clock();
  EXPECT_EQ(after.rate, 4);
  EXPECT_EQ(after.at(after.start_ns), before.at(after.start_ns));
}

TEST_F(GroupClocksTest, AnotherRateIsRefusedWhileOthersUseTheClock) {
  clocks_.set_rate(add("supervisor"), processes_, 0.5);
  add("host");
  const Process& second = add("supervisor");
  EXPECT_NO_THROW(clocks_.set_rate(second, processes_, 0.5));
  try {
    clocks_.set_rate(second, processes_, 1);
    FAIL() << "the rate changed under a running launch";
  } catch (const TransportError& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("runs at rate 0.5"), HasSubstr("set by process 1001 (supervisor1)"),
                      HasSubstr("choose another --group")));
  }
  EXPECT_EQ(clock().rate, 0.5);
}

TEST_F(GroupClocksTest, AGroupThatIsGoneLeavesNoRateBehind) {
  clocks_.set_rate(add("supervisor"), processes_, 0.5);
  processes_.clear();
  clocks_.sweep(processes_);
  EXPECT_EQ(clock().rate, 1);
}

}  // namespace
}  // namespace tactus::broker
