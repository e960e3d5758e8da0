// SPDX-License-Identifier: Apache-2.0
#include "admission.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tactus::gateway {

std::vector<Admission::Change> Admission::look(std::int64_t now_ns, std::int64_t delay_ns,
                                               std::vector<Sheddable> topics) {
  std::erase_if(shed_, [&](const std::string& topic) {
    return std::ranges::find(topics, topic, &Sheddable::topic) == topics.end();
  });
  const bool calm = delay_ns < kTakeBackBelowNs;
  if (calm && !calm_) calm_since_ns_ = now_ns;
  calm_ = calm;
  if (delay_ns > kShedAboveNs) return shed_one(now_ns, std::move(topics));
  return calm ? take_one_back(now_ns) : std::vector<Change>{};
}

std::vector<Admission::Change> Admission::shed_one(std::int64_t now_ns, std::vector<Sheddable> topics) {
  if (overloaded_ && now_ns - changed_ns_ < kSettleNs) return {};
  std::erase_if(topics,
                [&](const Sheddable& topic) { return std::ranges::find(shed_, topic.topic) != shed_.end(); });
  if (topics.empty()) return {};
  const auto first = std::ranges::min_element(topics, {}, [](const Sheddable& topic) {
    return std::tuple{topic.priority, ~topic.bytes, topic.topic};
  });
  if (std::exchange(trying_, false)) wait_ns_ = std::min(2 * wait_ns_, kMostCalmNs);
  shed_.push_back(first->topic);
  overloaded_ = true;
  changed_ns_ = now_ns;
  return {{shed_.back(), true}};
}

std::vector<Admission::Change> Admission::take_one_back(std::int64_t now_ns) {
  const std::int64_t since_ns = std::max(calm_since_ns_, changed_ns_);
  if (!overloaded_ || now_ns - since_ns < wait_ns_) return {};
  changed_ns_ = now_ns;
  if (shed_.empty()) {
    overloaded_ = trying_ = false;
    wait_ns_ = kCalmNs;
    return {};
  }
  const Change back{shed_.back(), false};
  shed_.pop_back();
  trying_ = true;
  return {back};
}

}  // namespace tactus::gateway
