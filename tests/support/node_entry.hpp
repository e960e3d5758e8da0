// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include "tactus/node.hpp"
#include "tactus/state.hpp"

namespace tactus {

/// What TACTUS_NODE(T) exports, for a node that a test has in itself.
template <typename T>
inline const NodeEntry kEntryOf{"Test",
                                detail::kHasStep<T>,
                                !std::is_same_v<decltype(&T::run), decltype(&Node::run)>,
                                [](NodeContext& context) -> Node* { return new T{context}; },
                                [](Node* node) { delete node; },
                                detail::resumable_of<T>(),
                                detail::stateful_of<T>()};

class SilentLog final : public Log {
  void push(const LogRecord&) noexcept override {}
};

}  // namespace tactus
