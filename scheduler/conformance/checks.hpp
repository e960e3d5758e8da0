// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <span>
#include <stdexcept>
#include <string>

#include "tactus/node.hpp"

/// What every node promises by being one.
namespace tactus::conformance {

/// The node under test.
struct Library {
  std::filesystem::path path;
  std::map<std::string, ParameterValue> parameters;
};

/// A promise that was not kept: says what was seen.
class Broken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// A promise that this node does not make: says why.
class NotApplicable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Check {
  const char* name;
  const char* promise;
  /// Throws Broken or NotApplicable; whatever else it throws comes from the node.
  void (*run)(const Library& library);
};

[[nodiscard]] std::span<const Check> all_checks() noexcept;

enum class Outcome { kKept, kBroken, kNotApplicable };
struct Verdict {
  Outcome outcome;
  std::string text;  ///< empty when kept
};
/// Runs the check in a child of this process: a crash, or a hang for longer than the limit, is a verdict,
/// too. Blocks.
[[nodiscard]] Verdict run_apart(const Check& check, const Library& library, std::chrono::seconds limit);

}  // namespace tactus::conformance
