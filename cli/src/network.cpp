// SPDX-License-Identifier: Apache-2.0
#include "network.hpp"

#include <CLI/App.hpp>
#include <algorithm>
#include <array>

namespace rtctl {
namespace {

constexpr std::array<std::string_view, 4> kWithValue{"--domain", "--interface", "--peer", "--security"};
constexpr std::string_view kWithout = "--no-multicast";

bool takes_value(const std::string& word) { return std::ranges::find(kWithValue, word) != kWithValue.end(); }
bool carries_value(const std::string& word) {
  return std::ranges::any_of(kWithValue, [&](std::string_view option) {
    return word.starts_with(option) && word.substr(option.size()).starts_with('=');
  });
}

}  // namespace

NetworkOptions& network_options() {
  static NetworkOptions options;
  return options;
}

void add_network_options(CLI::App& root, NetworkOptions& options) {
  root.add_option("--domain", options.domain, "Look at a DDS domain from here, not at this host")
      ->type_name("N")
      ->check(CLI::Range(0, 230));
  root.add_option("--interface", options.interface, "With --domain: network interface, by name or address")
      ->type_name("IF");
  root.add_option("--peer", options.peers, "With --domain: address of a host that multicast does not reach")
      ->type_name("ADDRESS")
      ->expected(1)
      ->take_all();
  root.add_option("--security", options.security, "With --domain: folder of this machine's keys")
      ->type_name("FOLDER");
  root.add_flag("!--no-multicast", options.multicast, "With --domain: find hosts by --peer only");
}

std::vector<std::string> take_network_options(std::vector<std::string>& words) {
  std::vector<std::string> ours;
  std::vector<std::string> others;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool of_network = takes_value(words[i]) || carries_value(words[i]) || words[i] == kWithout;
    (of_network ? ours : others).push_back(words[i]);
    if (takes_value(words[i]) && i + 1 < words.size()) ours.push_back(words[++i]);
  }
  words = std::move(others);
  return ours;
}

}  // namespace rtctl
