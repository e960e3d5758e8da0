// SPDX-License-Identifier: Apache-2.0
// One end of a measurement over the network; benchmarks/network.py starts them. Times are CLOCK_MONOTONIC,
// which network namespaces of one machine share. Usage of each program:
//   ping NAME BYTES COUNT GAP_US   prints a round trip in ns per line
//   pong NAME BYTES                sends back what it hears
//   source NAME BYTES HZ SECONDS   sends at that rate; prints how many
//   sink NAME BYTES                after a second without: prints the one-way times in ns, one a line
//   crowd NAME BYTES WHICH PEERS   the "first" or "second" end; prints "matched" when it hears PEERS writers
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
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

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const char* verb = argv[1];
  const bool first = std::strcmp(verb, "ping") == 0 || std::strcmp(verb, "source") == 0 ||
                     (argc > 4 && std::strcmp(argv[4], "first") == 0);
  const auto end =
      tactus::benchmarks::make_network_end({argv[2], first, std::strtoull(argv[3], nullptr, 10)});
  if (std::strcmp(verb, "ping") == 0) ping(*end, std::atoi(argv[4]), std::atoll(argv[5]) * 1000);
  if (std::strcmp(verb, "pong") == 0) pong(*end);
  if (std::strcmp(verb, "source") == 0) source(*end, std::atof(argv[4]), std::atof(argv[5]));
  if (std::strcmp(verb, "sink") == 0) sink(*end);
  if (std::strcmp(verb, "crowd") == 0) crowd(*end, std::strtoull(argv[5], nullptr, 10));
  std::fflush(nullptr);
  std::_Exit(0);
}
