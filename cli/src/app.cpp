// SPDX-License-Identifier: Apache-2.0
#include <CLI/App.hpp>

#include "command.hpp"

namespace rtctl {
namespace {

CLI::App& add_noun(CLI::App& root, const char* name, const char* help) {
  CLI::App& noun = *root.add_subcommand(name, help);
  noun.require_subcommand(1);
  return noun;
}

}  // namespace

void add_commands(CLI::App& root, Run& run) {
  add_launch(root, run);
  add_check(root, run);
  add_sched(root, run);
  add_top(root, run);
  add_trace(root, run);

  CLI::App& topic = add_noun(root, "topic", "Topics of the running system");
  add_topic_list(topic, run);
  add_topic_info(topic, run);
  add_topic_type(topic, run);
  add_topic_echo(topic, run);
  add_topic_find(topic, run);
  add_topic_hz(topic, run);
  add_topic_bw(topic, run);
  add_topic_delay(topic, run);
  add_topic_pub(topic, run);

  CLI::App& node = add_noun(root, "node", "Nodes of the running system, and what a node's library declares");
  add_node_list(node, run);
  add_node_info(node, run);
  add_node_describe(node, run);
  add_node_control(node, run);
  add_node_reload(node, run);

  CLI::App& host = add_noun(root, "host", "Other hosts of the mesh");
  add_host_list(host, run);
  add_host_info(host, run);

  CLI::App& msg = add_noun(root, "msg", "Message types");
  msg.alias("interface");
  add_msg_list(msg, run);
  add_msg_show(msg, run);

  CLI::App& pkg = add_noun(root, "pkg", "Packages of your own");
  add_pkg_create(pkg, run);

  CLI::App& security = add_noun(root, "security", "Who may join a domain");
  add_security_create(security, run);

  CLI::App& log = add_noun(root, "log", "Logs of the nodes of running launches");
  add_log_level(log, run);
  add_log_tail(log, run);

  add_graph(root, run);
  add_ps(root, run);
  add_stop(root, run);
  add_doctor(root, run);
}

}  // namespace rtctl
