// SPDX-License-Identifier: Apache-2.0
#include "discovery.hpp"

#include <dds/dds.h>

#include <algorithm>
#include <cstring>

#include "ros_names.hpp"

namespace tactus::dds {
namespace {

std::vector<std::string> partitions_of(const dds_qos_t* qos) {
  std::uint32_t count = 0;
  char** names = nullptr;
  std::vector<std::string> partitions;
  if (!dds_qget_partition(qos, &count, &names)) return partitions;
  for (std::uint32_t i = 0; i < count; ++i) {
    partitions.push_back(printable(names[i]));
    dds_free(names[i]);
  }
  dds_free(names);
  return partitions;
}

std::string user_data_of(const dds_qos_t* qos) {
  void* bytes = nullptr;
  std::size_t size = 0;
  if (!dds_qget_userdata(qos, &bytes, &size) || bytes == nullptr) return {};
  std::string text{static_cast<const char*>(bytes), size};
  dds_free(bytes);
  return text;
}

RemoteEndpoint to_endpoint(const dds_builtintopic_endpoint_t& from) {
  RemoteEndpoint endpoint;
  std::memcpy(endpoint.guid.data(), from.key.v, endpoint.guid.size());
  std::memcpy(endpoint.participant.data(), from.participant_key.v, endpoint.participant.size());
  endpoint.topic = printable(from.topic_name);
  endpoint.type = printable(from.type_name);
  endpoint.partitions = partitions_of(from.qos);
  dds_reliability_kind_t reliability{};
  dds_duration_t blocking{};
  endpoint.reliable =
      dds_qget_reliability(from.qos, &reliability, &blocking) && reliability == DDS_RELIABILITY_RELIABLE;
  dds_durability_kind_t durability{};
  endpoint.latched =
      dds_qget_durability(from.qos, &durability) && durability >= DDS_DURABILITY_TRANSIENT_LOCAL;
  endpoint.user_data = user_data_of(from.qos);
  return endpoint;
}

dds_entity_t builtin_reader(const Participant& participant, dds_entity_t topic) {
  const dds_entity_t reader = dds_create_reader(participant.entity(), topic, nullptr, nullptr);
  if (reader < 0) throw NetworkError{"DDS discovery cannot be read"};
  dds_set_status_mask(reader, DDS_DATA_AVAILABLE_STATUS);
  return reader;
}

}  // namespace

Discovery::Discovery(const Participant& participant)
    : publications_{builtin_reader(participant, DDS_BUILTIN_TOPIC_DCPSPUBLICATION)},
      subscriptions_{builtin_reader(participant, DDS_BUILTIN_TOPIC_DCPSSUBSCRIPTION)} {
  dds_get_instance_handle(participant.entity(), &own_);
}

Discovery::~Discovery() {
  dds_delete(publications_);
  dds_delete(subscriptions_);
}

std::vector<RemoteEndpoint> Discovery::writers() const { return read(publications_, false); }
std::vector<RemoteEndpoint> Discovery::readers() const { return read(subscriptions_, false); }
std::vector<RemoteEndpoint> Discovery::own_writers() const { return read(publications_, true); }
std::vector<RemoteEndpoint> Discovery::own_readers() const { return read(subscriptions_, true); }

std::vector<RemoteEndpoint> Discovery::read(std::int32_t reader, bool own) const {
  constexpr std::uint32_t kMost = 4096;
  std::vector<void*> samples(kMost, nullptr);
  std::vector<dds_sample_info_t> infos(kMost);
  const dds_return_t count =
      dds_read_mask(reader, samples.data(), infos.data(), kMost, kMost,
                    DDS_ANY_SAMPLE_STATE | DDS_ANY_VIEW_STATE | DDS_ALIVE_INSTANCE_STATE);
  std::vector<RemoteEndpoint> endpoints;
  if (count <= 0) return endpoints;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    const auto& endpoint = *static_cast<const dds_builtintopic_endpoint_t*>(samples[i]);
    if (infos[i].valid_data && (endpoint.participant_instance_handle == own_) == own)
      endpoints.push_back(to_endpoint(endpoint));
  }
  dds_return_loan(reader, samples.data(), count);
  std::ranges::sort(endpoints, {}, &RemoteEndpoint::guid);
  return endpoints;
}

}  // namespace tactus::dds
