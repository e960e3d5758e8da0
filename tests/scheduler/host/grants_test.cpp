// SPDX-License-Identifier: Apache-2.0
#include "tactus/scheduler/grants.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace tactus {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// A machine made of files.
class GrantsTest : public testing::Test {
 protected:
  GrantsTest() {
    machine_.root = testing::TempDir() + "/tactus_grants_" + std::to_string(getpid());
    write("proc/self/status", "Name:\tx\nCapEff:\t0000000000000000\n");
    write("proc/self/cgroup", "4:cpu,cpuacct:/job\n3:cpuset:/job\n0::/unified\n");
    write("sys/devices/system/cpu/present", "0-3");
    write("sys/devices/system/cpu/online", "0,2-3");
  }
  ~GrantsTest() override { std::filesystem::remove_all(machine_.root); }
  void write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((machine_.root / path).parent_path());
    std::ofstream{machine_.root / path} << text;
  }
  Machine machine_;
};

TEST_F(GrantsTest, ACpuThatIsNotThereIsNotGranted) {
  EXPECT_THAT(grant_of_cpus({1, 7}, machine_), HasSubstr("this machine has the CPUs 0-3"));
}

TEST_F(GrantsTest, ACpuThatIsSwitchedOffIsSwitchedOn) {
  EXPECT_THAT(grant_of_cpus({1}, machine_), AllOf(HasSubstr("CPU 1 is switched off"),
                                                  HasSubstr("echo 1 | sudo tee"), HasSubstr("cpu1/online")));
}

TEST_F(GrantsTest, ACpuOfAnotherControlGroupIsGivenToIt) {
  EXPECT_THAT(grant_of_cpus({2}, machine_),
              AllOf(HasSubstr("echo 0,2-3 | sudo tee"), HasSubstr("sys/fs/cgroup/cpuset/job/cpuset.cpus")));
}

TEST_F(GrantsTest, APriorityIsALimitOrRealtimeOfTheControlGroup) {
  EXPECT_THAT(grant_of_priority(80, machine_), HasSubstr("sudo prlimit --pid $$ --rtprio=80"));
  write("proc/self/status", "CapEff:\t0000000000800000\n");
  write("sys/fs/cgroup/cpu/job/cpu.rt_runtime_us", "0\n");
  EXPECT_THAT(grant_of_priority(80, machine_),
              AllOf(HasSubstr("echo 950000 | sudo tee"), HasSubstr("cgroup/cpu/job/cpu.rt_runtime_us")));
}

TEST_F(GrantsTest, ListsOfCpusAreReadAsTheKernelWritesThem) {
  EXPECT_THAT(cpu_list("0-2,5,7-8"), ElementsAre(0, 1, 2, 5, 7, 8));
  EXPECT_THAT(cpu_list(""), IsEmpty());
  EXPECT_THAT(cpu_list("x"), IsEmpty());
}

}  // namespace
}  // namespace tactus
