// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace tactus::broker {

/// A memfd with one zeroed page of type T, mapped. All-zero is the initial state of each of T's members.
/// Throws std::runtime_error.
template <typename T>
std::pair<int, T*> make_page(const char* name) {
  const int fd = memfd_create(name, MFD_CLOEXEC);
  if (fd < 0 || ftruncate(fd, sizeof(T)) != 0)
    throw std::runtime_error{fmt::format("cannot make a page: {}", std::strerror(errno))};
  void* memory = mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED)
    throw std::runtime_error{fmt::format("cannot map a page: {}", std::strerror(errno))};
  return {fd, static_cast<T*>(memory)};
}

}  // namespace tactus::broker
