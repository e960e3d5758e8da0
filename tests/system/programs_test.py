#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Nodes that are programs with a main() of their own, in launches. Run through tests/support/in_namespace.sh."""
import json
import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from waiting import wait_until  # noqa: E402  pylint: disable=wrong-import-position

RTCTL = os.environ["RTCTL"]
NODES = Path(os.environ["TACTUS_TEST_NODES"])
PROGRAM = NODES / "test_own_main"
os.environ["HOME"] = "/tmp"  # for the logs

PIPELINE = f"""
nodes:
  counter: {{use: {PROGRAM}, every: 5ms, remap: {{number: /numbers}}, parameters: {{by: 2}}, PROGRAM}}
  relay: {{use: {NODES}/libtest_relay.so, on: /numbers, remap: {{in: /numbers, out: /relayed}}}}
realtime: off
"""


def rtctl(*words, code=0):
    result = subprocess.run([RTCTL, *words], capture_output=True, text=True, timeout=30)
    assert result.returncode == code, f"{words}: {result.returncode} {result.stdout} {result.stderr}"
    return result.stdout + result.stderr


def messages(topic):
    result = subprocess.run([RTCTL, "topic", "info", topic, "--json"], capture_output=True, text=True, timeout=30)
    return sum(one["messages"] for one in json.loads(result.stdout)["publishers"]) if result.returncode == 0 else 0


class Programs(unittest.TestCase):
    def start(self, text=PIPELINE, settings="hang_after: 2s", *words):
        file = Path("/tmp/programs.launch.yaml")
        file.write_text(text.replace("PROGRAM}", settings + "}"))
        self.output = Path("/tmp/programs.out")
        with self.output.open("w") as output:
            self.launch = subprocess.Popen([RTCTL, "launch", str(file), "--json", *words], stdout=output, stderr=subprocess.STDOUT)
        self.addCleanup(self.end)
        wait_until(lambda: messages("/relayed") > 10, f"the pipeline {self.output.read_text()}")

    def end(self):
        if self.launch.poll() is None:
            self.launch.send_signal(signal.SIGINT)
        return self.launch.wait(timeout=30)

    def processes(self):
        (one,) = json.loads(rtctl("ps", "--json"))
        return {process["name"]: process for process in one["processes"]}

    def test_it_is_a_node_like_any_other_in_a_process_of_its_own(self):
        self.start()
        self.assertEqual({name: [node["name"] for node in process["nodes"]] for name, process in self.processes().items()},
                         {"counter": ["/counter"], "main": ["/relay"]})
        pid = self.processes()["counter"]["pid"]
        self.assertEqual(os.readlink(f"/proc/{pid}/exe"), str(PROGRAM))
        said = rtctl("topic", "echo", "/relayed", "--count", "1", "--json")
        value = json.loads(said.splitlines()[0])
        self.assertGreater(value.get("data", value.get("message", {}).get("data", 0)), 1000, "what its main() did counts, and its remap")
        self.assertEqual([one["process"] for one in json.loads(rtctl("node", "list", "--json")) if one["name"] == "/counter"], ["counter"])
        wait_until(lambda: "counts from 1000" in rtctl("log", "tail", "/counter"), "its log")
        rtctl("node", "restart", "counter")
        rtctl("node", "pause", "counter")
        rtctl("node", "resume", "counter")
        self.assertIn("it is a program", rtctl("node", "reload", "counter", "--library", str(NODES / "libtest_relay.so"), code=1))
        self.assertEqual(self.end(), 0)

    def test_it_is_started_again_by_its_policy(self):
        self.start(settings="parameters: {crash_at: 100}", text=PIPELINE.replace("parameters: {by: 2}, ", ""))
        wait_until(lambda: "was killed by SIGSEGV while /counter was in step() (cycle 100)" in self.output.read_text(), "its end")
        wait_until(lambda: "process 'counter'" in self.output.read_text() and "runs again" in self.output.read_text(), "its return")
        before = messages("/relayed")
        wait_until(lambda: messages("/relayed") > before + 10, "more")
        self.assertEqual(self.end(), 0)

    def test_every_placement_leaves_it_its_process(self):
        for isolation in ("none", "node"):
            with self.subTest(isolation):
                self.start(PIPELINE, "hang_after: 2s", "--isolate", isolation)
                self.assertEqual(len(self.processes()), 2)
                self.end()

    def test_it_is_described_and_runs_by_hand(self):
        self.assertIn("counted in steps of", rtctl("node", "describe", str(PROGRAM)))
        with subprocess.Popen([PROGRAM, "number:=/by_hand", "by:=3", "--every", "5ms"]) as program:
            wait_until(lambda: messages("/by_hand") > 5, "its numbers")
            program.send_signal(signal.SIGINT)
            self.assertEqual(program.wait(timeout=20), 0)
        refused = subprocess.run([PROGRAM, "bye:=3", "--every", "5ms"], capture_output=True, text=True, timeout=20)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("has no 'bye'; did you mean 'by'?", refused.stderr)


if __name__ == "__main__":
    unittest.main()
