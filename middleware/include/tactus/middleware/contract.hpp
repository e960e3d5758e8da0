// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>

/// Contracts: what a function expects of who calls it, and what it ensures to them. A broken one is an
/// exception: out of a call of a node it faults that node, and it alone, and the log names node, phase and
/// cycle.
///
///   TACTUS_EXPECT(gain > 0, "a gain above zero");
///   TACTUS_ENSURE(pose.is_finite(), "a finite pose");
///
/// These two are always there: they belong at a border, between a component and who uses it. Inside a
/// component, in its inner loops, are TACTUS_INSIDE_EXPECT and TACTUS_INSIDE_ENSURE: compiled with
/// -DTACTUS_NO_INSIDE_CONTRACTS they are nothing, and their conditions are not evaluated.
namespace tactus {

/// Somebody did not keep a contract. The text says what was expected, by whom, and where.
class ContractBroken : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

namespace detail {

[[noreturn, gnu::cold, gnu::noinline]] inline void break_contract(
    const char* verb, const char* what, const char* condition,
    std::source_location where = std::source_location::current()) {
  std::string_view file = where.file_name();
  file.remove_prefix(file.rfind('/') + 1);  // npos + 1 is 0
  throw ContractBroken{std::string{verb} + " " + what + " (" + condition + "), at " + std::string{file} +
                       ":" + std::to_string(where.line())};
}

}  // namespace detail
}  // namespace tactus

#define TACTUS_CONTRACT_(verb, condition, what) \
  ((condition) ? static_cast<void>(0) : ::tactus::detail::break_contract(verb, what, #condition))

/// What must hold before: who called did it wrong. `what` reads after "expected": "a loan not published yet".
#define TACTUS_EXPECT(condition, what) TACTUS_CONTRACT_("expected", condition, what)
/// What must hold after: this side did it wrong.
#define TACTUS_ENSURE(condition, what) TACTUS_CONTRACT_("not ensured:", condition, what)

#ifdef TACTUS_NO_INSIDE_CONTRACTS
#define TACTUS_INSIDE_EXPECT(condition, what) static_cast<void>(sizeof(!(condition)))
#define TACTUS_INSIDE_ENSURE(condition, what) static_cast<void>(sizeof(!(condition)))
#else
#define TACTUS_INSIDE_EXPECT(condition, what) TACTUS_EXPECT(condition, what)
#define TACTUS_INSIDE_ENSURE(condition, what) TACTUS_ENSURE(condition, what)
#endif
