// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

/// What crosses the network of one topic, as this host's gateway counts it.
namespace rtctl {

/// From the broker's graph: a JSON array, an object per direction (docs/reference/rtctl.md).
[[nodiscard]] std::string crossings_json(std::string_view graph, const std::string& topic,
                                         const std::string& group);
/// The same as lines: "network out: 100 sent to 1 reader, 0 overwritten, ...". Empty when nothing crosses.
[[nodiscard]] std::string crossings_text(std::string_view graph, const std::string& topic,
                                         const std::string& group);

}  // namespace rtctl
