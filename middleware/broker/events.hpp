// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>

#include "tactus/middleware/pages.hpp"

namespace tactus::broker {

/// Writes what the broker has to say to everybody (BrokerEvents). One thread.
class Events {
 public:
  explicit Events(BrokerEvents& page) : page_{page} {}

  void say(const std::string& sentence) {
    const std::uint64_t number = page_.count.load(std::memory_order_relaxed);
    write(page_.texts[number % BrokerEvents::kKept], sentence);
    page_.count.store(number + 1, std::memory_order_release);
  }
  void say_end(const std::string& reason) { write(page_.end, reason); }

 private:
  static void write(BrokerEvents::Text& text, const std::string& sentence) {
    const std::size_t size = std::min(sentence.size(), text.letters.size() - 1);
    text.letters[size].store('\0');
    for (std::size_t i = 0; i < size; ++i) text.letters[i].store(sentence[i]);
  }
  BrokerEvents& page_;
};

}  // namespace tactus::broker
