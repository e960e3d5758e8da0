// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <list>
#include <nlohmann/json.hpp>
#include <thread>

#include "child_process.hpp"
#include "tactus/node_library.hpp"
#include "tactus/scheduler/describe.hpp"

namespace tactus {
namespace {

using Clock = std::chrono::steady_clock;

/// One child that describes one node.
class Describing {
 public:
  Describing(const std::filesystem::path& program, const DescribeRequest& request, DescribeResult& result,
             std::chrono::milliseconds limit)
      : result_{result}, limit_{limit}, deadline_{Clock::now() + limit}, child_{options(program, request)} {}

  [[nodiscard]] int fd() const { return child_.output_fd(); }
  [[nodiscard]] Clock::time_point deadline() const { return deadline_; }

  /// Reads what there is; true when the child has said everything.
  bool read() {
    std::array<char, 65'536> buffer;
    const ssize_t size = ::read(fd(), buffer.data(), buffer.size());
    if (size > 0) text_.append(buffer.data(), static_cast<std::size_t>(size));
    return size <= 0;
  }
  void finish() {
    const auto end = child_.wait(std::max(std::chrono::milliseconds{1}, left()));
    if (!end) return time_out();
    nlohmann::json answer = nlohmann::json::parse(text_, nullptr, false);
    try {
      if (end->clean())
        result_.description = description_from_json(answer);
      else
        result_.error = answer.contains("error") ? answer["error"].get<std::string>() : crashed(*end);
    } catch (const nlohmann::json::exception& error) {
      result_.error = fmt::format("its description is malformed: {}", error.what());
    }
  }
  void time_out() {
    child_.signal(SIGKILL);
    result_.error = fmt::format(
        "its constructor did not return within {} ms; it may only declare, start() is the place to work",
        limit_.count());
  }

 private:
  static ChildProcess::Options options(const std::filesystem::path& program, const DescribeRequest& request) {
    nlohmann::json parameters = nlohmann::json::object();
    for (const auto& [name, value] : request.parameters) {
      parameters[name] = {{"kind", kind_name(value)}, {"value", to_json(value)}};
    }
    const auto& describer = is_program(request.library) ? request.library : program;
    return {{describer.string(), "--describe", request.library.string(), "--parameters", parameters.dump()},
            true};
  }
  static std::string crashed(const ExitStatus& end) {
    return fmt::format("the process that constructed it {} (see above); its constructor may only declare",
                       to_text(end));
  }
  [[nodiscard]] std::chrono::milliseconds left() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now());
  }

  DescribeResult& result_;
  std::chrono::milliseconds limit_;
  Clock::time_point deadline_;
  ChildProcess child_;
  std::string text_;
};

/// Waits for any child to say something or for the first deadline; drops those that are done.
void serve(std::list<Describing>& children) {
  std::vector<pollfd> fds;
  Clock::time_point first = Clock::time_point::max();
  for (const Describing& child : children) {
    fds.push_back({.fd = child.fd(), .events = POLLIN, .revents = 0});
    first = std::min(first, child.deadline());
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(first - Clock::now());
  ::poll(fds.data(), fds.size(), static_cast<int>(std::max<std::int64_t>(0, left.count())));
  auto fd = fds.begin();
  for (auto child = children.begin(); child != children.end(); ++fd) {
    const bool done = fd->revents != 0 && child->read();
    const bool late = !done && Clock::now() >= child->deadline();
    if (done) child->finish();
    if (late) child->time_out();
    child = done || late ? children.erase(child) : std::next(child);
  }
}

}  // namespace

std::filesystem::path host_program() {
  if (const char* path = std::getenv("TACTUS_HOST")) return path;
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "tactus-host";
}

std::vector<DescribeResult> describe_nodes(const std::filesystem::path& program,
                                           const std::vector<DescribeRequest>& requests,
                                           std::chrono::milliseconds limit) {
  const std::size_t most = std::max(2U, std::thread::hardware_concurrency());
  std::vector<DescribeResult> results(requests.size());
  std::list<Describing> children;
  const auto same = [&requests](std::size_t i) {
    const auto equal = [&](const DescribeRequest& other) {
      return other.library == requests[i].library && other.parameters == requests[i].parameters;
    };
    return static_cast<std::size_t>(std::ranges::find_if(requests, equal) - requests.begin());
  };
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (same(i) != i) continue;
    while (children.size() >= most) serve(children);
    children.emplace_back(program, requests[i], results[i], limit);
  }
  while (!children.empty()) serve(children);
  for (std::size_t i = 0; i < requests.size(); ++i) results[i] = results[same(i)];
  return results;
}

}  // namespace tactus
