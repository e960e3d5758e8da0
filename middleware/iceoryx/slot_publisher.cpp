// SPDX-License-Identifier: Apache-2.0
#include "publishers.hpp"
#include "runtime.hpp"
#include "slot_bank.hpp"
#include "tactus/middleware/prefetch.hpp"

namespace tactus::shm {
namespace {

class SlotPublisher final : public UntypedPublisher, private LocalWriter {
 public:
  SlotPublisher(Shared& shared, const PublisherOptions& options, const EndpointPlace& place,
                PublisherData& data, std::unique_ptr<SlotBank> bank)
      : LocalWriter{local_key(options.topic, *options.type), options.max_loans},
        shared_{shared},
        options_{options},
        page_{shared.broker.page()},
        doorbells_{shared.broker.doorbells()},
        place_{place},
        counters_{page_.endpoints[place.counters]},
        data_{data},
        port_{&data_},
        bank_{std::move(bank)},
        stamper_{shared.broker, place} {
    say_left_out(options.node, options.topic, shared.hub.add(*this));
  }
  ~SlotPublisher() override {
    if (forked()) {
      static_cast<void>(bank_.release());
      return;
    }
    shared_.hub.remove(*this, std::move(bank_));
    {
      const InCall call{page_};
      port_.destroy();
    }
    shared_.broker.remove_endpoint(place_);
  }

  Chunk* loan() noexcept override {
    if (loaned_ == options_.max_loans || forked()) return refused();
    prefetch_bells(doorbells_, place_.topic_slot);
    PooledSlot* slot = bank_->acquire();
    if (slot == nullptr) return refused();
    ++loaned_;
    slot->loaned = true;
    *slot->header = SampleHeader{};
    return slot;
  }

  void publish(Chunk& chunk) noexcept override {
    stamper_.stamp(*chunk.header);
    auto& slot = static_cast<PooledSlot&>(chunk);
    slot.loaned = false;
    --loaned_;
    const std::uint64_t bytes = chunk.header->block_bytes;
    const std::int64_t now_ns = chunk.header->publish_time_ns;
    if (heard() || has_queues(data_)) send(slot, now_ns);
    doorbells_.ring(place_.topic_slot, own_doorbell());
    count_published(counters_, bytes, now_ns);  // when the reader is on its way already
  }

  void release(Chunk& chunk) noexcept override {
    static_cast<PooledSlot&>(chunk).loaned = false;
    --loaned_;
  }

  EndpointCounts counts() const noexcept override { return read(counters_); }
  const PublisherOptions& options() const noexcept override { return options_; }
  std::uint32_t page_index() const noexcept override { return place_.counters; }
  void warm() noexcept override {
    prefetch(*this);
    prefetch(counters_);
    prefetch(data_);
    prefetch_bells(doorbells_, place_.topic_slot);
    warm_links();
    bank_->warm();
  }

 private:
  bool allow(std::uint32_t slots) override { return bank_->allow(slots); }

  /// Subscribers of this process get the pointer, those of others the chunk; never both. The slot stays ours:
  /// only loan() uses it again, on this thread.
  void send(PooledSlot& slot, std::int64_t publish_time_ns) noexcept {
    push(slot, publish_time_ns, [&](const std::vector<const void*>& own) {
      if (!has_queues(data_)) return;
      slot.exported = true;
      const InCall call{page_, place_};
      deliver(data_, slot.chunk, own);
    });
  }
  Chunk* refused() noexcept {
    bump(counters_.dropped);
    return nullptr;
  }

  Shared& shared_;
  PublisherOptions options_;
  ProcessPage& page_;
  DoorbellPage& doorbells_;
  EndpointPlace place_;
  EndpointCounters& counters_;
  PublisherData& data_;
  iox::popo::PublisherPortUser port_;
  std::unique_ptr<SlotBank> bank_;
  Stamper stamper_;
  std::uint32_t loaned_ = 0;
};

}  // namespace

std::unique_ptr<UntypedPublisher> make_slot_publisher(Shared& shared, const PublisherOptions& options,
                                                      const EndpointPlace& place, PublisherData& data) {
  auto bank = std::make_unique<SlotBank>(shared, data, options.max_bytes, place);
  if (!bank->allow(options.max_loans)) return nullptr;
  return std::make_unique<SlotPublisher>(shared, options, place, data, std::move(bank));
}

}  // namespace tactus::shm
