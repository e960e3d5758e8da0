// SPDX-License-Identifier: Apache-2.0
#include "local_delivery.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include <array>
#include <thread>

namespace tactus::shm {
namespace {

using Numbers = std::vector<int>;

/// A writer of numbered messages: no memory behind them.
class Writer final : public LocalWriter {
 public:
  static constexpr std::uint32_t kLoans = 1;
  explicit Writer(const std::string& topic = "/a", std::uint32_t most = 1000)
      : LocalWriter{topic, kLoans}, most_{most} {}

  void send(int number) {
    Slot* slot = nullptr;
    for (Slot& candidate : slots_) {
      if (slot == nullptr && candidate.users.load(std::memory_order_acquire) == 0) slot = &candidate;
    }
    ASSERT_NE(slot, nullptr) << "more are in use than subscribers can queue and hold";
    slot->size = static_cast<std::size_t>(number);
    if (heard()) push(*slot, number, [&](const auto& queues) { own_queues = queues; });
  }
  [[nodiscard]] bool in_use() const {
    return std::ranges::any_of(slots_, [](const Slot& slot) { return slot.users.load() != 0; });
  }
  std::uint32_t allowed = kLoans;
  std::vector<const void*> own_queues;

 private:
  bool allow(std::uint32_t slots) override {
    if (slots > most_) return false;
    allowed = slots;
    return true;
  }
  std::uint32_t most_;
  std::array<Slot, 64> slots_;
};

class NoRemains final : public LocalHub::Remains {
 public:
  bool in_use() const noexcept override { return false; }
};

Numbers drain(LocalReader& reader) {
  Numbers numbers;
  while (Source* source = reader.oldest().source) {
    Slot* slot = source->ring.pop();
    numbers.push_back(static_cast<int>(slot->size));
    slot->give_up();
  }
  return numbers;
}

TEST(Ring, KeepsTheNewestAndGivesUpTheOldest) {
  Ring ring{3};
  std::array<Slot, 5> slots;
  for (Slot& slot : slots) {
    slot.users = 1;
    ring.push(slot, 0);
  }
  EXPECT_EQ(slots[1].users, 0U);
  EXPECT_EQ(slots[2].users, 1U);
  for (const std::size_t i : {2, 3, 4}) EXPECT_EQ(ring.pop(), &slots[i]);
  EXPECT_EQ(ring.pop(), nullptr);
  EXPECT_TRUE(ring.empty());
}

TEST(Ring, BetweenThreadsEverySlotIsEitherTakenInOrderOrGivenUp) {
  constexpr int kMessages = 100'000;
  Ring ring{4};
  std::vector<Slot> slots(kMessages);
  int taken = 0;
  std::jthread reader{[&] {
    const Slot* last = nullptr;
    for (bool done = false; !done;) {
      Slot* slot = ring.pop();
      if (slot == nullptr) continue;
      EXPECT_GT(slot, last);
      last = slot;
      done = slot == &slots.back();
      ++taken;
      slot->give_up();
    }
  }};
  for (Slot& slot : slots) {
    slot.users = 1;
    ring.push(slot, 0);
  }
  reader.join();
  EXPECT_GT(taken, 0);
  for (const Slot& slot : slots) EXPECT_EQ(slot.users, 0U);
}

TEST(LocalHub, ConnectsWritersAndReadersOfATopicWhoeverComesFirst) {
  LocalHub hub;
  Writer early, late, other{"/b"};
  LocalReader reader{"/a", 8, 4, &reader};
  hub.add(early);
  hub.add(other);
  hub.add(reader);
  hub.add(late);
  early.send(1);
  other.send(2);
  late.send(3);
  early.send(4);
  EXPECT_TRUE(reader.any());
  EXPECT_EQ(drain(reader), (Numbers{1, 3, 4}));
  EXPECT_FALSE(other.heard());
}

TEST(LocalHub, NamesTheQueuesThatIceoryxMustNotServe) {
  LocalHub hub;
  Writer writer;
  int queue = 0;
  LocalReader reader{"/a", 8, 4, &queue};
  hub.add(writer);
  hub.add(reader);
  writer.send(1);
  EXPECT_EQ(writer.own_queues, std::vector<const void*>{&queue});
  hub.remove(reader);
  EXPECT_FALSE(writer.heard());
}

TEST(LocalHub, AWriterHasAsManyMessagesAsItsReadersQueueAndHold) {
  LocalHub hub;
  Writer writer;
  LocalReader one{"/a", 8, 4, &one}, two{"/a", 2, 1, &two};
  hub.add(writer);
  hub.add(one);
  hub.add(two);
  EXPECT_EQ(writer.allowed, Writer::kLoans + 12 + 3);
  hub.remove(one);
  EXPECT_EQ(writer.allowed, Writer::kLoans + 3);
}

TEST(LocalHub, AReaderThatIsTooMuchForAWriterIsLeftOutAndCounted) {
  LocalHub hub;
  Writer writer{"/a", 10};
  LocalReader small{"/a", 4, 1, &small}, large{"/a", 8, 4, &large};
  EXPECT_EQ(hub.add(writer), 0U);
  EXPECT_EQ(hub.add(small), 0U);
  EXPECT_EQ(hub.add(large), 1U);
  writer.send(1);
  EXPECT_EQ(drain(small), Numbers{1});
  EXPECT_EQ(drain(large), Numbers{});
}

TEST(LocalHub, WhatAReaderDidNotTakeIsTheWritersAgainWhenItEnds) {
  LocalHub hub;
  Writer writer;
  LocalReader reader{"/a", 8, 4, &reader};
  hub.add(writer);
  hub.add(reader);
  for (int i = 0; i < 5; ++i) writer.send(i);
  EXPECT_TRUE(writer.in_use());
  hub.remove(reader);
  EXPECT_FALSE(writer.in_use());
}

TEST(LocalHub, TheConnectionOfAWriterThatEndedIsUsedAgainOnceItIsRead) {
  LocalHub hub;
  LocalReader reader{"/a", 8, 4, &reader};
  hub.add(reader);
  Writer first, second, third;
  hub.add(first);
  first.send(1);
  Source* connection = reader.oldest().source;
  hub.remove(first, std::make_unique<NoRemains>());
  hub.add(second);
  second.send(2);
  EXPECT_EQ(drain(reader), (Numbers{1, 2}));
  connection->last_sequence = 7;
  hub.add(third);
  third.send(3);
  EXPECT_EQ(reader.oldest().source, connection);
  EXPECT_EQ(connection->last_sequence, 0U);
}

TEST(LocalHub, RemainsOfAWriterStayAsLongAsTheyAreRead) {
  struct Watched final : LocalHub::Remains {
    explicit Watched(Slot& read, bool& ended) : slot{read}, gone{ended} {}
    ~Watched() override { gone = true; }
    bool in_use() const noexcept override { return slot.users != 0; }
    Slot& slot;
    bool& gone;
  };
  LocalHub hub;
  Writer writer, other;
  Slot slot;
  slot.users = 1;
  bool gone = false;
  hub.add(writer);
  hub.remove(writer, std::make_unique<Watched>(slot, gone));
  hub.add(other);
  EXPECT_FALSE(gone);
  slot.give_up();
  hub.remove(other, std::make_unique<NoRemains>());
  EXPECT_TRUE(gone);
}

TEST(LocalHub, ReadersComeAndGoInTheMiddleOfAStreamThatAnotherReads) {
  constexpr int kTimes = 200;
  LocalHub hub;
  Writer writer;
  LocalReader steady{"/a", 8, 4, &steady};
  hub.add(writer);
  hub.add(steady);
  std::jthread sender{[&](const std::stop_token& stop) {
    for (int i = 1; !stop.stop_requested(); ++i) writer.send(i);
  }};
  std::jthread reader{[&](const std::stop_token& stop) {
    int last = 0;
    while (!stop.stop_requested()) {
      for (const auto oldest = steady.oldest(); oldest.source != nullptr;) {
        Slot* slot = oldest.source->ring.pop();
        if (slot == nullptr) break;
        EXPECT_GT(static_cast<int>(slot->size), last);
        last = static_cast<int>(slot->size);
        slot->give_up();
      }
    }
    EXPECT_GT(last, 0);
  }};
  for (int i = 0; i < kTimes; ++i) {
    LocalReader guest{"/a", 4, 1, &guest};
    hub.add(guest);
    while (!guest.any()) std::this_thread::yield();
    hub.remove(guest);
  }
}

}  // namespace
}  // namespace tactus::shm
