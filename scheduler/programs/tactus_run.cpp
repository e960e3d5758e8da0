// SPDX-License-Identifier: Apache-2.0
// Runs one node by hand.
#include "commands.hpp"
#include "tactus/scheduler/describe.hpp"

int main(int argc, char** argv) { return tactus::run_command(argc, argv, {}, tactus::host_program()); }
