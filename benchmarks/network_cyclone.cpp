// SPDX-License-Identifier: Apache-2.0
#include <dds/dds.h>

#include <cstring>
#include <vector>

#include "network_arm.hpp"
#include "network_blob.h"

namespace tactus::benchmarks {
namespace {

/// Cyclone DDS alone, type by idlc, sleeping on a wait set.
class CycloneEnd final : public NetworkEnd {
 public:
  explicit CycloneEnd(const NetworkPlace& place) : data_(place.bytes) {
    const std::string ping = place.name + "_ping", pong = place.name + "_pong";
    participant_ = dds_create_participant(0, nullptr, nullptr);
    dds_qos_t* qos = dds_create_qos();
    dds_qset_reliability(qos, DDS_RELIABILITY_RELIABLE, DDS_SECS(1));
    dds_qset_history(qos, DDS_HISTORY_KEEP_LAST, 10);
    writer_ = dds_create_writer(participant_, topic(place.first ? ping : pong), qos, nullptr);
    reader_ = dds_create_reader(participant_, topic(place.first ? pong : ping), qos, nullptr);
    dds_delete_qos(qos);
    dds_set_status_mask(reader_, DDS_DATA_AVAILABLE_STATUS);
    waiter_ = dds_create_waitset(participant_);
    dds_waitset_attach(waiter_, reader_, 0);
  }

  void send(std::int64_t stamp_ns) override {
    std::memcpy(data_.data(), &stamp_ns, sizeof stamp_ns);
    const auto size = static_cast<std::uint32_t>(data_.size());
    const bench_Blob blob{{size, size, data_.data(), false}};
    dds_write(writer_, &blob);
  }
  std::optional<std::int64_t> take() override {
    void* sample = nullptr;
    dds_sample_info_t info;
    std::optional<std::int64_t> stamp_ns;
    const auto count = dds_take(reader_, &sample, &info, 1, 1);
    if (count > 0 && info.valid_data) {
      stamp_ns.emplace();
      std::memcpy(&*stamp_ns, static_cast<const bench_Blob*>(sample)->data._buffer, sizeof *stamp_ns);
    }
    if (count > 0) dds_return_loan(reader_, &sample, count);
    return stamp_ns;
  }
  void wait() override { dds_waitset_wait(waiter_, nullptr, 0, DDS_MSECS(100)); }
  [[nodiscard]] std::size_t matched() const override {
    dds_subscription_matched_status_t status{};
    return dds_get_subscription_matched_status(reader_, &status) == DDS_RETCODE_OK ? status.current_count : 0;
  }

 private:
  dds_entity_t topic(const std::string& name) {
    return dds_create_topic(participant_, &bench_Blob_desc, name.c_str(), nullptr, nullptr);
  }
  std::vector<std::uint8_t> data_;
  dds_entity_t participant_ = 0, writer_ = 0, reader_ = 0, waiter_ = 0;
};

}  // namespace

std::unique_ptr<NetworkEnd> make_network_end(const NetworkPlace& place) {
  return std::make_unique<CycloneEnd>(place);
}

}  // namespace tactus::benchmarks
