#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A host that runs takes no page fault, allocates nothing and makes a known number of system calls per cycle: counted in its
threads and from outside, of a pipeline with an executor that ticks and one that is rung. Run through tests/support/in_namespace.sh, as root."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from realtime import skip_without_realtime  # noqa: E402
from waiting import wait_until  # noqa: E402

RTCTL = os.environ["RTCTL"]
NODES = os.environ["TACTUS_TEST_NODES"]
FILE = Path("/tmp/steady.launch.yaml")
FILE.write_text(f"""
realtime: required
external: [/none]
executors:
  ticks: {{policy: fifo, priority: 60}}
  rung:  {{policy: fifo, priority: 50}}
nodes:
  headset:    {{use: synthetic_headset, executor: ticks, every: 200Hz, remap: {{imu: /imu, ground_truth: /truth}}}}
  stand_in:   {{use: pose_stand_in, executor: rung, every: 10Hz, remap: {{ground_truth: /truth, correction: /correction}}}}
  integrator: {{use: imu_integrator, executor: rung, on: imu, remap: {{imu: /imu, correction: /correction, odometry: /odometry}}}}
  predictor:  {{use: pose_predictor, executor: rung, on: odometry, remap: {{odometry: /odometry}}}}
  # Each counts what its executor's thread does from one of its calls to the next.
  in_ticks:   {{use: {NODES}/libtest_fault_counter.so, executor: ticks, every: 10ms, remap: {{in: /none, out: /ticks_counted}}}}
  in_rung:    {{use: {NODES}/libtest_fault_counter.so, executor: rung, every: 10ms, remap: {{in: /none, out: /rung_counted}}}}
""")
ALLOCATING = ("brk", "mmap", "munmap", "mremap", "madvise", "mprotect")


def runs(node):
    return json.loads(subprocess.run([RTCTL, "node", "info", node, "--json"], capture_output=True, text=True, check=True).stdout)["runs"]


class SteadyState(unittest.TestCase):
    def setUp(self):
        preloaded = {**os.environ, "LD_PRELOAD": f"{NODES}/libtest_allocations.so"}
        self.launch = subprocess.Popen([RTCTL, "launch", FILE], env=preloaded, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end)
        wait_until(lambda: "/odometry" in subprocess.run([RTCTL, "topic", "list", "--names"], capture_output=True,
                                                         text=True).stdout.split(), "the launch", 20)
        wait_until(lambda: runs("/predictor") > 100, "the first cycles", 20)
        host = subprocess.run(["pgrep", "-x", "tactus-host"], capture_output=True, text=True, check=True).stdout.split()[0]
        self.threads = {}
        for thread in Path(f"/proc/{host}/task").iterdir():
            self.threads[(thread / "comm").read_text().strip()] = thread

    def end(self):
        self.launch.send_signal(signal.SIGINT)
        self.launch.communicate(timeout=30)

    @staticmethod
    def faults(thread):
        fields = (thread / "stat").read_text().rpartition(")")[2].split()
        return int(fields[7]) + int(fields[9])  # minor and major

    def test_no_page_fault(self):
        threads = [self.threads["ticks"], self.threads["rung"]]
        before, cycles = [self.faults(thread) for thread in threads], runs("/predictor")
        wait_until(lambda: runs("/predictor") > cycles + 600, "600 cycles", 60)
        self.assertEqual([self.faults(thread) for thread in threads], before)

    def test_no_heap_allocation(self):
        for node in ("/in_ticks", "/in_rung"):
            wait_until(lambda: self.allocations(node)["count"] > 300, f"300 calls of {node}", 60)
            self.assertEqual(self.allocations(node)["max"], 0, node)

    @staticmethod
    def allocations(node):
        """What its executor's thread allocated between two of its calls."""
        info = json.loads(subprocess.run([RTCTL, "node", "info", node, "--json"], capture_output=True, text=True, check=True).stdout)
        return next(metric for metric in info["metrics"] if metric["name"] == "allocations")

    def test_system_calls_per_cycle(self):
        """A tick: one wait, and one call to wake who sleeps. Who is rung: one wait. Strangers wake it now and then."""
        if shutil.which("strace") is None:
            self.skipTest("no strace here")
        for name, node, most in (("ticks", "/headset", 2), ("rung", "/integrator", 1)):
            before = runs(node)
            strace = subprocess.Popen(["strace", "-c", "-p", self.threads[name].name], stderr=subprocess.PIPE, text=True)
            time.sleep(3)
            strace.send_signal(signal.SIGINT)
            table = strace.communicate(timeout=20)[1]
            cycles = runs(node) - before
            calls = {match[2]: int(match[1]) for match in re.finditer(r"^ *[\d.]+ +[\d.]+ +\d+ +(\d+)(?: +\d+)? +(\w+)$", table, re.M)}
            calls.pop("total", None)
            calls.pop("getrusage", None)  # of the nodes that count
            self.assertGreater(cycles, 100)
            self.assertLessEqual(set(calls), {"futex", "restart_syscall"}, table)
            self.assertLessEqual(calls["futex"], (most + 0.1) * cycles + 40, (name, cycles, table))
            self.assertFalse(set(calls) & set(ALLOCATING), table)


if __name__ == "__main__":
    skip_without_realtime()
    unittest.main()
