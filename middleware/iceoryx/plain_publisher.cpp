// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include "borrowed.hpp"
#include "publishers.hpp"
#include "runtime.hpp"

namespace tactus::shm {
namespace {

class PlainPublisher final : public UntypedPublisher {
 public:
  PlainPublisher(Shared& shared, const PublisherOptions& options, const EndpointPlace& place,
                 PublisherData& data)
      : broker_{shared.broker},
        options_{options},
        page_{broker_.page()},
        doorbells_{broker_.doorbells()},
        place_{place},
        counters_{page_.endpoints[place.counters]},
        data_{data},
        port_{&data_},
        stamper_{broker_, place} {}
  ~PlainPublisher() override {
    if (forked()) return;
    {
      const InCall call{page_};
      forget_history(data_);  // RouDi removes the port a little later: who subscribes meanwhile gets nothing
      port_.destroy();
    }
    broker_.remove_endpoint(place_);
  }

  Chunk* loan() noexcept override {
    if (loaned_ == options_.max_loans || forked()) return refused();
    prefetch_bells(doorbells_, place_.topic_slot);
    const InCall call{page_, place_};
    auto result = port_.tryAllocateChunk(static_cast<std::uint32_t>(options_.max_bytes), 8,
                                         sizeof(SampleHeader), alignof(SampleHeader));
    if (result.has_error()) return refused();
    ++loaned_;
    iox::mepoo::ChunkHeader* chunk = result.value();
    auto* header = static_cast<SampleHeader*>(chunk->userHeader());
    *header = SampleHeader{};
    Chunk& loan = *std::ranges::find(loans_, nullptr, &Chunk::bytes);
    loan = {static_cast<std::byte*>(chunk->userPayload()), options_.max_bytes, header};
    return &loan;
  }

  void publish(Chunk& chunk) noexcept override {
    stamper_.stamp(*chunk.header);
    --loaned_;
    const std::uint64_t bytes = chunk.header->block_bytes;
    const std::int64_t now_ns = chunk.header->publish_time_ns;
    send(chunk);
    doorbells_.ring(place_.topic_slot, own_doorbell());
    count_published(counters_, bytes, now_ns);  // when the reader is on its way already
  }

  void release(Chunk& chunk) noexcept override {
    --loaned_;
    const InCall call{page_, place_};
    port_.releaseChunk(taken_back(chunk));
  }

  EndpointCounts counts() const noexcept override { return read(counters_); }
  const PublisherOptions& options() const noexcept override { return options_; }
  std::uint32_t page_index() const noexcept override { return place_.counters; }

 private:
  /// iceoryx delivers first and remembers for late subscribers then: who attaches in between would miss it.
  /// Its lock is recursive.
  void send(Chunk& chunk) noexcept {
    using Distributor = PublisherData::ChunkDistributorData_t;
    const InCall call{page_, place_};
    const std::lock_guard<const Distributor> lock{data_.m_chunkSenderData};
    port_.sendChunk(taken_back(chunk));
  }
  static iox::mepoo::ChunkHeader* taken_back(Chunk& loan) noexcept {
    return iox::mepoo::ChunkHeader::fromUserPayload(std::exchange(loan.bytes, nullptr));
  }
  Chunk* refused() noexcept {
    bump(counters_.dropped);
    return nullptr;
  }

  BrokerClient& broker_;
  PublisherOptions options_;
  ProcessPage& page_;
  DoorbellPage& doorbells_;
  EndpointPlace place_;
  EndpointCounters& counters_;
  PublisherData& data_;
  iox::popo::PublisherPortUser port_;
  Stamper stamper_;
  std::array<Chunk, kMaxLoans> loans_;  ///< free without bytes
  std::uint32_t loaned_ = 0;
};

}  // namespace

std::unique_ptr<UntypedPublisher> make_plain_publisher(Shared& shared, const PublisherOptions& options,
                                                       const EndpointPlace& place, PublisherData& data) {
  return std::make_unique<PlainPublisher>(shared, options, place, data);
}

}  // namespace tactus::shm
