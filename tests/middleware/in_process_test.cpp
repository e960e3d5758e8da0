// SPDX-License-Identifier: Apache-2.0
#include "tactus/middleware/in_process.hpp"

#include "transport_conformance.hpp"

namespace tactus::testing {

INSTANTIATE_TEST_SUITE_P(InProcess, TransportConformance,
                         ::testing::Values(TransportCase{
                             "in_process",
                             [] { return std::shared_ptr<Transport>{make_in_process_transport()}; }}),
                         [](const auto& param) { return param.param.name; });

INSTANTIATE_TEST_SUITE_P(InProcess, TransportAllocations,
                         ::testing::Values(TransportCase{
                             "in_process",
                             [] { return std::shared_ptr<Transport>{make_in_process_transport()}; }}),
                         [](const auto& param) { return param.param.name; });

}  // namespace tactus::testing
