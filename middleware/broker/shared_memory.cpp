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
#include <iceoryx_posh/mepoo/chunk_settings.hpp>
#include <iceoryx_posh/roudi/iceoryx_roudi_components.hpp>
#include <stdexcept>
#include <thread>
#include <type_traits>

#include "mutex_repair.hpp"

namespace tactus::broker {
namespace {

constexpr int kLooks = 50;

static_assert(kChunkHeaderBytes == sizeof(iox::mepoo::ChunkHeader));

iox::RouDiConfig_t configuration(const std::vector<Pool>& pools) {
  iox::mepoo::MePooConfig config;
  for (const Pool& pool : pools) config.addMemPool({pool.chunk_bytes, pool.chunks});
  const auto group = iox::posix::PosixGroup::getGroupOfCurrentProcess().getName();
  iox::RouDiConfig_t roudi;
  roudi.m_sharedMemorySegments.push_back({group, group, config});
  return roudi;
}

std::string payload_segment() {
  return "/dev/shm/" + std::string{iox::posix::PosixGroup::getGroupOfCurrentProcess().getName().c_str()};
}

/// RouDi zeroes the payload segment: hole-punched, only what is used counts.
void give_back_untouched() {
  const int fd = open(payload_segment().c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  struct stat info {};
  if (fstat(fd, &info) == 0) fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, info.st_size);
  close(fd);
}

/// What pool_of() goes by is what iceoryx does.
void check_overhead() {
  constexpr std::uint32_t kBlock = 1000;
  const auto settings =
      iox::mepoo::ChunkSettings::create(kBlock, 8, sizeof(SampleHeader), alignof(SampleHeader));
  if (settings.has_error() ||
      settings.value().requiredChunkSize() != kChunkHeaderBytes + kChunkOverheadBytes + kBlock)
    throw std::runtime_error{
        "this iceoryx lays chunks out in another way than 2.0.3: the broker does not know "
        "which pool a message comes from"};
}

pthread_mutex_t* mutex_in(const iox::popo::ThreadSafePolicy& lock) {
  using iox::popo::ThreadSafePolicy;
  static_assert(std::is_standard_layout_v<ThreadSafePolicy> &&
                sizeof(ThreadSafePolicy) == sizeof(pthread_mutex_t));
  return reinterpret_cast<pthread_mutex_t*>(const_cast<ThreadSafePolicy*>(&lock));
}

/// Every mutex that a node's process locks. RouDi adds and removes ports meanwhile; their memory stays.
std::vector<pthread_mutex_t*> mutexes_of(iox::roudi::PortPool& ports) {
  std::vector<pthread_mutex_t*> mutexes;
  for (auto* port : ports.getPublisherPortDataList()) mutexes.push_back(mutex_in(port->m_chunkSenderData));
  for (auto* port : ports.getSubscriberPortDataList()) mutexes.push_back(mutex_in(port->m_chunkReceiverData));
  return mutexes;
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

struct SharedMemory::Parts {
  Parts(const std::vector<Pool>& pools, std::atomic<std::uint64_t>& heartbeat)
      : components{configuration(pools)}, roudi{components, heartbeat} {}
  iox::roudi::IceOryxRouDiComponents components;
  CountingRouDi roudi;
};

SharedMemory::SharedMemory(const std::vector<Pool>& pools, std::atomic<std::uint64_t>& heartbeat)
    : parts_{std::make_unique<Parts>(pools, heartbeat)} {
  give_back_untouched();
  check_overhead();
}

SharedMemory::~SharedMemory() = default;

void SharedMemory::reclaim(const std::string& runtime_name) {
  // The message that a runtime sends of itself at its end, in the dead process' name.
  iox::runtime::IpcInterfaceUser roudi{iox::roudi::IPC_CHANNEL_ROUDI_NAME};
  iox::runtime::IpcMessage message;
  message << iox::runtime::IpcMessageTypeToString(iox::runtime::IpcMessageType::TERMINATION) << runtime_name;
  roudi.send(message);
}

std::size_t SharedMemory::open_locks_of(const std::function<bool(std::uint32_t tid)>& is_dead) {
  std::size_t opened = 0;
  std::vector<pthread_mutex_t*> suspects;
  for (pthread_mutex_t* mutex : mutexes_of(*parts_->components.rouDiMemoryManager.portPool().value())) {
    if (repair_mutex(*mutex, is_dead))
      ++opened;
    else if (is_ownerless(*mutex))
      suspects.push_back(mutex);
  }
  // Between a lock and its owner's name are two instructions: somebody may just be there, or died there.
  for (int look = 0; look < kLooks && !suspects.empty(); ++look) {
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
    std::erase_if(suspects, [](const pthread_mutex_t* mutex) { return !is_ownerless(*mutex); });
  }
  for (pthread_mutex_t* mutex : suspects) force_open(*mutex);
  return opened + suspects.size();
}

std::vector<std::string> SharedMemory::files() { return {"/dev/shm/iceoryx_mgmt", payload_segment()}; }

std::vector<PoolUse> SharedMemory::pools() const {
  std::vector<PoolUse> pools;
  const auto segments = parts_->components.rouDiMemoryManager.segmentManager();
  if (!segments) return pools;
  const auto user = iox::posix::PosixUser::getUserOfCurrentProcess();
  const auto segment = segments.value()->getSegmentInformationWithWriteAccessForUser(user);
  if (!segment.m_memoryManager) return pools;
  const iox::mepoo::MemoryManager& memory = *segment.m_memoryManager;
  for (std::uint32_t i = 0; i < memory.getNumberOfMemPools(); ++i) {
    const iox::mepoo::MemPoolInfo info = memory.getMemPoolInfo(i);
    pools.push_back({info.m_usedChunks, info.m_minFreeChunks});
  }
  return pools;
}

SharedMemory::Sizes SharedMemory::sizes() {
  Sizes sizes;
  struct stat info {};
  if (stat("/dev/shm/iceoryx_mgmt", &info) == 0)
    sizes.management_bytes = static_cast<std::uint64_t>(info.st_size);
  if (stat(payload_segment().c_str(), &info) == 0) {
    sizes.payload_bytes = static_cast<std::uint64_t>(info.st_size);
    sizes.touched_bytes = static_cast<std::uint64_t>(info.st_blocks) * 512;
  }
  return sizes;
}

}  // namespace tactus::broker
