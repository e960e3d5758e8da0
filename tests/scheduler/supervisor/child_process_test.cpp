// SPDX-License-Identifier: Apache-2.0
#include "child_process.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <system_error>

namespace tactus {
namespace {

using namespace std::chrono_literals;

ChildProcess shell(const std::string& script, bool capture = false, bool control = false) {
  return ChildProcess{{{"/bin/sh", "-c", script}, capture, control}};
}

std::string read_all(int fd) {
  std::string text;
  char buffer[256];
  for (ssize_t size = 0; (size = ::read(fd, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(size));
  return text;
}

TEST(ChildProcess, TellsTheExitCode) {
  ChildProcess child = shell("exit 3");
  const auto end = child.wait(10s);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, 3);
  EXPECT_FALSE(end->clean());
  EXPECT_EQ(to_text(*end), "exited with 3");
}

TEST(ChildProcess, TellsTheSignal) {
  ChildProcess child = shell("kill -SEGV $$");
  const auto end = child.wait(10s);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->signal, SIGSEGV);
  EXPECT_EQ(to_text(*end), "was killed by SIGSEGV");
}

TEST(ChildProcess, ControlGoesBothWays) {
  ChildProcess child = shell("read line <&3; echo \"got $line\" >&3", false, true);
  EXPECT_TRUE(child.send("hello\n"));
  EXPECT_EQ(read_all(child.control_fd()), "got hello\n");
  EXPECT_TRUE(child.wait(10s));
  EXPECT_FALSE(child.send("more\n"));
}

TEST(ChildProcess, LeadsAGroupOfItsOwn) {
  ChildProcess child = shell("cut -d' ' -f5 /proc/$$/stat", true);
  EXPECT_EQ(read_all(child.output_fd()), std::to_string(child.pid()) + "\n");
}

TEST(ChildProcess, TheDestructorLeavesNoChild) {
  pid_t pid = 0;
  {
    ChildProcess child = shell("trap '' TERM; exec sleep 60");
    pid = child.pid();
    EXPECT_FALSE(child.poll());
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST(ChildProcess, AProgramThatIsMissingIsAnError) {
  EXPECT_THROW((ChildProcess{{{"/nowhere/tactus-host"}, false, false}}), std::system_error);
}

}  // namespace
}  // namespace tactus
