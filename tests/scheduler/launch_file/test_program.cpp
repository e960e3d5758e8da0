// SPDX-License-Identifier: Apache-2.0
#include <tactus/node.hpp>
#include <tactus/program.hpp>

namespace {

class Silent final : public tactus::Node {
 public:
  explicit Silent(tactus::NodeContext&) {}
  void step(const tactus::Cycle&) override {}
};

}  // namespace
TACTUS_NODE(Silent)

int main(int argc, char** argv) { return tactus::run_program(argc, argv); }
