// SPDX-License-Identifier: Apache-2.0
#include "message_printer.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "csv.hpp"
#include "message_buffer.hpp"
#include "output/terminal.hpp"
#include "picture.hpp"
#include "tactus/msg/block.hpp"
#include "tactus/msg/codec.hpp"
#include "tactus/msg/print.hpp"
#include "transport_module.hpp"

namespace rtctl {
namespace {

namespace fs = std::filesystem;

class TextPrinter final : public MessagePrinter {
 public:
  TextPrinter(const PrintWords& words, TypePointer type)
      : words_{words},
        type_{std::move(type)},
        print_{.no_arrays = words.no_arrays,
               .max_elements = words.full_length || words.json || words.csv  // programs read them whole
                                   ? std::numeric_limits<std::size_t>::max()
                                   : words.most_elements,
               .field = words.field} {
    if (words.field.empty()) return;
    // A field that does not exist is said before anything is subscribed.
    bool exact = false;
    MessageBuffer empty{*type_, tactus::default_max_bytes(*type_, exact, 64)};
    (void)tactus::to_yaml(*type_, empty.root(), print_);
  }

  bool print(const tactus::ConstChunk& message) override {
    const std::byte* root = tactus::block_root_bytes(message.bytes);
    if (words_.csv) return write_out(csv(root));
    if (words_.json) return write_out(tactus::to_json(*type_, root, print_) + "\n");
    std::string text = tactus::to_yaml(*type_, root, print_);
    if (text.empty() || text.back() != '\n') text += '\n';
    return write_out(text + "---\n");
  }

 private:
  std::string csv(const std::byte* root) {
    const auto values = nlohmann::ordered_json::parse(tactus::to_json(*type_, root, print_));
    const bool first = std::exchange(first_, false);
    return (first && words_.header ? csv_header(values, words_.field) : std::string{}) + csv_line(values);
  }

  PrintWords words_;
  TypePointer type_;
  tactus::PrintOptions print_;
  bool first_ = true;
};

class PicturePrinter final : public MessagePrinter {
 public:
  explicit PicturePrinter(const PrintWords& words)
      : draw_{words.picture}, file_{words.save}, one_file_{fs::path{words.save}.extension() == ".png"} {
    if (draw_ && !is_terminal(stdout))
      throw Failure{"--picture draws on a terminal: use --save FILE.png here", kUsage};
    if (!words.save.empty()) write_png_ = load_function<WritePng>(kWritePng);
    if (!words.save.empty() && !one_file_) make_folder();
  }

  bool print(const tactus::ConstChunk& message) override {
    const Picture picture = read_picture(tactus::block_root_bytes(message.bytes));
    std::string line = summary(picture);
    if (write_png_ != nullptr) line += "  " + save(picture, message.header->sequence);
    if (!draw_) return write_out(line + "\n");
    view_.draw(half_blocks(picture, terminal_size()) + line + "\n");
    return true;
  }
  [[nodiscard]] bool once() const override { return one_file_; }

 private:
  void make_folder() const {
    std::error_code error;
    fs::create_directories(file_, error);
    if (error) throw Failure{fmt::format("--save {}: {}", file_.string(), error.message()), kUsage};
  }

  std::string save(const Picture& picture, std::uint64_t sequence) const {
    const fs::path file = one_file_ ? file_ : file_ / fmt::format("{:06}.png", sequence);
    const std::string error =
        write_png_(file.c_str(), picture.values.data(), picture.width, picture.height, picture.channels);
    if (!error.empty()) throw Failure{fmt::format("{}: {}", file.string(), error)};
    return file.string();
  }

  bool draw_;
  fs::path file_;
  bool one_file_;
  WritePng* write_png_ = nullptr;
  LiveView view_;
};

}  // namespace

std::unique_ptr<MessagePrinter> make_printer(const PrintWords& words, TypePointer type) {
  const bool wants_picture = words.picture || !words.save.empty();
  const bool wants_fields =
      words.json || words.csv || words.no_arrays || words.full_length || !words.field.empty();
  if (words.header && !words.csv) throw Failure{"--header belongs to --csv", kUsage};
  if (words.json && words.csv) throw Failure{"--json or --csv, not both", kUsage};
  if (wants_picture && wants_fields)
    throw Failure{"--picture and --save show pictures, not their fields: leave the other options out",
                  kUsage};
  if (wants_picture && !is_picture(*type))
    throw Failure{fmt::format("--picture and --save need sensor_msgs/msg/Image, not {}", type->name), kUsage};
  if (is_picture(*type) && !wants_fields) return std::make_unique<PicturePrinter>(words);
  return std::make_unique<TextPrinter>(words, std::move(type));
}

}  // namespace rtctl
