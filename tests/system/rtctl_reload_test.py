#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""rtctl node reload on a launch that runs. Run through tests/support/in_namespace.sh."""
import json
import os
import re
import signal
import struct
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from launched import RTCTL, json_of, messages  # noqa: E402  pylint: disable=wrong-import-position
from waiting import wait_until  # noqa: E402  pylint: disable=wrong-import-position

NODES = Path(os.environ["TACTUS_TEST_NODES"])
os.environ["HOME"] = "/tmp"  # for the logs

PIPELINE = f"""
executors: {{work: {{}}}}
nodes:
  ticker: {{use: {NODES}/libtest_ticker.so, every: 5ms, remap: {{number: /ticks}}}}
  swapped: {{use: {NODES}/libtest_swap_one.so, executor: work, on: /ticks, remap: {{in: /ticks, out: /relayed}}}}
  neighbour: {{use: {NODES}/libtest_ticker.so, executor: work, every: 5ms, remap: {{number: /beside}}}}
  gapless: {{use: {NODES}/libtest_gapless.so, on: /relayed, remap: {{in: /relayed}}}}
processes: {{other: [work]}}
realtime: off
"""


def library(build):
    return NODES / f"libtest_swap_{build}.so"


class Reload(unittest.TestCase):
    def setUp(self):
        file = Path("/tmp/reload.launch.yaml")
        file.write_text(PIPELINE)
        self.output = open("/tmp/reload.json", "w+", encoding="utf-8")
        self.addCleanup(self.output.close)
        self.launch = subprocess.Popen([RTCTL, "launch", str(file), "--json"], stdout=self.output,
                                       stderr=subprocess.STDOUT, text=True)
        self.addCleanup(self.end)
        wait_until(lambda: messages("/relayed") > 10, "the pipeline")

    def end(self):
        if self.launch.poll() is None:
            self.launch.send_signal(signal.SIGINT)
            self.launch.wait(timeout=30)

    def summary(self):
        self.end()
        lines = Path("/tmp/reload.json").read_text().splitlines()
        return next(event for event in map(json.loads, [line for line in lines if line.startswith("{")])
                    if event["event"] == "summary")

    def reload(self, build, *words, code=0):
        path = build if isinstance(build, Path) else library(build)
        result = subprocess.run([RTCTL, "node", "reload", "swapped", "--library", str(path), *words],
                                capture_output=True, text=True, timeout=30)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return result.stdout + result.stderr

    def goes_on(self):
        before = messages("/relayed")
        wait_until(lambda: messages("/relayed") > before + 10, "more of /relayed")

    def metrics(self, summary, node):
        return {metric["name"]: metric for entry in summary["nodes"] if entry["name"] == node for metric in entry["metrics"]}

    def test_no_message_is_lost_and_the_neighbours_are_called(self):
        for i in range(20):
            said = self.reload("two" if i % 2 == 0 else "one")
            self.assertRegex(said, r"/swapped: build \w{8} in place of \w{8}: loaded in [\d.]+ ms, its thread was held for [\d.]+ ms, "
                                   r"8 bytes of state handed over \(version [12]\)")
        self.goes_on()
        summary = self.summary()
        topics = {topic["name"]: topic for topic in summary["topics"]}
        self.assertNotIn("gaps", {name for name, metric in self.metrics(summary, "/gapless").items() if metric["count"] > 0})
        self.assertEqual(topics["/relayed"]["dropped"] + topics["/ticks"]["dropped"], 0)
        # All goes on while it is read.
        self.assertAlmostEqual(self.metrics(summary, "/swapped")["handled"]["max"], topics["/relayed"]["messages"], delta=2,
                               msg="the count goes over from build to build")
        self.assertEqual([node["faults"] for node in summary["nodes"]], [0, 0, 0, 0])

    def test_what_cannot_take_its_place_leaves_it_running(self):
        foreign = Path("/tmp/libforeign.so")
        text = library("two").read_bytes()
        note = text.index(b"Tactus\0\0") + 8
        foreign.write_bytes(text[:note] + struct.pack("<I", 99) + text[note + 4:])
        for build, why in {"constructor_crashes": "was killed by SIGSEGV", "constructor_hangs": "did not return within 2000 ms",
                           "constructor_throws": "does not like it here", "missing_symbol": "undefined symbol",
                           "other_type": "'out' is std_msgs/msg/UInt32", "restore_throws": "restore() threw: cannot read version 1",
                           "start_throws": "no camera is there", "unique": "unique symbols",
                           foreign: "built for node interface 99.0", Path("/tmp/none.so"): "no such file"}.items():
            with self.subTest(build):
                said = self.reload(build, code=1)
                self.assertIn("node /swapped goes on as it was: ", said)
                self.assertIn(why, said)
        self.assertIn("no parameter 'ad'; did you mean 'add'?", self.reload("two", "--param", "ad=3", code=1))
        self.assertIn("write NAME=VALUE", self.reload("two", "--param", "add", code=2))
        self.goes_on()
        summary = self.summary()
        self.assertEqual(self.metrics(summary, "/swapped")["version"]["max"], 1)
        self.assertEqual([one["restarts"] for one in summary["processes"]], [0, 0])

    def test_a_process_that_is_started_again_has_the_new_build(self):
        self.reload("two", "--param", "add=7")
        (one,) = json_of("ps")
        pid = next(process["pid"] for process in one["processes"] if process["name"] == "other")
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: "runs again" in Path("/tmp/reload.json").read_text(), "the restart")
        self.goes_on()
        said = Path("/tmp/reload.json").read_text()
        self.assertTrue(re.search(r"node /swapped was replaced by \S+libtest_swap_two.so", said), said)
        self.assertIn("it runs this build already", self.reload("two", code=1))


if __name__ == "__main__":
    unittest.main()
