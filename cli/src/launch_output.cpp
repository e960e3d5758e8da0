// SPDX-License-Identifier: Apache-2.0
#include "launch_output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "launch_screen.hpp"
#include "output/terminal.hpp"

namespace rtctl {
namespace {

using Json = nlohmann::ordered_json;

class Plain : public LaunchOutput {
 public:
  void started(const LaunchRecord& record) override { try_write_out(record.start_text()); }
  void look(const LaunchRecord&) override {}
  void say(const Sentences& sentences) override {
    for (const std::string& sentence : sentences) complain(sentence);
  }
  void ended(const LaunchRecord& record, const Sentences& reasons) override {
    try_write_out(record.summary_text());
    if (reasons.empty()) try_write_out(paint(Style::kGood, "ok") + "\n");
  }
};

class Live final : public Plain {
 public:
  Live() : screen_{std::make_unique<LaunchScreen>()} {}
  [[nodiscard]] int stdout_fd() const override { return screen_->stdout_fd(); }
  [[nodiscard]] int stderr_fd() const override { return screen_->stderr_fd(); }

  void started(const LaunchRecord&) override {}
  void look(const LaunchRecord& record) override { screen_->view().draw(record.live_text()); }
  void say(const Sentences& sentences) override {
    std::string text;
    for (const std::string& sentence : sentences)
      text += paint(Style::kWarning, "rtctl:") + " " + sentence + "\n";
    if (!text.empty()) screen_->view().print(text);
  }
  void stopping() override { screen_->view().clear(); }
  void ended(const LaunchRecord& record, const Sentences& reasons) override {
    screen_.reset();
    Plain::ended(record, reasons);
  }

 private:
  std::unique_ptr<LaunchScreen> screen_;
};

// The standard output carries nothing else: what the processes print goes to the standard error.
class JsonLines final : public LaunchOutput {
 public:
  [[nodiscard]] int stdout_fd() const override { return STDERR_FILENO; }
  void started(const LaunchRecord& record) override {
    Json line{{"event", "started"}};
    line["processes"] = record.json()["processes"];
    write(line);
  }
  void look(const LaunchRecord&) override {}
  void say(const Sentences& sentences) override {
    for (const std::string& sentence : sentences) write({{"event", "notice"}, {"text", sentence}});
  }
  void ended(const LaunchRecord& record, const Sentences& reasons) override {
    Json line{{"event", "summary"}, {"ok", reasons.empty()}, {"reasons", reasons}};
    line.update(record.json());
    write(line);
  }

 private:
  static void write(const Json& line) {
    try_write_out(line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  }
};

}  // namespace

std::unique_ptr<LaunchOutput> make_launch_output(const LaunchOptions& options) {
  if (options.json) return std::make_unique<JsonLines>();
  if (is_terminal(stdout) && options.debug.empty() && !options.detach) return std::make_unique<Live>();
  return std::make_unique<Plain>();
}

}  // namespace rtctl
