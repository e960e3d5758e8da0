// SPDX-License-Identifier: Apache-2.0
#include "thread_conflicts.hpp"

#include <gmock/gmock.h>

namespace tactus::launch_file {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

PlannedThread thread(const std::string& name, int line, std::vector<int> cpus, int priority = 80) {
  PlannedThread made;
  made.what = "executor '" + name + "'";
  made.at = {"xr.launch.yaml", line, 3};
  made.thread = {ThreadPolicy::kFifo, priority, std::move(cpus)};
  return made;
}
PlannedThread spinner(const std::string& name, int line, std::vector<int> cpus) {
  PlannedThread made = thread(name, line, std::move(cpus));
  made.spins = true;
  return made;
}
std::vector<std::string> errors(const std::vector<PlannedThread>& threads, int cpus) {
  std::vector<std::string> texts;
  for (const auto& error : find_thread_conflicts(threads, cpus).errors) texts.push_back(to_text(error));
  return texts;
}

TEST(ThreadConflicts, ASpinningExecutorOnEveryCpuIsRefused) {
  const auto first = spinner("first", 2, {0}), second = spinner("second", 3, {});
  EXPECT_THAT(errors({first, second}, 2),
              ElementsAre(AllOf(
                  HasSubstr("xr.launch.yaml:3:3: an executor spins on every CPU of this machine (2 CPUs"),
                  HasSubstr("executor 'first', executor 'second'"))));
  EXPECT_THAT(errors({first, second}, 4), IsEmpty());
  EXPECT_THAT(errors({first}, 1).size(), 1U);
}

TEST(ThreadConflicts, TwoThatSpinOnOneCpuLeaveTheOther) {
  EXPECT_THAT(errors({spinner("first", 2, {0}), spinner("second", 3, {0})}, 2), IsEmpty());
}

TEST(ThreadConflicts, WhoMayGoAsideLeavesNoCpuFree) {
  EXPECT_THAT(errors({spinner("any", 2, {0, 1}), spinner("fixed", 3, {0})}, 2).size(), 1U);
}

TEST(ThreadConflicts, HostsDoNotShareCpus) {
  auto first = spinner("first", 2, {0}), second = spinner("second", 3, {1});
  second.host = "other";
  EXPECT_THAT(errors({first, second}, 2), IsEmpty());
}

TEST(ThreadConflicts, SpinningOnTheCpuOfItsPublisherIsRefused) {
  auto waiter = spinner("waiter", 4, {1});
  waiter.waits_for = {"/imu"};
  auto source = thread("source", 5, {1}, 85);
  source.publishes = {"/imu", "/other"};
  EXPECT_THAT(errors({waiter, source}, 2),
              ElementsAre(AllOf(HasSubstr("xr.launch.yaml:4:3: executor 'waiter' spins on CPU 1"),
                                HasSubstr("executor 'source' (line 5) publishes /imu"))));
  source.thread.cpus = {0};
  EXPECT_THAT(errors({waiter, source}, 2), IsEmpty());
  source.thread.cpus = {1};
  source.publishes = {"/other"};
  EXPECT_THAT(errors({waiter, source}, 2), IsEmpty());
}

TEST(ThreadConflicts, TwoThatWantOneCpuAtOnePriorityAreToldWhatHappens) {
  const auto warnings = [](const PlannedThread& first, const PlannedThread& second) {
    std::vector<std::string> texts;
    for (const auto& warning : find_thread_conflicts({first, second}, 2).warnings)
      texts.push_back(to_text(warning));
    return texts;
  };
  EXPECT_THAT(warnings(thread("a", 2, {1}), thread("b", 3, {1})),
              ElementsAre(AllOf(HasSubstr("xr.launch.yaml:3:3: executor 'b' wants CPU 1 at priority 80"),
                                HasSubstr("executor 'a' (line 2)"), HasSubstr("runs until it waits"))));
  EXPECT_THAT(warnings(thread("a", 2, {1}), thread("b", 3, {1}, 81)), IsEmpty());
  EXPECT_THAT(warnings(thread("a", 2, {1}), thread("b", 3, {0})), IsEmpty());
  EXPECT_THAT(warnings(thread("a", 2, {1}), thread("b", 3, {0, 1})), IsEmpty());
}

}  // namespace
}  // namespace tactus::launch_file
