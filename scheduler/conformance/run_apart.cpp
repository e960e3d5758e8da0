// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <system_error>

#include "checks.hpp"
#include "subject.hpp"

namespace tactus::conformance {
namespace {

/// Shared with the child that runs a check.
struct Note {
  Outcome outcome = Outcome::kBroken;
  std::array<char, 1024> text{};
  std::array<char, 256> doing{};
};

Note* note = nullptr;

template <std::size_t Size>
void copy(const std::string& from, std::array<char, Size>& to) noexcept {
  const std::size_t size = std::min(from.size(), Size - 1);
  std::memcpy(to.data(), from.data(), size);
  to[size] = '\0';
}

void run_here(const Check& check, const Library& library) {
  try {
    check.run(library);
    note->outcome = Outcome::kKept;
  } catch (const Broken& broken) {
    copy(broken.what(), note->text);
  } catch (const NotApplicable& reason) {
    note->outcome = Outcome::kNotApplicable;
    copy(reason.what(), note->text);
  } catch (const std::exception& thrown) {
    copy(fmt::format("{} threw: {}", note->doing.data(), thrown.what()), note->text);
  } catch (...) {
    copy(fmt::format("{} threw something that is no std::exception", note->doing.data()), note->text);
  }
}

/// The status of the child; nothing when it runs for longer than it may.
std::optional<int> wait_for(pid_t child, int end, std::chrono::milliseconds limit) {
  pollfd fd{end, POLLIN, 0};
  const bool ended = poll(&fd, 1, static_cast<int>(limit.count())) > 0;
  if (!ended) kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  return ended ? std::optional{status} : std::nullopt;
}

}  // namespace

void doing(const std::string& what) noexcept {
  if (note != nullptr) copy(what, note->doing);
}

Verdict run_apart(const Check& check, const Library& library, std::chrono::seconds limit) {
  void* memory = mmap(nullptr, sizeof(Note), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  std::array<int, 2> pipe_ends{};
  if (memory == MAP_FAILED || pipe(pipe_ends.data()) != 0)
    throw std::system_error{errno, std::generic_category(), "no memory or no pipe for a check"};
  note = new (memory) Note;
  const pid_t child = fork();
  if (child < 0) throw std::system_error{errno, std::generic_category(), "no process for a check"};
  if (child == 0) {
    close(pipe_ends[0]);
    run_here(check, library);
    _exit(0);
  }
  close(pipe_ends[1]);  // the child's end closes with it
  const auto status = wait_for(child, pipe_ends[0], limit);
  close(pipe_ends[0]);
  Verdict verdict{note->outcome, note->text.data()};
  if (!status) {
    verdict = {Outcome::kBroken,
               fmt::format("{} has not returned after {} s", note->doing.data(), limit.count())};
  } else if (WIFSIGNALED(*status)) {
    verdict = {Outcome::kBroken,
               fmt::format("{} crashed: {}", note->doing.data(), strsignal(WTERMSIG(*status)))};
  } else if (WEXITSTATUS(*status) != 0) {
    verdict = {Outcome::kBroken,
               fmt::format("{} ended the process with code {}", note->doing.data(), WEXITSTATUS(*status))};
  }
  note = nullptr;
  munmap(memory, sizeof(Note));
  return verdict;
}

}  // namespace tactus::conformance
