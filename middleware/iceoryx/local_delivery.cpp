// SPDX-License-Identifier: Apache-2.0
#include "local_delivery.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <thread>

#include "tactus/middleware/prefetch.hpp"

namespace tactus::shm {

Ring::Ring(std::uint32_t depth) : depth_{depth}, entries_(std::bit_ceil(depth)) {}

void Ring::push(Slot& slot, std::int64_t publish_time_ns) noexcept {
  const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
  std::uint64_t head = head_.load(std::memory_order_acquire);
  if (tail - head == depth_) {
    Slot* oldest = at(head).slot.load(std::memory_order_relaxed);
    // Else the subscriber was faster, and there is room.
    if (head_.compare_exchange_strong(head, head + 1, std::memory_order_acq_rel)) oldest->give_up();
  }
  Entry& entry = at(tail);
  entry.slot.store(&slot, std::memory_order_relaxed);
  entry.publish_time_ns.store(publish_time_ns, std::memory_order_relaxed);
  tail_.store(tail + 1, std::memory_order_release);
}

void Ring::warm() const noexcept {
  prefetch(*this);
  prefetch(at(tail_.load(std::memory_order_relaxed)));
}

void LocalReader::warm() const noexcept {
  for (Source* source = first_.load(std::memory_order_acquire); source != nullptr; source = source->next)
    source->ring.warm();
}

Source& LocalReader::open_source() {
  for (const auto& source : sources_) {
    if (source->open || !source->ring.empty()) continue;
    source->last_sequence = 0;
    source->open = true;
    return *source;
  }
  Source& source = *sources_.emplace_back(std::make_unique<Source>(depth_));
  source.open = true;
  source.next = first_.load(std::memory_order_relaxed);
  first_.store(&source, std::memory_order_release);
  return source;
}

void LocalReader::drain() noexcept {
  for (const auto& source : sources_) {
    while (Slot* slot = source->ring.pop()) slot->give_up();
  }
}

const std::vector<const void*> LocalWriter::kNoQueues;

void LocalWriter::push(const Links& links, Slot& slot, std::int64_t publish_time_ns) noexcept {
  slot.users.store(static_cast<std::uint32_t>(links.sources.size()), std::memory_order_relaxed);
  for (Source* source : links.sources) source->ring.push(slot, publish_time_ns);
}

void LocalWriter::warm_links() noexcept {
  const Entered links{*this};
  if (!links) return;
  prefetch(*links);
  for (const Source* source : links->sources) source->ring.warm();
}

/// Waits for a publish() that still uses the old ones: it never takes long.
void LocalWriter::replace(Links links) {
  auto next = links.readers.empty() ? nullptr : std::make_unique<const Links>(std::move(links));
  links_.store(next.get(), std::memory_order_seq_cst);
  asymmetric_fence_heavy();
  while (busy_.load(std::memory_order_seq_cst) != 0)
    std::this_thread::sleep_for(std::chrono::microseconds{20});
  owned_ = std::move(next);
}

std::uint32_t LocalWriter::slots_for(const std::vector<LocalReader*>& readers) const {
  std::uint32_t slots = max_loans_;
  for (const LocalReader* reader : readers) slots += reader->most();
  return slots;
}

bool LocalHub::connect(LocalWriter& writer, LocalReader& reader) {
  LocalWriter::Links links = writer.owned_ ? *writer.owned_ : LocalWriter::Links{};
  links.readers.push_back(&reader);
  if (!writer.allow(writer.slots_for(links.readers))) return false;
  links.sources.push_back(&reader.open_source());
  links.queues.push_back(reader.queue_);
  writer.replace(std::move(links));
  return true;
}

std::size_t LocalHub::add(LocalReader& reader) {
  const std::scoped_lock lock{mutex_};
  sweep();
  Topic& topic = topics_[reader.topic_];
  topic.readers.push_back(&reader);
  return static_cast<std::size_t>(
      std::ranges::count_if(topic.writers, [&](LocalWriter* writer) { return !connect(*writer, reader); }));
}

std::size_t LocalHub::add(LocalWriter& writer) {
  const std::scoped_lock lock{mutex_};
  sweep();
  Topic& topic = topics_[writer.topic_];
  topic.writers.push_back(&writer);
  return static_cast<std::size_t>(
      std::ranges::count_if(topic.readers, [&](LocalReader* reader) { return !connect(writer, *reader); }));
}

void LocalHub::remove(LocalReader& reader) {
  const std::scoped_lock lock{mutex_};
  Topic& topic = topics_[reader.topic_];
  std::erase(topic.readers, &reader);
  std::vector<LocalWriter*> changed;
  for (LocalWriter* writer : topic.writers) {
    if (!writer->owned_) continue;
    LocalWriter::Links links = *writer->owned_;
    const auto found = std::ranges::find(links.readers, &reader);
    if (found == links.readers.end()) continue;
    const auto index = found - links.readers.begin();
    links.readers.erase(found);
    links.sources.erase(links.sources.begin() + index);
    links.queues.erase(links.queues.begin() + index);
    writer->replace(std::move(links));
    changed.push_back(writer);
  }
  reader.drain();
  for (LocalWriter* writer : changed) {
    static const std::vector<LocalReader*> kNone;
    static_cast<void>(writer->allow(writer->slots_for(writer->owned_ ? writer->owned_->readers : kNone)));
  }
  sweep();
}

void LocalHub::remove(LocalWriter& writer, std::unique_ptr<Remains> remains) {
  const std::scoped_lock lock{mutex_};
  std::erase(topics_[writer.topic_].writers, &writer);
  if (writer.owned_) {
    const std::vector<Source*> sources = writer.owned_->sources;
    writer.replace({});
    for (Source* source : sources) source->open = false;
  }
  remains_.push_back(std::move(remains));
  sweep();
}

void LocalHub::sweep() {
  std::erase_if(remains_, [](const auto& remains) { return !remains->in_use(); });
}

}  // namespace tactus::shm
