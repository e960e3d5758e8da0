// SPDX-License-Identifier: Apache-2.0
#include "seconds.hpp"

#include <algorithm>

namespace tactus::gateway {

void SentSeconds::close(Book& book, std::uint64_t second) {
  if (second == book.second) return;
  const auto& from = book.at_begin;
  const auto& to = book.counts;
  book.entry.second = {book.second,
                       from.sent,
                       to.sent,
                       to.shed - from.shed,
                       to.overwritten - from.overwritten,
                       to.refused - from.refused};
  book.at_begin = to;
  book.second = second;
}

std::vector<mesh::LedgerEntry> SentSeconds::look(const std::vector<OutboundStatus>& exported,
                                                 std::int64_t now_ns) {
  const auto second = static_cast<std::uint64_t>(now_ns) / 1'000'000'000 + 1;
  for (const auto& one : exported) {
    const auto [found, fresh] = books_.try_emplace(one.writer);
    Book& book = found->second;
    if (fresh) {
      book.entry.topic = one.topic;
      book.entry.writer = one.writer;
      book.second = second;
    }
    book.counts = one.counts;
    book.entry.sent = one.counts.sent;
    book.entry.shed = one.counts.shed;
    book.entry.overwritten = one.counts.overwritten;
    book.entry.refused = one.counts.refused;
    book.entry.shedding = one.shedding;
    book.seen_ns = now_ns;
  }
  std::erase_if(books_, [&](const auto& entry) { return now_ns - entry.second.seen_ns > kToldNs; });
  std::vector<mesh::LedgerEntry> entries;
  for (auto& [writer, book] : books_) {
    close(book, second);
    entries.push_back(book.entry);
  }
  return entries;
}

void Arrivals::add(std::uint64_t sequence) {
  if (first_ == 0) first_ = sequence;
  if (newest_ != 0 && sequence > newest_ + 1) {
    lost_ += sequence - newest_ - 1;
    gaps_.push_back({newest_ + 1, sequence - 1});
    if (gaps_.size() > kGaps) {
      forgotten_ = gaps_.front().last;
      gaps_.pop_front();
    }
  }
  newest_ = std::max(newest_, sequence);
}

std::optional<Arrivals::Share> Arrivals::of(std::uint64_t from, std::uint64_t to) const {
  if (first_ == 0 || from + 1 < first_ || from < forgotten_) return std::nullopt;
  Share share;
  const std::uint64_t known = std::clamp(newest_, from, to);
  share.under_way = to - known;
  for (const Gap& gap : gaps_) {
    const std::uint64_t first = std::max(gap.first, from + 1), last = std::min(gap.last, known);
    if (first <= last) share.lost += last - first + 1;
  }
  share.received = known - from - share.lost;
  return share;
}

std::optional<Balance> Balances::look(std::uint64_t writer, const mesh::LedgerSecond& told,
                                      const Arrivals& arrivals) {
  if (writer == 0) return std::nullopt;
  if (books_.size() > kMost) books_.clear();
  Book& book = books_[writer];
  if (book.told.number != told.number) {
    if (book.told.number != 0) {
      if (const auto share = arrivals.of(book.told.from, book.told.to))
        book.judged = Balance{book.told, *share};
    }
    book.told = told;
  }
  return book.judged;
}

}  // namespace tactus::gateway
