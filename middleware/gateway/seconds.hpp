// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "descriptions.hpp"
#include "outbound.hpp"

/// The ledger per topic and second, on both sides. Values only: no thread, no clock.
namespace tactus::gateway {

/// The sending side: counts of exports become entries of the ledger. An export that has ended stays in it for
/// a while: its last second is to be told, too.
class SentSeconds {
 public:
  static constexpr std::int64_t kToldNs = 3'000'000'000;
  [[nodiscard]] std::vector<mesh::LedgerEntry> look(const std::vector<OutboundStatus>& exported,
                                                    std::int64_t now_ns);

 private:
  struct Book {
    mesh::LedgerEntry entry;
    OutboundCounts counts, at_begin;  ///< of the second that runs
    std::uint64_t second = 0;
    std::int64_t seen_ns = 0;
  };
  static void close(Book& book, std::uint64_t second);
  std::map<std::uint64_t, Book> books_;  ///< by LedgerEntry::writer
};

/// The receiving side: which of a writer's samples have arrived. They arrive in order.
class Arrivals {
 public:
  static constexpr std::size_t kGaps = 1024;  ///< that are remembered, with their place

  void add(std::uint64_t sequence);
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }
  [[nodiscard]] std::uint64_t newest() const noexcept { return newest_; }

  struct Share {
    std::uint64_t received = 0, lost = 0, under_way = 0;
    friend bool operator==(const Share&, const Share&) = default;
  };
  /// Of the sequence numbers from + 1 to `to`; nothing when that was before the first one, or too long ago.
  [[nodiscard]] std::optional<Share> of(std::uint64_t from, std::uint64_t to) const;

 private:
  struct Gap {
    std::uint64_t first = 0, last = 0;  ///< sequence numbers that are missing
  };
  std::uint64_t first_ = 0, newest_ = 0, lost_ = 0;
  std::uint64_t forgotten_ = 0;  ///< up to this number gaps are no longer known
  std::deque<Gap> gaps_;
};

/// One second of one remote writer: sent = received + lost + under_way.
struct Balance {
  mesh::LedgerSecond sent;
  Arrivals::Share arrived;
  friend bool operator==(const Balance&, const Balance&) = default;
};

/// Puts both sides together. A second is judged when the next one has been told: what is still under way then
/// has been so for a second.
class Balances {
 public:
  /// Of the writer: what its host's ledger says now. The last second that was judged; nothing before.
  std::optional<Balance> look(std::uint64_t writer, const mesh::LedgerSecond& told, const Arrivals& arrivals);

 private:
  struct Book {
    mesh::LedgerSecond told;
    std::optional<Balance> judged;
  };
  static constexpr std::size_t kMost = 4096;
  std::map<std::uint64_t, Book> books_;
};

}  // namespace tactus::gateway
