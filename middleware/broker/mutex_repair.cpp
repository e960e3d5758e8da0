// SPDX-License-Identifier: Apache-2.0
#include "mutex_repair.hpp"

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <csignal>

namespace tactus::broker {
namespace {

/// A page that a child shares, and what becomes of it.
class SharedMutex {
 public:
  SharedMutex() {
    void* memory =
        mmap(nullptr, sizeof(pthread_mutex_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return;
    mutex_ = static_cast<pthread_mutex_t*>(memory);
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);  // as iceoryx's are
    pthread_mutex_init(mutex_, &kind);
    pthread_mutexattr_destroy(&kind);
  }
  ~SharedMutex() {
    if (mutex_ != nullptr) munmap(mutex_, sizeof *mutex_);
  }
  SharedMutex(const SharedMutex&) = delete;
  SharedMutex& operator=(const SharedMutex&) = delete;
  [[nodiscard]] pthread_mutex_t* get() const { return mutex_; }

 private:
  pthread_mutex_t* mutex_ = nullptr;
};

/// The process that died holding it.
pid_t lock_in_a_child_and_die(pthread_mutex_t& mutex) {
  const pid_t child = fork();
  if (child == 0) {
    pthread_mutex_lock(&mutex);
    pthread_mutex_lock(&mutex);
    kill(getpid(), SIGKILL);
    _exit(1);
  }
  if (child > 0) waitpid(child, nullptr, 0);
  return child;
}

void wake_all(pthread_mutex_t& mutex) {
  syscall(SYS_futex, &mutex.__data.__lock, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

int read(const int& field) { return std::atomic_ref{const_cast<int&>(field)}.load(); }

}  // namespace

void force_open(pthread_mutex_t& mutex) {
  // Nobody else gets it while it is locked: the lock itself goes last.
  std::atomic_ref{mutex.__data.__owner}.store(0);
  std::atomic_ref{mutex.__data.__count}.store(0);
  std::atomic_ref{mutex.__data.__nusers}.store(0);  // else its destruction fails
  std::atomic_ref{mutex.__data.__lock}.store(0);
  wake_all(mutex);
}

bool repair_mutex(pthread_mutex_t& mutex, const std::function<bool(std::uint32_t tid)>& is_dead) {
  const int owner = read(mutex.__data.__owner);
  if (read(mutex.__data.__lock) != 0 && owner > 0 && is_dead(static_cast<std::uint32_t>(owner))) {
    force_open(mutex);
    return true;
  }
  wake_all(mutex);
  return false;
}

bool is_ownerless(const pthread_mutex_t& mutex) {
  return read(mutex.__data.__lock) != 0 && read(mutex.__data.__owner) == 0;
}

bool mutexes_can_be_repaired() {
  const SharedMutex shared;
  if (shared.get() == nullptr) return false;
  pthread_mutex_t& mutex = *shared.get();
  const pid_t child = lock_in_a_child_and_die(mutex);
  const auto is_child = [child](std::uint32_t tid) { return tid == static_cast<std::uint32_t>(child); };
  if (child < 0 || pthread_mutex_trylock(&mutex) == 0 || !repair_mutex(mutex, is_child)) return false;
  return pthread_mutex_trylock(&mutex) == 0 && pthread_mutex_unlock(&mutex) == 0 &&
         pthread_mutex_destroy(&mutex) == 0;
}

}  // namespace tactus::broker
