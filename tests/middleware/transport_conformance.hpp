// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "tactus/middleware/transport.hpp"

namespace tactus::testing {

/// One way to get a transport. What the suite demands holds for each.
struct TransportCase {
  const char* name;
  std::function<std::shared_ptr<Transport>()> make;
};

/// Instantiate both with INSTANTIATE_TEST_SUITE_P(Name, TransportConformance,
/// testing::Values(TransportCase{...})).
class TransportConformance : public ::testing::TestWithParam<TransportCase> {
 protected:
  std::shared_ptr<Transport> transport = GetParam().make();
};

/// What a node does with its topics never touches the heap. Skipped where allocations are not counted.
class TransportAllocations : public TransportConformance {
 protected:
  void SetUp() override;
};

}  // namespace tactus::testing
