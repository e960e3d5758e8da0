// SPDX-License-Identifier: Apache-2.0
// What the launch file says about topics as such: chains, expected rates, those of other launches.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "sections.hpp"

namespace tactus {

ExpectedRate parse_expected_rate(const std::string& topic, const std::string& range) {
  if (const auto bad = topic_name_error(topic); !bad.empty())
    throw std::invalid_argument{fmt::format("topic '{}': {}", topic, bad)};
  const auto dots = range.find("..");
  const double least = launch_file::frequency_hz(range.substr(0, dots)).value_or(0);
  const double most =
      dots == std::string::npos ? 0 : launch_file::frequency_hz(range.substr(dots + 2)).value_or(0);
  if (least <= 0 || least > most) {
    throw std::invalid_argument{
        fmt::format("expected rate of {} is '{}', not a range such as 85Hz..95Hz", topic, range)};
  }
  return {topic, least, most};
}

namespace launch_file {
namespace {

class TopicReader : public YamlReader {
 public:
  TopicReader(const YamlReader& reader, Document& document) : YamlReader{reader}, document_{document} {}

  void read_chains(const YAML::Node& node) {
    each_entry(
        node, "chains", [this](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
          if (!value.IsSequence() || value.size() != 2)
            return error(at(value), fmt::format("chain '{}' is a list of its first and its last topic, "
                                                "[/imu, /display/frame]",
                                                name));
          const auto same = std::ranges::find(document_.chains, name, &ChainEntry::name);
          if (same != document_.chains.end())
            return error(at(key), fmt::format("chain '{}' is declared already at {}:{}", name, same->at.file,
                                              same->at.line));
          const auto first = text(value[0], "a topic"), last = text(value[1], "a topic");
          if (first && last)
            document_.chains.push_back({name, at(key), {*first, at(value[0])}, {*last, at(value[1])}});
        });
  }

  void read_expectations(const YAML::Node& node) {
    each_entry(
        node, "expect",
        [this](const std::string& topic, const YAML::Node& key, const YAML::Node& value) {
          const auto range = text(value, "an expected rate");
          if (!range) return;
          try {
            document_.expectations.push_back({parse_expected_rate(topic, *range), at(key)});
          } catch (const std::invalid_argument& problem) {
            error(at(value), problem.what());
          }
        },
        topic_name_error);
  }

  void read_external(const YAML::Node& node) {
    if (!node.IsSequence())
      return error(at(node), "external is a list of topics that other launches publish");
    for (const auto& topic : node) {
      const auto name = text(topic, "a topic");
      if (!name) continue;
      if (const auto bad = topic_name_error(*name); !bad.empty())
        error(at(topic), fmt::format("external topic '{}': {}", *name, bad));
      document_.external.insert(*name);
    }
  }

 private:
  Document& document_;
};

}  // namespace

void read_chains(const YAML::Node& node, const YamlReader& reader, Document& document) {
  TopicReader{reader, document}.read_chains(node);
}

void read_expectations(const YAML::Node& node, const YamlReader& reader, Document& document) {
  TopicReader{reader, document}.read_expectations(node);
}

void read_external(const YAML::Node& node, const YamlReader& reader, Document& document) {
  TopicReader{reader, document}.read_external(node);
}

}  // namespace launch_file
}  // namespace tactus
