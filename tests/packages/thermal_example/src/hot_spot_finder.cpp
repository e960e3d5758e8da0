// SPDX-License-Identifier: Apache-2.0
#include "hot_spot_finder.hpp"

TACTUS_NODE(HotSpotFinder)
