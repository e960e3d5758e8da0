// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose and compiled by nobody: clang_tidy_test wants to see these mistakes found.
#include <string>
#include <utility>

std::size_t used_after_move(std::string text) {
  const std::string other{std::move(text)};
  return text.size() + other.size();
}

std::size_t copied_for_nothing(const std::string text) { return text.size(); }

int null_dereferenced(bool given) {
  int value = 1;
  int* pointer = given ? &value : nullptr;
  if (!given) return *pointer;
  return value;
}
