// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <fastdds/dds/domain/DomainParticipant.hpp>
#include <fastdds/dds/domain/DomainParticipantFactory.hpp>
#include <fastdds/dds/publisher/DataWriter.hpp>
#include <fastdds/dds/publisher/Publisher.hpp>
#include <fastdds/dds/subscriber/DataReader.hpp>
#include <fastdds/dds/subscriber/SampleInfo.hpp>
#include <fastdds/dds/subscriber/Subscriber.hpp>
#include <fastdds/dds/topic/TypeSupport.hpp>
#include <stdexcept>

#include "fastdds_types.hpp"
#include "network_arm.hpp"

namespace tactus::benchmarks {
namespace {

using namespace eprosima::fastdds::dds;

struct Blob {
  static constexpr const char* kName = "Blob";
  std::vector<std::uint8_t> data;
  auto fields() { return std::tie(data); }
};

/// Fast DDS with its own defaults, as ROS 2 uses it: reliable, keep last 10.
class FastDdsEnd final : public NetworkEnd {
 public:
  explicit FastDdsEnd(const NetworkPlace& place)
      : participant_{
            DomainParticipantFactory::get_instance()->create_participant(0, PARTICIPANT_QOS_DEFAULT)} {
    if (participant_ == nullptr) throw std::runtime_error{"no participant"};
    TypeSupport type{new foreign::Type<Blob>};
    type.register_type(participant_);
    out_.data.resize(place.bytes);
    const std::string ping = place.name + "_ping", pong = place.name + "_pong";
    DataWriterQos writing;
    writing.durability().kind = VOLATILE_DURABILITY_QOS;
    writing.history().depth = 10;
    writer_ = participant_->create_publisher(PUBLISHER_QOS_DEFAULT)
                  ->create_datawriter(topic(place.first ? ping : pong), writing);
    DataReaderQos reading;
    reading.reliability().kind = RELIABLE_RELIABILITY_QOS;
    reading.history().depth = 10;
    reader_ = participant_->create_subscriber(SUBSCRIBER_QOS_DEFAULT)
                  ->create_datareader(topic(place.first ? pong : ping), reading);
  }

  void send(std::int64_t stamp_ns) override {
    std::memcpy(out_.data.data(), &stamp_ns, sizeof stamp_ns);
    writer_->write(&out_);
  }
  std::optional<std::int64_t> take() override {
    SampleInfo info;
    if (reader_->take_next_sample(&in_, &info) != ReturnCode_t::RETCODE_OK || !info.valid_data)
      return std::nullopt;
    std::int64_t stamp_ns = 0;
    std::memcpy(&stamp_ns, in_.data.data(), sizeof stamp_ns);
    return stamp_ns;
  }
  void wait() override { reader_->wait_for_unread_message({0, 100'000'000}); }

 private:
  Topic* topic(const std::string& name) {
    return participant_->create_topic(name, Blob::kName, TOPIC_QOS_DEFAULT);
  }
  DomainParticipant* participant_;
  DataWriter* writer_ = nullptr;
  DataReader* reader_ = nullptr;
  Blob in_, out_;
};

}  // namespace

std::unique_ptr<NetworkEnd> make_network_end(const NetworkPlace& place) {
  return std::make_unique<FastDdsEnd>(place);
}

}  // namespace tactus::benchmarks
