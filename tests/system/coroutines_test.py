#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""1,000 coroutine nodes on one executor, live and on virtual time. Run: in_namespace.sh coroutines_test.py RTCTL NODE_LIBRARY"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

RTCTL, LIBRARY = sys.argv[1:3]
NODES = 1000


class Coroutines(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(dir="/var/tmp")))

    def launch(self, clock):
        file = self.folder / "many.launch.yaml"
        nodes = [f"  n{i}: {{use: {LIBRARY}, executor: one, parameters: {{period_ms: 100}}}}" for i in range(NODES)]
        file.write_text("\n".join([f"clock: {clock}", "executors: {one: {}}", "nodes:", *nodes, ""]))
        done = subprocess.run([RTCTL, "launch", file, "--duration", "2", "--json"], capture_output=True, text=True, timeout=150)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-2000:])
        summary = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual(summary["event"], "summary")
        return summary

    def test_all_of_them_wake_again_and_again(self):
        nodes = self.launch("live")["nodes"]
        self.assertEqual(len(nodes), NODES)
        self.assertEqual(sum(node["faults"] for node in nodes), 0)
        self.assertGreaterEqual(min(node["runs"] for node in nodes), 2)

    def test_on_virtual_time_each_of_them_wakes_exactly_when_it_says(self):
        nodes = self.launch("simulated")["nodes"]
        # Begins and waits for an instant that is there, at 0; then for 100 ms, ... 1900 ms.
        self.assertEqual({node["runs"] for node in nodes}, {2 + 19})


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
