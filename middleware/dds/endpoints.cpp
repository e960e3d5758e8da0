// SPDX-License-Identifier: Apache-2.0
#include "endpoints.hpp"

#include <dds/dds.h>
#include <dds/ddsi/ddsi_serdata.h>
#include <dds/ddsi/ddsi_sertype.h>
#include <fmt/core.h>

#include <array>
#include <memory>
#include <utility>

#include "ros_names.hpp"

namespace tactus::dds {
namespace {

struct QosDeleter {
  void operator()(dds_qos_t* qos) const noexcept { dds_delete_qos(qos); }
};
using Qos = std::unique_ptr<dds_qos_t, QosDeleter>;

Qos qos_of(const EndpointSettings& settings) {
  Qos qos{dds_create_qos()};
  dds_qset_reliability(qos.get(), settings.reliable ? DDS_RELIABILITY_RELIABLE : DDS_RELIABILITY_BEST_EFFORT,
                       DDS_MSECS(100));
  dds_qset_history(qos.get(), DDS_HISTORY_KEEP_LAST, static_cast<std::int32_t>(settings.depth));
  dds_qset_durability(qos.get(), settings.latched ? DDS_DURABILITY_TRANSIENT_LOCAL : DDS_DURABILITY_VOLATILE);
  if (settings.latched)
    dds_qset_durability_service(qos.get(), 0, DDS_HISTORY_KEEP_LAST,
                                static_cast<std::int32_t>(settings.depth), DDS_LENGTH_UNLIMITED,
                                DDS_LENGTH_UNLIMITED, DDS_LENGTH_UNLIMITED);
  if (!settings.partition.empty()) dds_qset_partition1(qos.get(), settings.partition.c_str());
  dds_qset_userdata(qos.get(), settings.user_data.data(), settings.user_data.size());
  dds_qset_ignorelocal(qos.get(), DDS_IGNORELOCAL_PARTICIPANT);
  return qos;
}

[[noreturn]] void fail(const EndpointSettings& settings, const char* what, dds_return_t code) {
  throw NetworkError{
      fmt::format("topic {} ({}): no DDS {}: {}", settings.topic, settings.type, what, dds_strretcode(code))};
}

dds_entity_t create_topic(const Participant& participant, const EndpointSettings& settings,
                          const ddsi_sertype** interned) {
  ddsi_sertype* type = detail::make_type(settings.topic, settings.type);
  const dds_entity_t topic = dds_create_topic_sertype(participant.entity(), settings.topic.c_str(), &type,
                                                      nullptr, nullptr, nullptr);
  if (topic < 0) {
    ddsi_sertype_unref(type);
    fail(settings, "topic", topic);
  }
  *interned = type;  // borrowed, and perhaps an older equal one
  return topic;
}

/// What a participant says about itself in its properties.
std::string about_participant(dds_entity_t entity, dds_instance_handle_t participant) {
  const dds_entity_t reader =
      dds_create_reader(dds_get_participant(entity), DDS_BUILTIN_TOPIC_DCPSPARTICIPANT, nullptr, nullptr);
  if (reader < 0) return {};
  std::string text;
  void* sample = nullptr;
  dds_sample_info_t info{};
  if (dds_read_instance(reader, &sample, &info, 1, 1, participant) > 0 && info.valid_data) {
    const auto* qos = static_cast<const dds_builtintopic_participant_t*>(sample)->qos;
    constexpr std::array<std::pair<const char*, const char*>, 3> kSaid{
        {{"host", "__Hostname"}, {"pid", "__Pid"}, {"address", "__NetworkAddresses"}}};
    for (const auto& [name, property] : kSaid) {
      char* value = nullptr;
      if (!dds_qget_prop(qos, property, &value)) continue;
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, printable(value));
      dds_free(value);
    }
  }
  dds_return_loan(reader, &sample, 1);
  dds_delete(reader);
  return text;
}

}  // namespace

Writer::Writer(const Participant& participant, const EndpointSettings& settings) {
  topic_ = create_topic(participant, settings, &type_);
  writer_ = dds_create_writer(participant.entity(), topic_, qos_of(settings).get(), nullptr);
  if (writer_ >= 0) return;
  dds_delete(topic_);
  fail(settings, "writer", writer_);
}

Writer::~Writer() {
  dds_delete(writer_);
  dds_delete(topic_);
}

bool Writer::write(CdrBuffer&& cdr, std::int64_t source_time_ns, const SampleTag& tag) {
  return dds_forwardcdr(writer_, detail::make_sample(type_, std::move(cdr), tag, source_time_ns)) ==
         DDS_RETCODE_OK;
}

