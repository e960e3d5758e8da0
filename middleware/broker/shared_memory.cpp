// SPDX-License-Identifier: Apache-2.0
#include "shared_memory.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <iceoryx_hoofs/posix_wrapper/posix_access_rights.hpp>
#include <iceoryx_posh/iceoryx_posh_config.hpp>
#include <iceoryx_posh/internal/roudi/roudi.hpp>
#include <iceoryx_posh/internal/runtime/ipc_interface_user.hpp>
#include <iceoryx_posh/internal/runtime/ipc_runtime_interface.hpp>
#include <iceoryx_posh/mepoo/chunk_header.hpp>
#include <iceoryx_posh/roudi/iceoryx_roudi_components.hpp>
#include <stdexcept>

namespace tactus::broker {
namespace {

constexpr std::uint64_t kManagementBytes = 68'000'000;  // RouDi's own segment, touched whole at its start
constexpr std::uint32_t kHeaderBytes = 256;  // chunk header and our sample header, beside the payload

/// With iceoryx's header of it, a chunk fills whole cache lines: no two chunks share one.
constexpr std::uint32_t kToCacheLine = 64 - sizeof(iox::mepoo::ChunkHeader) % 64;

iox::RouDiConfig_t configuration(const std::vector<Pool>& pools) {
  iox::mepoo::MePooConfig config;
  for (const Pool& pool : pools) config.addMemPool({pool.chunk_bytes + kToCacheLine, pool.chunks});
  const auto group = iox::posix::PosixGroup::getGroupOfCurrentProcess().getName();
  iox::RouDiConfig_t roudi;
  roudi.m_sharedMemorySegments.push_back({group, group, config});
  return roudi;
}

/// RouDi zeroes the payload segment: hole-punched, only what is used counts.
void give_back_untouched() {
  const std::string path =
      "/dev/shm/" + std::string{iox::posix::PosixGroup::getGroupOfCurrentProcess().getName().c_str()};
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  struct stat info {};
  if (fstat(fd, &info) == 0) fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, info.st_size);
  close(fd);
}

class CountingRouDi final : public iox::roudi::RouDi {
 public:
  CountingRouDi(iox::roudi::IceOryxRouDiComponents& components, std::atomic<std::uint64_t>& heartbeat)
      : RouDi{components.rouDiMemoryManager, components.portManager,
              RoudiStartupParameters{iox::roudi::MonitoringMode::OFF, false,
                                     RuntimeMessagesThreadStart::DEFER_START}},
        heartbeat_{heartbeat} {
    startProcessRuntimeMessagesThread();
  }
  // The hook is virtual: the threads must be gone before this part of the object is.
  ~CountingRouDi() override { shutdown(); }

 protected:
  void cyclicUpdateHook() noexcept override { heartbeat_.fetch_add(1, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t>& heartbeat_;
};

}  // namespace

std::vector<Pool> pool_ladder(std::uint64_t shm_free_bytes, std::uint64_t ram_bytes) {
  const std::vector<Pool> full{
      {256, 4096},     {512, 4096},     {1 << 10, 4096}, {2 << 10, 2048},  {4 << 10, 2048},  {8 << 10, 1024},
      {16 << 10, 512}, {32 << 10, 512}, {64 << 10, 512}, {128 << 10, 256}, {256 << 10, 256}, {512 << 10, 256},
      {1 << 20, 64},   {2 << 20, 64},   {4 << 20, 32},   {8 << 20, 16},    {16 << 20, 8}};
  const std::uint64_t available = std::min(shm_free_bytes, ram_bytes / 2);
  std::uint64_t needed = 0;
  for (std::uint32_t divisor = 1; divisor <= 64; divisor *= 2) {
    std::vector<Pool> pools = full;
    needed = kManagementBytes;
    for (Pool& pool : pools) {
      pool.chunks = std::max(2U, pool.chunks / divisor);
      needed += std::uint64_t{pool.chunks} * (pool.chunk_bytes + kHeaderBytes);
    }
    if (needed <= available) return pools;
  }
  throw std::runtime_error{fmt::format(
      "/dev/shm has {} MB free (and half of the memory is {} MB), the broker needs {} MB: remount it larger, "
      "in a container with --shm-size=256m",
      shm_free_bytes / 1'000'000, ram_bytes / 2'000'000, needed / 1'000'000 + 1)};
}

struct SharedMemory::Parts {
  Parts(const std::vector<Pool>& pools, std::atomic<std::uint64_t>& heartbeat)
      : components{configuration(pools)}, roudi{components, heartbeat} {}
  iox::roudi::IceOryxRouDiComponents components;
  CountingRouDi roudi;
};

SharedMemory::SharedMemory(const std::vector<Pool>& pools, std::atomic<std::uint64_t>& heartbeat)
    : parts_{std::make_unique<Parts>(pools, heartbeat)} {
  give_back_untouched();
}

SharedMemory::~SharedMemory() = default;

void SharedMemory::reclaim(const std::string& runtime_name) {
  // The message that a runtime sends of itself at its end, in the dead process' name.
  iox::runtime::IpcInterfaceUser roudi{iox::roudi::IPC_CHANNEL_ROUDI_NAME};
  iox::runtime::IpcMessage message;
  message << iox::runtime::IpcMessageTypeToString(iox::runtime::IpcMessageType::TERMINATION) << runtime_name;
  roudi.send(message);
}

}  // namespace tactus::broker
