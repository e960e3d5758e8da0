// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "renderer.hpp"

namespace xr {

/// A furnished room around the synthetic head: bricks, shelves of books, posters, windows, planks, crates.
/// What is painted follows from the seed. World: z up, the floor at 0; x from -2.5 to 3.5 m, y from -3 to 3
/// m, 2.7 m high. Allocates and takes some 50 ms.
[[nodiscard]] Scene make_room(std::uint64_t seed);

}  // namespace xr
