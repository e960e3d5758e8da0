// SPDX-License-Identifier: Apache-2.0
// Runs the nodes of one process of a launch, or describes one node. Started by supervisors, not by people.
#include "commands.hpp"

int main(int argc, char** argv) { return tactus::host_command(argc, argv); }
