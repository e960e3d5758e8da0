// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace CLI {
class App;
}

/// The frame of rtctl: every verb adds its arguments to the command line and sets what runs when it is
/// chosen.
namespace rtctl {

/// Exit codes. Documented in docs/reference/rtctl.md.
inline constexpr int kSuccess = 0;
inline constexpr int kFailed = 1;  ///< nothing is running, no such name, an expectation that did not hold
inline constexpr int kUsage = 2;   ///< wrong arguments, or a file with errors

/// Ends the program: the text on stderr, then the exit code.
class Failure : public std::runtime_error {
 public:
  explicit Failure(const std::string& text, int code = kFailed) : std::runtime_error{text}, code_{code} {}
  [[nodiscard]] int code() const noexcept { return code_; }

 private:
  int code_;
};

/// What the chosen verb does; returns the exit code.
using Run = std::function<int()>;

void add_launch(CLI::App& root, Run& run);
void add_ps(CLI::App& root, Run& run);
void add_stop(CLI::App& root, Run& run);
void add_graph(CLI::App& root, Run& run);
void add_doctor(CLI::App& root, Run& run);
void add_sched(CLI::App& root, Run& run);
void add_top(CLI::App& root, Run& run);
void add_trace(CLI::App& root, Run& run);
void add_check(CLI::App& root, Run& run);

void add_topic_list(CLI::App& topic, Run& run);
void add_topic_info(CLI::App& topic, Run& run);
void add_topic_type(CLI::App& topic, Run& run);
void add_topic_echo(CLI::App& topic, Run& run);
void add_topic_hz(CLI::App& topic, Run& run);
void add_topic_bw(CLI::App& topic, Run& run);
void add_topic_delay(CLI::App& topic, Run& run);
void add_topic_find(CLI::App& topic, Run& run);
void add_topic_pub(CLI::App& topic, Run& run);

void add_node_list(CLI::App& node, Run& run);
void add_node_info(CLI::App& node, Run& run);
void add_node_describe(CLI::App& node, Run& run);
void add_node_control(CLI::App& node, Run& run);
void add_node_reload(CLI::App& node, Run& run);

void add_log_level(CLI::App& log, Run& run);
void add_log_tail(CLI::App& log, Run& run);

void add_host_list(CLI::App& host, Run& run);
void add_host_info(CLI::App& host, Run& run);

void add_msg_list(CLI::App& msg, Run& run);
void add_msg_show(CLI::App& msg, Run& run);

void add_pkg_create(CLI::App& pkg, Run& run);
void add_security_create(CLI::App& security, Run& run);

/// `rtctl __complete WORDS...`, asked by the shell: prints what may stand for the last word.
int print_candidates(const CLI::App& root, const std::vector<std::string>& words);

/// Adds every verb.
void add_commands(CLI::App& root, Run& run);

}  // namespace rtctl
