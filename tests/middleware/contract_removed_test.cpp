// SPDX-License-Identifier: Apache-2.0
#define TACTUS_NO_INSIDE_CONTRACTS
#include <gtest/gtest.h>

#include "tactus/middleware/contract.hpp"

namespace tactus {
namespace {

TEST(ContractRemoved, InsideItIsNothingAndAtTheBorderItStays) {
  int evaluated = 0;
  TACTUS_INSIDE_EXPECT(++evaluated > 5, "is not looked at");
  TACTUS_INSIDE_ENSURE(++evaluated > 5, "is not looked at");
  EXPECT_EQ(evaluated, 0);
  EXPECT_THROW(TACTUS_EXPECT(evaluated > 5, "is looked at"), ContractBroken);
}

}  // namespace
}  // namespace tactus
