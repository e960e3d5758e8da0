// SPDX-License-Identifier: Apache-2.0
// tactus-broker: one small process per host. Started on demand, gone a few seconds after its last client.
#include <fcntl.h>
#include <fmt/core.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <stdexcept>

#include "../src/broker_owner.hpp"
#include "broker.hpp"
#include "mutex_repair.hpp"
#include "tactus/middleware/broker_client.hpp"

namespace tactus::broker {
namespace {

/// Held for the broker's life: one per host. Throws when another holds it, naming its pid.
class LockFile {
 public:
  LockFile() {
    fd_ = open(kBrokerLock, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd_ < 0) refuse(errno);
    if (flock(fd_, LOCK_EX | LOCK_NB) != 0)
      throw std::runtime_error{"a broker already runs on this host, process " + broker_pid()};
    if (!is_in_place()) throw std::runtime_error{"a broker already runs on this host, or ends just now"};
    write_pid();
  }
  ~LockFile() {
    unlink(kBrokerLock);
    close(fd_);
  }

 private:
  [[noreturn]] static void refuse(int error) {
    struct stat info {};
    if (stat(kBrokerLock, &info) != 0 || info.st_uid == geteuid())
      throw std::runtime_error{fmt::format("cannot open {}: {}", kBrokerLock, std::strerror(error))};
    throw std::runtime_error{broker_owner() + ": run as that user, or end that process"};
  }
  /// The broker that ended while we opened its file has removed it: others lock another one.
  [[nodiscard]] bool is_in_place() const {
    struct stat ours {
    }, there{};
    return fstat(fd_, &ours) == 0 && stat(kBrokerLock, &there) == 0 && ours.st_ino == there.st_ino;
  }
  void write_pid() const {
    const std::string pid = std::to_string(getpid());
    if (ftruncate(fd_, 0) != 0 ||
        pwrite(fd_, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
      throw std::runtime_error{fmt::format("cannot write {}: {}", kBrokerLock, std::strerror(errno))};
    }
  }
  int fd_ = -1;
};

int block_signals() {
  sigset_t all;
  sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) sigdelset(&all, fault);
  sigprocmask(SIG_BLOCK, &all,
              nullptr);  // every thread of RouDi inherits it; SIGINT and SIGHUP are never looked at
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  return signalfd(-1, &term, SFD_CLOEXEC);
}

/// Ready: whoever waits on our standard error may go on. Nobody's child from here.
void detach_output() {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(null, 2);
  close(null);
}

int serve(bool detach) {
  const LockFile lock;
  const int signals = block_signals();
  prctl(PR_SET_NAME, "tactus-broker");
  // Above every node: they may wait for a lock that RouDi's thread holds. Denied without privileges, and said
  // by rtctl doctor.
  const sched_param priority{91};
  const bool can_repair = mutexes_can_be_repaired();
  const bool realtime = sched_setscheduler(0, SCHED_FIFO, &priority) == 0;  // RouDi's threads inherit it
  static_cast<void>(realtime);
  Broker broker{can_repair};
  if (detach) detach_output();
  broker.run(signals);
  return 0;
}

}  // namespace
}  // namespace tactus::broker

int main(int argc, char** argv) {
  const bool detach = argc == 2 && std::strcmp(argv[1], "--detach") == 0;
  if (argc > 1 && !detach) {
    const bool help = argc == 2 && std::strcmp(argv[1], "--help") == 0;
    fmt::print(help ? stdout : stderr,
               "usage: tactus-broker [--detach]\nStarted on demand; runs until a few seconds after its last "
               "client.\n");
    return help ? 0 : 2;
  }
  if (detach && fork() != 0) _exit(0);
  try {
    return tactus::broker::serve(detach);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
