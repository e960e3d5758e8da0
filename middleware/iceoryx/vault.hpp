// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "borrowed.hpp"
#include "in_call.hpp"

namespace tactus::shm {

/// Where this process' slots are written down, so that RouDi gives them back to the pools when it dies: the
/// cells of subscriber ports that never subscribe. iceoryx lets a publisher loan 8 chunks, a port has 257
/// cells. Any thread; may block.
class Vault {
 public:
  static constexpr std::uint32_t kRange = 8;

  explicit Vault(ProcessPage& page) : page_{page} {}
  /// All ranges are free by then.
  ~Vault();
  Vault(const Vault&) = delete;
  Vault& operator=(const Vault&) = delete;

  /// kRange empty cells for one owner; nullptr when iceoryx has no port left.
  [[nodiscard]] Cell* take();
  void give_back(Cell* range);
  /// /// What is wrong with the library that runs; nothing when slots can be used. Tried once.
  [[nodiscard]] const std::string& self_test();

 private:
  bool add_port();
  [[nodiscard]] std::string test();

  ProcessPage& page_;
  std::mutex mutex_;
  std::vector<SubscriberData*> ports_;
  std::vector<Cell*> free_;
  std::unique_ptr<const std::string> tested_;
};

}  // namespace tactus::shm
