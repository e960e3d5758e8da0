// SPDX-License-Identifier: Apache-2.0
#include "prefault.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>

#include "tactus/middleware/pages.hpp"

namespace tactus {
namespace {

constexpr std::size_t kStackBytes = std::size_t{256} << 10;
constexpr std::size_t kStackInUse = std::size_t{64} << 10;  ///< by what comes on top, and the guard
constexpr off_t kPageBytes = 4096;

/// One line of /proc/self/maps.
struct Mapping {
  std::uintptr_t begin = 0, end = 0;
  std::string rights;
  off_t offset = 0;
  std::string path;
};

std::vector<Mapping> shared_mappings() {
  std::vector<Mapping> found;
  std::ifstream maps{"/proc/self/maps"};
  for (std::string line; std::getline(maps, line);) {
    Mapping mapping;
    std::istringstream words{line};
    std::string device, inode;
    char dash = 0;
    words >> std::hex >> mapping.begin >> dash >> mapping.end >> mapping.rights >> mapping.offset >> device >>
        inode >> mapping.path;
    const bool ours = mapping.path.starts_with("/dev/shm/") || mapping.path.starts_with("/memfd:tactus");
    if (ours && mapping.rights.ends_with('s')) found.push_back(std::move(mapping));
  }
  return found;
}

/// Returns errno.
int populate(const Mapping& mapping, off_t from, off_t to) {
  const int advice = mapping.rights[1] == 'w' ? MADV_POPULATE_WRITE : MADV_POPULATE_READ;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel tells addresses as text
  auto* begin = reinterpret_cast<char*>(mapping.begin) + (from - mapping.offset);
  return madvise(begin, static_cast<std::size_t>(to - from), advice) == 0 ? 0 : errno;
}

/// Only what the file holds already: the pools of messages are far larger than what is used of them.
int populate_touched(const Mapping& mapping) {
  const off_t end = mapping.offset + static_cast<off_t>(mapping.end - mapping.begin);
  const int file = open(mapping.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return errno;
  int error = 0;
  for (off_t hole = mapping.offset; hole < end && error == 0;) {
    const off_t data = lseek(file, hole, SEEK_DATA);
    if (data < 0 || data >= end) break;
    hole = std::min(end, lseek(file, data, SEEK_HOLE));
    error = populate(mapping, data, hole);
  }
  close(file);
  return error;
}

/// The page of a process is far larger than what is used of it, too.
int populate_used(const Mapping& mapping) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel tells addresses as text
  const auto* begin = reinterpret_cast<const std::byte*>(mapping.begin);
  int error = 0;
  for (const auto part : used_parts(*reinterpret_cast<const ProcessPage*>(begin))) {
    const off_t from = (part.data() - begin) / kPageBytes * kPageBytes;
    const off_t to = (part.data() + part.size() - begin + kPageBytes - 1) / kPageBytes * kPageBytes;
    if (error == 0 && !part.empty()) error = populate(mapping, from, to);
  }
  return error;
}

int prefault(const Mapping& mapping) {
  if (mapping.path.starts_with("/dev/shm/")) return populate_touched(mapping);
  const std::size_t bytes = mapping.end - mapping.begin;
  if (mapping.path.starts_with("/memfd:tactus-process") && bytes >= sizeof(ProcessPage))
    return populate_used(mapping);
  return populate(mapping, mapping.offset, mapping.offset + static_cast<off_t>(mapping.end - mapping.begin));
}

__attribute__((noinline)) void touch_stack() noexcept {
  volatile char stack[kStackBytes];
  for (std::size_t i = 0; i < sizeof stack; i += kPageBytes) stack[i] = 0;
}

/// What the calling thread's stack still has below this call; its thread-local variables may lie in it, too.
std::size_t stack_left() {
  pthread_attr_t attributes;
  void* end = nullptr;
  std::size_t size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
  pthread_attr_getstack(&attributes, &end, &size);
  pthread_attr_destroy(&attributes);
  return static_cast<std::size_t>(static_cast<char*>(__builtin_frame_address(0)) - static_cast<char*>(end));
}

}  // namespace

void keep_heap() noexcept {
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most that it takes
}

std::string prefault_stack() {
  const std::size_t left = stack_left();
  if (left >= kStackBytes + kStackInUse) {
    touch_stack();
    return {};
  }
  return fmt::format(
      "touching {} kB of stack was denied, it has {} kB left; grant it to this shell: ulimit -s 8192",
      kStackBytes >> 10, left >> 10);
}

std::vector<std::string> prefault_shared_memory() {
  std::vector<std::string> denied;
  for (const Mapping& mapping : shared_mappings()) {
    const int error = prefault(mapping);
    if (error == 0) continue;
    denied.push_back(fmt::format("touching {} beforehand was denied ({}): first uses cost page faults",
                                 mapping.path, std::strerror(error)));
  }
  return denied;
}

TouchedLoans::TouchedLoans(UntypedPublisher& publisher) : publisher_{publisher} {
  for (std::uint32_t i = 0; i < publisher.options().max_loans; ++i) {
    Chunk* chunk = publisher.loan();
    if (chunk == nullptr) return;  // counted by the publisher
    for (std::size_t byte = 0; byte < chunk->size; byte += std::size_t{kPageBytes})
      chunk->bytes[byte] = std::byte{0};
    chunks_.push_back(chunk);
  }
}

TouchedLoans::~TouchedLoans() {
  for (Chunk* chunk : chunks_) publisher_.release(*chunk);
}

}  // namespace tactus
