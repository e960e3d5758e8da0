#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""rtctl launch with real nodes. Run through tests/support/in_namespace.sh."""
import json
import os
import pty
import re
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

RTCTL = os.environ["RTCTL"]
PIPELINE = """
nodes:
  headset: {use: synthetic_headset, executor: main, every: 200Hz, remap: {imu: /imu, ground_truth: /truth}}
executors:
  main: {policy: other}
realtime: off
"""


def rtctl(*words):
    return subprocess.run([RTCTL, *words], capture_output=True, text=True, timeout=30)


def graph_of(noun):
    result = rtctl(noun, "list", "--json")
    return json.loads(result.stdout) if result.returncode == 0 else []


class Launch(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = str(Path(folder.name) / "one.launch.yaml")
        Path(self.file).write_text(PIPELINE)

    def start(self, *words, **options):
        process = subprocess.Popen([RTCTL, "launch", self.file, *words], text=True,
                                   **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options})
        limit = time.monotonic() + 15
        while not any(node["state"] == "running" for node in graph_of("node")):
            self.assertLess(time.monotonic(), limit, "the node did not start")
            time.sleep(0.05)
        return process

    def tearDown(self):
        self.assertEqual(subprocess.run(["pgrep", "-x", "tactus-host"]).returncode, 1, "a host was left behind")

    def test_dry_run_and_check_start_nothing(self):
        plan = rtctl("launch", self.file, "--dry-run")
        self.assertEqual(plan.returncode, 0)
        self.assertIn("/imu: sensor_msgs/msg/Imu", plan.stdout)
        self.assertIn("no errors; nodes: 1, processes: 1", rtctl("launch", self.file, "--check").stdout)

    def test_runs_for_its_duration_and_prints_the_table(self):
        result = rtctl("launch", self.file, "--duration", "2", "--expect", "/imu:180Hz..220Hz")
        self.assertEqual(result.returncode, 0, result)
        self.assertRegex(result.stdout, r"/imu +sensor_msgs/msg/Imu +(1[89]|2[01])\d\.\d Hz")
        self.assertRegex(result.stdout, r"/headset +\S+ +running")
        self.assertTrue(result.stdout.endswith("\nok\n"))

    def test_an_expectation_that_does_not_hold_is_the_reason_to_fail(self):
        result = rtctl("launch", self.file, "--duration", "1", "--expect", "/imu:10Hz..20Hz")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"rtctl: /imu ran at \d+\.\d Hz, expected were 10 to 20 Hz")

    def test_an_expectation_of_a_topic_that_nobody_publishes_is_refused_at_once(self):
        result = rtctl("launch", self.file, "--expect", "/imuu:10Hz..20Hz")
        self.assertEqual(result.returncode, 2)
        self.assertIn("did you mean '/imu'?", result.stderr)

    def test_ctrl_c_stops_cleanly_and_prints_the_table(self):
        process = self.start()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=15)
        self.assertEqual(process.returncode, 0, err)
        self.assertIn("/headset", out)
        self.assertTrue(out.endswith("\nok\n"))

    def test_a_killed_process_is_named(self):
        process = self.start()
        pid = graph_of("node")[0]["pid"]
        os.kill(pid, signal.SIGKILL)
        out, err = process.communicate(timeout=15)
        self.assertEqual(process.returncode, 1)
        self.assertRegex(err, rf"rtctl: process '\w+' \(PID {pid}\) was killed by SIGKILL")
        self.assertRegex(out, r"/headset +\S+ +dead")

    def test_the_others_read_while_it_runs(self):
        process = self.start()
        self.assertIn("sensor_msgs/msg/Imu", rtctl("topic", "list").stdout)
        self.assertIn("linear_acceleration:", rtctl("topic", "echo", "/imu", "--once", "--timeout", "5").stdout)
        self.assertIn("/imu", rtctl("node", "info", "/headset").stdout)
        (rate,) = json.loads(rtctl("topic", "hz", "/imu", "--count", "1", "--json").stdout)
        self.assertAlmostEqual(rate["hz"], 200, delta=20)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=15)
        self.assertEqual(process.returncode, 0)

    def test_on_a_terminal_the_view_is_drawn_in_place(self):
        main, side = pty.openpty()
        process = self.start("--duration", "2", stdout=side, stderr=side)
        os.close(side)
        text = b""
        try:
            while part := os.read(main, 4096):
                text += part
        except OSError:  # the other side is closed
            pass
        os.close(main)
        self.assertEqual(process.wait(timeout=15), 0, text)
        self.assertGreaterEqual(len(re.findall(rb"\x1b\[\d+F\x1b\[J", text)), 2)

    def test_describe(self):
        node = json.loads(rtctl("node", "describe", "synthetic_headset", "--json").stdout)
        self.assertIn("imu", [port["name"] for port in node["ports"]])
        result = rtctl("node", "describe", "synthetic_headse")
        self.assertEqual(result.returncode, 1)
        self.assertIn("synthetic_headset", result.stderr)


if __name__ == "__main__":
    unittest.main()
