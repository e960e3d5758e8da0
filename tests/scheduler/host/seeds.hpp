// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>
#include <string>

/// Which worlds the simulations draw. Those that break a promise are kept, and drawn again in each run.
namespace tactus::testing {

inline std::set<std::uint64_t> read_seeds(const char* path) {
  std::set<std::uint64_t> seeds;
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') seeds.insert(std::stoull(line));
  }
  return seeds;
}

/// TACTUS_SEED=7 is this one, TACTUS_SEEDS=1000..2000 are these; else 1 to `last` and all that once failed.
inline std::set<std::uint64_t> seeds(std::uint64_t last) {
  if (const char* one = std::getenv("TACTUS_SEED")) return {std::stoull(one)};
  std::set<std::uint64_t> all;
  std::uint64_t first = 1;
  if (const char* range = std::getenv("TACTUS_SEEDS")) {
    const std::string text{range};
    first = std::stoull(text);
    last = std::stoull(text.substr(text.find("..") + 2));
  } else {
    all = read_seeds(TACTUS_SEEDS_FILE);
    all.merge(read_seeds(TACTUS_FAILED_SEEDS_FILE));
  }
  for (std::uint64_t seed = first; seed <= last; ++seed) all.insert(seed);
  return all;
}

inline void keep_seed(std::uint64_t seed) {
  std::cout << "TACTUS_SEED=" << seed << " shows it again; kept in " << TACTUS_FAILED_SEEDS_FILE
            << "; write it to " << TACTUS_SEEDS_FILE << " with the repair\n";
  std::ofstream{TACTUS_FAILED_SEEDS_FILE, std::ios::app} << seed << '\n';
}

}  // namespace tactus::testing
