// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "png.hpp"

namespace xr::testing {

/// A small recording in the ASL layout, written for one test and removed with it: IMU and truth every 5 ms
/// from stamp 1 s on, two cameras every 50 ms from there.
class Recording {
 public:
  static constexpr std::int64_t kFirstNs = 1'000'000'000, kImuNs = 5'000'000, kImageNs = 50'000'000;

  explicit Recording(int imu_samples, int images = 0) {
    std::filesystem::remove_all(folder);
    std::string imu = "#timestamp [ns],w_x,w_y,w_z,a_x,a_y,a_z\n",
                truth = "#timestamp, position, quaternion\n";
    for (int i = 0; i < imu_samples; ++i) {
      const std::string stamp = std::to_string(kFirstNs + i * kImuNs);
      imu += stamp + ",0.1,0.2,0.3,1,2," + std::to_string(i) + "\n";
      truth += stamp + "," + std::to_string(i) + ",0,0,1,0,0,0\n";
    }
    write("imu0/data.csv", imu);
    write("state_groundtruth_estimate0/data.csv", truth);
    for (int camera = 0; camera < 2; ++camera) add_camera("cam" + std::to_string(camera), camera, images);
  }
  ~Recording() { std::filesystem::remove_all(folder); }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  void write(const std::string& name, const std::string& text) const {
    const auto file = folder / "mav0" / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file} << text;
  }
  /// As EuRoC writes it: a list over several lines, comments. The camera looks along the body's x and sits
  /// 0.1 m further to its right per camera.
  void write_calibration(const std::string& camera, int number) const {
    write(camera + "/sensor.yaml",
          "sensor_type: camera\n# extrinsics\nT_BS:\n  cols: 4\n  rows: 4\n  data: [0, 0, 1, 0.5,\n"
          "         -1, 0, 0, -0." +
              std::to_string(number) +
              ",\n         0, -1, 0, 0.25,\n         0.0, 0.0, 0.0, 1.0]\nrate_hz: 20\n"
              "resolution: [8, 6]\ncamera_model: pinhole\nintrinsics: [10, 11, 3.5, 2.5] #fu, fv, cu, cv\n"
              "distortion_model: radial-tangential\ndistortion_coefficients: [-0.25, 0.5, 1e-3, -2e-3]\n\n");
  }
  [[nodiscard]] std::filesystem::path image(const std::string& camera, int number) const {
    return folder / "mav0" / camera / "data" / (std::to_string(kFirstNs + number * kImageNs) + ".png");
  }

  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("tactus_recording_" + std::to_string(getpid()));

 private:
  /// All pixels of image n have the value 10 n + camera.
  void add_camera(const std::string& name, int camera, int images) const {
    write_calibration(name, camera);
    std::string rows = "#timestamp [ns],filename\n";
    std::filesystem::create_directories(folder / "mav0" / name / "data");
    for (int i = 0; i < images; ++i) {
      const std::vector<std::uint8_t> pixels(8 * 6, static_cast<std::uint8_t>(10 * i + camera));
      write_png(image(name, i), {8, 6, 8, 1, pixels.data()});
      const std::string stamp = std::to_string(kFirstNs + i * kImageNs);
      rows += stamp + "," + stamp + ".png\n";
    }
    if (images == 0) rows += "0,none.png\n";
    write(name + "/data.csv", rows);
  }
};

/// While it lives, who reads that file waits, and then finds nothing in it.
class HeldFile {
 public:
  explicit HeldFile(std::filesystem::path file) : file_{std::move(file)} {
    std::filesystem::remove(file_);
    if (mkfifo(file_.c_str(), 0600) == 0) fd_ = open(file_.c_str(), O_RDWR | O_CLOEXEC);
    if (fd_ < 0) throw std::runtime_error{file_.string() + ": no fifo"};
  }
  ~HeldFile() {
    std::filesystem::remove(file_);  // first: nobody may begin to wait any more
    close(fd_);
  }
  HeldFile(const HeldFile&) = delete;
  HeldFile& operator=(const HeldFile&) = delete;

  /// Returns when somebody has read one byte and waits for more.
  void wait_for_reader() const {
    int left = static_cast<int>(write(fd_, "", 1));
    while (left > 0 && ioctl(fd_, FIONREAD, &left) == 0) std::this_thread::yield();
  }

 private:
  std::filesystem::path file_;
  int fd_ = -1;
};

}  // namespace xr::testing
