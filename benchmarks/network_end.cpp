// SPDX-License-Identifier: Apache-2.0
// One end of a measurement over the network; benchmarks/network.py starts them. Times are CLOCK_MONOTONIC,
// which network namespaces of one machine share.
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "network_arm.hpp"

namespace {

using tactus::benchmarks::NetworkEnd;

constexpr int kWarmUp = 20;
constexpr std::int64_t kSecondNs = 1'000'000'000;

std::int64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * kSecondNs + time.tv_nsec;
}

void sleep_until(std::int64_t at_ns) {
  const timespec time{at_ns / kSecondNs, at_ns % kSecondNs};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr);
}

void print(const std::vector<std::int64_t>& times_ns) {
  for (const auto time_ns : times_ns) std::printf("%lld\n", static_cast<long long>(time_ns));
}

/// Waits for the answer to this ping; false when it takes too long. Older answers are passed over.
bool answered(NetworkEnd& end, std::int64_t stamp_ns, std::int64_t limit_ns) {
  while (now_ns() < limit_ns) {
    while (const auto answer = end.take()) {
      if (*answer == stamp_ns) return true;
    }
    end.wait();
  }
  return false;
}

void ping(NetworkEnd& end, int count, std::int64_t gap_ns) {
  std::vector<std::int64_t> times_ns;
  int lost = 0;
  for (int i = -kWarmUp; i < count && lost < 100;) {
    const std::int64_t sent_ns = now_ns();
    end.send(sent_ns);
    if (!answered(end, sent_ns, sent_ns + (i == -kWarmUp ? kSecondNs / 5 : 5 * kSecondNs))) {
      ++lost;
      continue;
    }
    if (i >= 0) times_ns.push_back(now_ns() - sent_ns);
    ++i;
    if (gap_ns > 0) sleep_until(now_ns() + gap_ns);
  }
  print(times_ns);
}

[[noreturn]] void pong(NetworkEnd& end) {
  for (;;) {
    while (const auto stamp_ns = end.take()) end.send(*stamp_ns);
    end.wait();
  }
}

/// What falls behind is not made up for: the rate is what is asked for, not more.
void source(NetworkEnd& end, double hz, double seconds) {
  const auto step_ns = static_cast<std::int64_t>(1e9 / hz);
  const std::int64_t begin_ns = now_ns();
  int sent = 0;
  for (std::int64_t at_ns = begin_ns; at_ns < begin_ns + static_cast<std::int64_t>(seconds * 1e9);
       at_ns = std::max(at_ns + step_ns, now_ns())) {
    sleep_until(at_ns);
    end.send(now_ns());
    ++sent;
  }
  std::printf("%d\n", sent);
}

void sink(NetworkEnd& end) {
  std::vector<std::int64_t> times_ns;
  std::int64_t first_ns = 0, last_ns = 0;
  while (last_ns == 0 || now_ns() - last_ns < kSecondNs) {
    while (const auto stamp_ns = end.take()) {
      last_ns = now_ns();
      if (first_ns == 0) first_ns = last_ns;
      times_ns.push_back(last_ns - *stamp_ns);
    }
    end.wait();
  }
  std::printf("span %lld\n", static_cast<long long>(last_ns - first_ns));
  print(times_ns);
}

[[noreturn]] void crowd(NetworkEnd& end, std::size_t peers) {
  for (bool told = false;; end.wait()) {
    if (told || end.matched() < peers) continue;
    std::puts("matched");
    std::fflush(stdout);
    told = true;
  }
}

struct Words {
  std::string name, which;
  std::size_t bytes = 0, peers = 0;
  int count = 0;
  std::int64_t gap_us = 0;
  double hz = 0, seconds = 0;
};

void add_verbs(CLI::App& app, Words& words) {
  const auto verb = [&](const std::string& name, const std::string& what) {
    CLI::App* added = app.add_subcommand(name, what);
    added->add_option("name", words.name, "Topic")->required();
    added->add_option("bytes", words.bytes, "Size of a message")->required();
    return added;
  };
  CLI::App* ping = verb("ping", "Prints a round trip in ns per line");
  ping->add_option("count", words.count, "Round trips")->required();
  ping->add_option("gap_us", words.gap_us, "Pause between them")->required();
  verb("pong", "Sends back what it hears");
  CLI::App* source = verb("source", "Sends at a rate; prints how many");
  source->add_option("hz", words.hz, "Messages per second")->required()->check(CLI::PositiveNumber);
  source->add_option("seconds", words.seconds, "How long")->required();
  verb("sink", "After a second without: prints the one-way times in ns, one a line");
  CLI::App* crowd = verb("crowd", "Prints \"matched\" when it hears so many writers");
  crowd->add_option("which", words.which, "first or second end")
      ->required()
      ->check(CLI::IsMember({"first", "second"}));
  crowd->add_option("peers", words.peers, "Writers")->required();
  app.require_subcommand(1);
}

}  // namespace

int main(int argc, char** argv) {
  Words words;
  CLI::App app{"One end of a measurement over the network; benchmarks/network.py starts them"};
  add_verbs(app, words);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const std::string verb = app.get_subcommands().front()->get_name();
  const bool first = verb == "ping" || verb == "source" || words.which == "first";
  const auto end = tactus::benchmarks::make_network_end({words.name, first, words.bytes});
  if (verb == "ping") ping(*end, words.count, words.gap_us * 1000);
  if (verb == "pong") pong(*end);
  if (verb == "source") source(*end, words.hz, words.seconds);
  if (verb == "sink") sink(*end);
  if (verb == "crowd") crowd(*end, words.peers);
  std::fflush(nullptr);
  std::_Exit(0);
}
