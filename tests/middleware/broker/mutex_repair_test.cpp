// SPDX-License-Identifier: Apache-2.0
#include "mutex_repair.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace tactus::broker {
namespace {

constexpr auto kNobodyIsDead = [](std::uint32_t) { return false; };

class MutexRepair : public ::testing::Test {
 protected:
  MutexRepair()
      : mutex_{*static_cast<pthread_mutex_t*>(mmap(nullptr, sizeof(pthread_mutex_t), PROT_READ | PROT_WRITE,
                                                   MAP_SHARED | MAP_ANONYMOUS, -1, 0))} {
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&mutex_, &kind);
  }
  ~MutexRepair() override { munmap(&mutex_, sizeof mutex_); }

  /// A process that locks the mutex `times` and is killed.
  std::uint32_t dies_holding_it(int times) {
    const pid_t child = fork();
    if (child == 0) {
      for (int i = 0; i < times; ++i) pthread_mutex_lock(&mutex_);
      kill(getpid(), SIGKILL);
    }
    waitpid(child, nullptr, 0);
    return static_cast<std::uint32_t>(child);
  }
  /// Exit code of a process that does nothing but lock and unlock it; it may have to wait.
  pid_t start_waiter() {
    const pid_t child = fork();
    if (child == 0) _exit(pthread_mutex_lock(&mutex_) == 0 && pthread_mutex_unlock(&mutex_) == 0 ? 0 : 1);
    return child;
  }

  pthread_mutex_t& mutex_;
};

TEST_F(MutexRepair, IsPossibleWithThisCLibrary) { EXPECT_TRUE(mutexes_can_be_repaired()); }

TEST_F(MutexRepair, OpensWhatADeadThreadHoldsAndItWorksLikeNewAfterwards) {
  const std::uint32_t dead = dies_holding_it(2);
  ASSERT_EQ(pthread_mutex_trylock(&mutex_), EBUSY);
  EXPECT_TRUE(repair_mutex(mutex_, [dead](std::uint32_t tid) { return tid == dead; }));
  EXPECT_EQ(pthread_mutex_lock(&mutex_), 0);
  EXPECT_EQ(pthread_mutex_unlock(&mutex_), 0);
  EXPECT_EQ(pthread_mutex_destroy(&mutex_), 0);
}

TEST_F(MutexRepair, LeavesWhatALivingThreadHolds) {
  pthread_mutex_lock(&mutex_);
  EXPECT_FALSE(repair_mutex(mutex_, kNobodyIsDead));
  EXPECT_EQ(mutex_.__data.__owner, gettid());
  EXPECT_EQ(pthread_mutex_unlock(&mutex_), 0);
}

TEST_F(MutexRepair, LeavesWhatNobodyHolds) {
  EXPECT_FALSE(repair_mutex(mutex_, [](std::uint32_t) { return true; }));
  EXPECT_FALSE(is_ownerless(mutex_));
}

TEST_F(MutexRepair, WakesThoseWhoWait) {
  const std::uint32_t dead = dies_holding_it(1);
  const pid_t waiter = start_waiter();
  while (mutex_.__data.__lock != 2) sched_yield();  // it sleeps, or is about to
  EXPECT_TRUE(repair_mutex(mutex_, [dead](std::uint32_t tid) { return tid == dead; }));
  int status = -1;
  waitpid(waiter, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(MutexRepair, KnowsALockWithoutAnOwnerAndOpensItWhenTold) {
  dies_holding_it(1);
  mutex_.__data.__owner = 0;  // as if it had died between the two instructions
  EXPECT_FALSE(repair_mutex(mutex_, [](std::uint32_t) { return true; }));
  EXPECT_TRUE(is_ownerless(mutex_));
  force_open(mutex_);
  EXPECT_FALSE(is_ownerless(mutex_));
  EXPECT_EQ(pthread_mutex_trylock(&mutex_), 0);
}

}  // namespace
}  // namespace tactus::broker
