// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <sensor_msgs/msg/image.hpp>
#include <system_error>
#include <tactus/node.hpp>

#include "png.hpp"

/// Writes every N-th frame as a PNG, on a thread of its own. A slow or full disk costs frames here, counted,
/// and nothing elsewhere: the queue of the input is all that waits for it.
class FrameWriter final : public tactus::Node {
 public:
  explicit FrameWriter(tactus::NodeContext& context)
      : context_{context},
        frame_{context.subscribe<sensor_msgs::msg::Image>("frame", {.depth = 32})},
        directory_{context.parameter("directory", "frames", {.help = "is created"})},
        every_{
            context.parameter<std::uint64_t>("every", 90, {.min = 1, .help = "write the last of so many"})},
        next_{every_},
        write_time_{context.metric("write_time", {.unit = "ms", .help = "encoding and writing a file"})},
        failed_metric_{context.metric("failed_writes", {.help = "1 each"})} {}

  void start() override {
    namespace fs = std::filesystem;
    directory_ = fs::absolute(directory_);
    std::error_code error;
    fs::create_directories(directory_, error);
    if (!error && access(directory_.c_str(), W_OK | X_OK) != 0) error.assign(errno, std::generic_category());
    if (error)
      throw std::runtime_error{fmt::format("cannot write into {}: {}; give another 'directory'",
                                           directory_.string(), error.message())};
  }

  void run(std::stop_token stop) override {
    while (true) {
      while (const auto frame = frame_.take()) consider(*frame, frame.header().sequence);
      if (stop.stop_requested()) return;
      context_.wait_until(context_.now() + std::chrono::seconds{1});
    }
  }

  void stop() override {
    if (written_ == 0)
      context_.log().warn("no frame was written into {}, {} could not be", directory_.string(), failed_);
    else
      context_.log().info("{} frames in {}: {} to {}; {} could not be written", written_, directory_.string(),
                          first_, last_, failed_);
  }

 private:
  void consider(const sensor_msgs::msg::Image& frame, std::uint64_t number) {
    if (number < next_) return;
    next_ = (number / every_ + 1) * every_;
    const std::string name = fmt::format("frame_{:06}.png", number);
    const auto begin = std::chrono::steady_clock::now();
    try {
      xr::write_png(directory_ / name, view(frame));
    } catch (const std::runtime_error& problem) {
      ++failed_;
      failed_metric_.record(1);
      if (std::exchange(said_, problem.what()) != problem.what())
        context_.log().error("a frame was not written: {}", problem.what());
      return;
    }
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    write_time_.record(took.count());
    if (written_++ == 0) first_ = name;
    last_ = name;
    context_.log().info("wrote {}", (directory_ / name).string());
  }

  static xr::PixelView view(const sensor_msgs::msg::Image& frame) {
    const std::uint32_t channels = frame.encoding == "mono8" ? 1 : frame.encoding == "rgb8" ? 3 : 0;
    if (channels == 0)
      throw std::runtime_error{
          fmt::format("encoding '{}' is neither mono8 nor rgb8", std::string_view{frame.encoding})};
    if (frame.step < std::uint64_t{frame.width} * channels ||
        frame.data.size() < std::uint64_t{frame.step} * frame.height)
      throw std::runtime_error{
          fmt::format("a frame of {} x {} has only {} bytes", frame.width, frame.height, frame.data.size())};
    return {frame.width, frame.height, frame.step, channels, frame.data.data()};
  }

  tactus::NodeContext& context_;
  tactus::Subscriber<sensor_msgs::msg::Image> frame_;
  std::filesystem::path directory_;
  std::uint64_t every_, next_;
  tactus::Metric write_time_, failed_metric_;
  std::uint64_t written_ = 0, failed_ = 0;
  std::string first_, last_, said_;
};
TACTUS_NODE(FrameWriter)
