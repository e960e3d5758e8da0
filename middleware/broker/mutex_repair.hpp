// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>

#include <cstdint>
#include <functional>

/// Takes iceoryx's mutexes from threads that died holding them. Knows how glibc lays a mutex out.
namespace tactus::broker {

/// True when glibc does what the rest of this file believes: a child locks a mutex and is killed, and the
/// mutex is repaired. Forks: call it before there are threads.
[[nodiscard]] bool mutexes_can_be_repaired();

/// Unlocks the mutex when a dead thread holds it; true when it did. In any case wakes who waits for it: the
/// dead may have unlocked it without having told them.
bool repair_mutex(pthread_mutex_t& mutex, const std::function<bool(std::uint32_t tid)>& is_dead);

/// Locked, and by nobody: its owner has just taken it, is about to give it up, or died in between.
[[nodiscard]] bool is_ownerless(const pthread_mutex_t& mutex);

/// Unlocks a mutex whose owner is known to be dead, whoever it was.
void force_open(pthread_mutex_t& mutex);

}  // namespace tactus::broker
