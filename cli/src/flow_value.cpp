// SPDX-License-Identifier: Apache-2.0
#include "flow_value.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "command.hpp"

namespace rtctl {
namespace {

using Json = nlohmann::json;
constexpr int kMaxNesting = 64;

class FlowParser {
 public:
  explicit FlowParser(std::string_view text) : text_{text} {}

  Json whole() {
    Json result = value(0);
    skip();
    if (at_ != text_.size()) fail("expected the end");
    return result;
  }

 private:
  Json value(int depth) {
    if (depth > kMaxNesting) fail("nested too deeply");
    skip();
    if (peek() == '{') return object(depth);
    if (peek() == '[') return array(depth);
    if (peek() == '"' || peek() == '\'') return quoted();
    return scalar(word(",}]"));
  }

  Json object(int depth) {
    Json result = Json::object();
    ++at_;
    while (!closes('}')) {
      skip();
      const std::string key = peek() == '"' || peek() == '\'' ? quoted() : word(":,}]");
      skip();
      if (key.empty() || peek() != ':') fail("expected 'name: value'");
      ++at_;
      result[key] = value(depth + 1);
      separator('}');
    }
    return result;
  }

  Json array(int depth) {
    Json result = Json::array();
    ++at_;
    while (!closes(']')) {
      result.push_back(value(depth + 1));
      separator(']');
    }
    return result;
  }

  bool closes(char end) {
    skip();
    if (peek() != end) return false;
    ++at_;
    return true;
  }

  void separator(char end) {
    skip();
    if (peek() == ',') {
      ++at_;
    } else if (peek() != end) {
      fail(fmt::format("expected ',' or '{}'", end));
    }
  }

  std::string quoted() {
    const char quote = text_[at_++];
    std::string result;
    while (peek() != quote) {
      if (at_ >= text_.size()) fail("a quoted text does not end");
      if (quote == '"' && peek() == '\\' && at_ + 1 < text_.size()) ++at_;
      result += peek();
      ++at_;
    }
    ++at_;
    return result;
  }

  std::string word(std::string_view ends) {
    const std::size_t end = std::min(text_.find_first_of(ends, at_), text_.size());
    std::string_view result = text_.substr(at_, end - at_);
    at_ = end;
    while (!result.empty() && result.back() == ' ') result.remove_suffix(1);
    return std::string{result};
  }

  Json scalar(const std::string& text) {
    if (text.empty()) fail("expected a value");
    Json result = Json::parse(text, nullptr, false);
    return result.is_discarded() ? Json(text) : result;
  }

  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  [[noreturn]] void fail(const std::string& why) const {
    throw Failure{fmt::format("value, column {}: {}, in {}", at_ + 1, why, text_), kUsage};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

nlohmann::json parse_flow_value(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  return json.is_discarded() ? FlowParser{text}.whole() : json;
}

}  // namespace rtctl