bool Writer::wait_for_acknowledgements(std::int64_t limit_ns) {
  return dds_wait_for_acks(writer_, limit_ns) == DDS_RETCODE_OK;
}

std::uint32_t Writer::readers() const {
  dds_publication_matched_status_t status{};
  return dds_get_publication_matched_status(writer_, &status) == DDS_RETCODE_OK ? status.current_count : 0;
}

Reader::Reader(const Participant& participant, const EndpointSettings& settings) {
  const ddsi_sertype* type = nullptr;
  topic_ = create_topic(participant, settings, &type);
  reader_ = dds_create_reader(participant.entity(), topic_, qos_of(settings).get(), nullptr);
  if (reader_ < 0) {
    dds_delete(topic_);
    fail(settings, "reader", reader_);
  }
  dds_set_status_mask(reader_, DDS_DATA_AVAILABLE_STATUS);
}

Reader::~Reader() {
  dds_delete(reader_);
  dds_delete(topic_);
}

std::size_t Reader::take(const std::function<void(const ReceivedSample&)>& sink) {
  constexpr std::uint32_t kBatch = 16;
  std::array<ddsi_serdata*, kBatch> samples{};
  std::array<dds_sample_info_t, kBatch> infos{};
  std::size_t taken = 0;
  while (true) {
    const dds_return_t count = dds_takecdr(reader_, samples.data(), kBatch, infos.data(), DDS_ANY_STATE);
    if (count <= 0) return taken;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      if (infos[i].valid_data) {
        const detail::SampleView sample = detail::view(samples[i]);
        sink({{sample.cdr->data(), sample.cdr->size()},
              infos[i].publication_handle,
              sample.sequence,
              sample.source_time_ns,
              sample.tag});
        ++taken;
      }
      ddsi_serdata_unref(samples[i]);
    }
  }
}

std::string Reader::user_data_of(std::uint64_t writer) const {
  dds_builtintopic_endpoint_t* endpoint = dds_get_matched_publication_data(reader_, writer);
  if (endpoint == nullptr) return {};
  void* bytes = nullptr;
  std::size_t size = 0;
  std::string text;
  if (dds_qget_userdata(endpoint->qos, &bytes, &size) && bytes != nullptr) {
    text.assign(static_cast<const char*>(bytes), size);
    dds_free(bytes);
  }
  dds_builtintopic_free_endpoint(endpoint);
  return text;
}

bool Reader::is_matched(std::uint64_t writer) const {
  dds_builtintopic_endpoint_t* endpoint = dds_get_matched_publication_data(reader_, writer);
  if (endpoint == nullptr) return false;
  dds_builtintopic_free_endpoint(endpoint);
  return true;
}

std::string Reader::peer_of(std::uint64_t writer) const {
  dds_builtintopic_endpoint_t* endpoint = dds_get_matched_publication_data(reader_, writer);
  if (endpoint == nullptr) return "a DDS participant that is gone";
  std::string guid;
  constexpr std::size_t kPrefixBytes = 12;  // the rest is the same for all participants
  for (std::size_t i = 0; i < kPrefixBytes; ++i)
    guid += fmt::format("{:02x}", endpoint->participant_key.v[i]);
  const std::string about = about_participant(reader_, endpoint->participant_instance_handle);
  dds_builtintopic_free_endpoint(endpoint);
  return about.empty() ? "DDS " + guid : fmt::format("DDS {} ({})", guid, about);
}

Waiter::Waiter(const Participant& participant)
    : set_{dds_create_waitset(participant.entity())},
      guard_{dds_create_guardcondition(participant.entity())} {
  if (set_ < 0 || guard_ < 0) throw NetworkError{"no DDS wait set"};
  dds_waitset_attach(set_, guard_, 0);
}

Waiter::~Waiter() {
  dds_delete(set_);
  dds_delete(guard_);
}

void Waiter::attach(std::int32_t entity) { dds_waitset_attach(set_, entity, 0); }
void Waiter::detach(std::int32_t entity) noexcept { dds_waitset_detach(set_, entity); }
void Waiter::wake() noexcept { dds_set_guardcondition(guard_, true); }

void Waiter::wait(std::int64_t timeout_ns) {
  dds_waitset_wait(set_, nullptr, 0, timeout_ns);
  bool woken = false;
  dds_take_guardcondition(guard_, &woken);
}

}  // namespace tactus::dds
