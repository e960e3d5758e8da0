// SPDX-License-Identifier: Apache-2.0
#include "cdr_topic.hpp"

#include <dds/dds.h>
#include <dds/ddsi/ddsi_keyhash.h>
#include <dds/ddsi/ddsi_serdata.h>
#include <dds/ddsi/ddsi_sertype.h>
#include <dds/ddsi/q_radmin.h>

#include <cstring>
#include <functional>
#include <new>

namespace tactus::dds::detail {
namespace {

struct CdrType : ddsi_sertype {
  std::string topic;  ///< part of its identity: equal types of different topics stay apart
};

struct CdrSample : ddsi_serdata {
  CdrBuffer cdr;
  SampleTag tag{};
  std::uint64_t sequence = 0;
};

const CdrSample& sample_of(const ddsi_serdata* data) { return *static_cast<const CdrSample*>(data); }

CdrSample* new_sample(const ddsi_sertype* type, ddsi_serdata_kind kind) noexcept {
  auto* sample = new (std::nothrow) CdrSample{};
  if (sample == nullptr) return nullptr;
  ddsi_serdata_init(sample, type, kind);
  sample->hash = type->serdata_basehash;
  return sample;
}

/// The writer's sequence number, in the submessage header: id, flags, sizes, two entity ids, then high and
/// low word in the sender's byte order.
std::uint64_t sequence_of(const nn_rdata* fragment) {
  const unsigned char* submessage = NN_RMSG_PAYLOADOFF(fragment->rmsg, NN_RDATA_SUBMSG_OFF(fragment));
  constexpr unsigned char kData = 0x15, kDataFragment = 0x16;
  if (submessage[0] != kData && submessage[0] != kDataFragment) return 0;
  std::uint32_t high = 0, low = 0;
  std::memcpy(&high, submessage + 16, 4);
  std::memcpy(&low, submessage + 20, 4);
  if ((submessage[1] & 1) == 0) {
    high = __builtin_bswap32(high);
    low = __builtin_bswap32(low);
  }
  return (std::uint64_t{high} << 32) | low;
}

/// Fragments may overlap, and come from the network: nothing outside of `size` is written.
bool copy_fragments(const nn_rdata* fragment, std::size_t size, std::byte* out) {
  std::size_t done = 0;
  for (; fragment != nullptr; fragment = fragment->nextfrag) {
    if (fragment->min > done || fragment->maxp1 > size) return false;
    if (fragment->maxp1 <= done) continue;
    const unsigned char* payload = NN_RMSG_PAYLOADOFF(fragment->rmsg, NN_RDATA_PAYLOAD_OFF(fragment));
    std::memcpy(out + done, payload + (done - fragment->min), fragment->maxp1 - done);
    done = fragment->maxp1;
  }
  return done == size;
}

ddsi_serdata* from_network(const ddsi_sertype* type, ddsi_serdata_kind kind, const nn_rdata* fragments,
                           std::size_t size) {
  if (kind != SDK_DATA) return new_sample(type, kind);
  if (size < 4 || size > kMaxSampleBytes) return nullptr;
  CdrSample* sample = new_sample(type, kind);
  if (sample == nullptr) return nullptr;
  try {
    sample->cdr = CdrBuffer{size};
  } catch (const std::bad_alloc&) {
    ddsi_serdata_unref(sample);
    return nullptr;
  }
  if (!copy_fragments(fragments, size, sample->cdr.data())) {
    ddsi_serdata_unref(sample);
    return nullptr;
  }
  sample->sequence = sequence_of(fragments);
  if (const ddsi_keyhash_t* hash = ddsi_serdata_keyhash_from_fragchain(fragments))
    std::memcpy(sample->tag.data(), hash->value, sample->tag.size());
  return sample;
}

ddsi_serdata* from_pieces(const ddsi_sertype* type, ddsi_serdata_kind kind, ddsrt_msg_iovlen_t count,
                          const ddsrt_iovec_t* pieces, std::size_t size) {
  CdrSample* sample = new_sample(type, kind);
  if (sample == nullptr) return nullptr;
  sample->cdr = CdrBuffer{size};
  std::size_t done = 0;
  for (ddsrt_msg_iovlen_t i = 0; i < count && done < size; ++i) {
    const std::size_t bytes = std::min<std::size_t>(pieces[i].iov_len, size - done);
    std::memcpy(sample->cdr.data() + done, pieces[i].iov_base, bytes);
    done += bytes;
  }
  return sample;
}

ddsi_serdata* from_key(const ddsi_sertype* type, const ddsi_keyhash*) { return new_sample(type, SDK_KEY); }
ddsi_serdata* from_sample(const ddsi_sertype* type, ddsi_serdata_kind kind, const void*) {
  return new_sample(type, kind);
}

bool same_key(const ddsi_serdata*, const ddsi_serdata*) { return true; }
std::uint32_t size_of(const ddsi_serdata* data) {
  return static_cast<std::uint32_t>(sample_of(data).cdr.size());
}
void to_network(const ddsi_serdata* data, std::size_t offset, std::size_t size, void* out) {
  std::memcpy(out, sample_of(data).cdr.data() + offset, size);
}
ddsi_serdata* to_network_reference(const ddsi_serdata* data, std::size_t offset, std::size_t size,
                                   ddsrt_iovec_t* reference) {
  reference->iov_base = sample_of(data).cdr.data() + offset;
  reference->iov_len = static_cast<ddsrt_iov_len_t>(size);
  return ddsi_serdata_ref(data);
}
void to_network_unreference(ddsi_serdata* data, const ddsrt_iovec_t*) { ddsi_serdata_unref(data); }
bool to_sample(const ddsi_serdata*, void*, void**, void*) { return false; }
ddsi_serdata* to_untyped(const ddsi_serdata* data) { return new_sample(data->type, SDK_KEY); }
bool untyped_to_sample(const ddsi_sertype*, const ddsi_serdata*, void*, void**, void*) { return false; }
void free_sample(ddsi_serdata* data) { delete static_cast<CdrSample*>(data); }
std::size_t print(const ddsi_sertype*, const ddsi_serdata*, char* out, std::size_t) {
  out[0] = 0;
  return 0;
}
void key_hash(const ddsi_serdata* data, ddsi_keyhash* out, bool) {
  std::memcpy(out->value, sample_of(data).tag.data(), sizeof out->value);
}

constexpr ddsi_serdata_ops kSampleOps{.eqkey = same_key,
                                      .get_size = size_of,
                                      .from_ser = from_network,
                                      .from_ser_iov = from_pieces,
                                      .from_keyhash = from_key,
                                      .from_sample = from_sample,
                                      .to_ser = to_network,
                                      .to_ser_ref = to_network_reference,
                                      .to_ser_unref = to_network_unreference,
                                      .to_sample = to_sample,
                                      .to_untyped = to_untyped,
                                      .untyped_to_sample = untyped_to_sample,
                                      .free = free_sample,
                                      .print = print,
                                      .get_keyhash = key_hash,
                                      .get_sample_size = nullptr,
                                      .from_iox_buffer = nullptr};

void free_type(ddsi_sertype* type) {
  ddsi_sertype_fini(type);
  delete static_cast<CdrType*>(type);
}
void zero_samples(const ddsi_sertype*, void*, std::size_t) {}
void realloc_samples(void** pointers, const ddsi_sertype*, void*, std::size_t, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) pointers[i] = nullptr;
}
void free_samples(const ddsi_sertype*, void**, std::size_t, dds_free_op_t) {}
bool same_type(const ddsi_sertype* a, const ddsi_sertype* b) {
  return static_cast<const CdrType*>(a)->topic == static_cast<const CdrType*>(b)->topic;
}
std::uint32_t type_hash(const ddsi_sertype* type) {
  return static_cast<std::uint32_t>(std::hash<std::string>{}(static_cast<const CdrType*>(type)->topic));
}

constexpr ddsi_sertype_ops kTypeOps{.version = ddsi_sertype_v0,
                                    .arg = nullptr,
                                    .free = free_type,
                                    .zero_samples = zero_samples,
                                    .realloc_samples = realloc_samples,
                                    .free_samples = free_samples,
                                    .equal = same_type,
                                    .hash = type_hash,
                                    .type_id = nullptr,
                                    .type_map = nullptr,
                                    .type_info = nullptr,
                                    .derive_sertype = nullptr,
                                    .get_serialized_size = nullptr,
                                    .serialize_into = nullptr};

}  // namespace

ddsi_sertype* make_type(const std::string& topic, const std::string& type_name) {
  auto* type = new CdrType{};
  ddsi_sertype_init_flags(type, type_name.c_str(), &kTypeOps, &kSampleOps,
                          DDSI_SERTYPE_FLAG_TOPICKIND_NO_KEY | DDSI_SERTYPE_FLAG_REQUEST_KEYHASH);
  type->allowed_data_representation = DDS_DATA_REPRESENTATION_FLAG_XCDR1;  // init overwrites it
  type->topic = topic;
  return type;
}

ddsi_serdata* make_sample(const ddsi_sertype* type, CdrBuffer&& cdr, const SampleTag& tag,
                          std::int64_t source_time_ns) {
  CdrSample* sample = new_sample(type, SDK_DATA);
  if (sample == nullptr) throw std::bad_alloc{};
  sample->cdr = std::move(cdr);
  sample->tag = tag;
  sample->timestamp.v = source_time_ns;
  sample->statusinfo = 0;
  return sample;
}

SampleView view(const ddsi_serdata* data) {
  const CdrSample& sample = sample_of(data);
  return {&sample.cdr, sample.sequence, sample.timestamp.v, sample.tag};
}

}  // namespace tactus::dds::detail
