#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The XR pipeline on virtual time, twice: the same bytes. Run: in_namespace.sh simulated_test.py RTCTL LAUNCH_FOLDER"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

RTCTL, LAUNCH = sys.argv[1], pathlib.Path(sys.argv[2])
RECORDING = pathlib.Path(os.environ.get("TACTUS_TEST_DATA", "nowhere")) / "euroc"


class Simulated(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(dir="/var/tmp")))

    def rtctl(self, *arguments, code=0):
        done = subprocess.run([RTCTL, *map(str, arguments)], capture_output=True, text=True, timeout=200)
        self.assertEqual(done.returncode, code, done.stdout[-2000:] + done.stderr[-4000:])
        return done

    def run_once(self, file, *arguments):
        done = self.rtctl("launch", LAUNCH / file, "simulated:=true", f"frames:={self.folder}", *arguments, "--json")
        summary = json.loads(done.stdout.splitlines()[-1])
        real = summary["simulation"]["real_s"]
        print(f"{file}: {summary['elapsed_s']:.1f} s of virtual time in {real:.1f} s, {summary['simulation']['end']}")
        return summary

    def same_bytes_twice(self, file, *arguments):
        first, second = (self.run_once(file, *arguments) for _ in range(2))
        digests = [{topic["name"]: (topic["messages"], topic["digest"]) for topic in run["topics"]} for run in (first, second)]
        self.assertEqual(digests[0], digests[1])
        self.assertTrue(all(messages > 0 for messages, _ in digests[0].values()), digests[0])
        self.assertEqual(first["elapsed_s"], second["elapsed_s"])
        return {topic["name"]: topic for topic in first["topics"]}

    def test_synthetic_sensors(self):
        topics = self.same_bytes_twice("xr_demo.launch.yaml", "--duration", "2")
        self.assertEqual(topics["/imu"]["messages"], 399)  # every 5 ms of (0 s, 2 s)
        self.assertEqual(topics["/display/frame"]["dropped"], 0)

    def test_a_recording(self):
        recordings = sorted(path for path in RECORDING.glob("*") if (path / "mav0").exists()) if RECORDING.exists() else []
        if not recordings and (RECORDING / "mav0").exists():
            recordings = [RECORDING]
        if not recordings:
            self.skipTest("no recording: TACTUS_TEST_DATA names none")
        self.same_bytes_twice("xr_euroc.launch.yaml", f"dataset:={recordings[0]}", "--duration", "3")

    def test_what_is_not_possible_is_said(self):
        file = self.folder / "network.launch.yaml"
        file.write_text("clock: simulated\nnetwork: {}\nnodes:\n  headset: {use: synthetic_headset, every: 200Hz}\n")
        self.assertIn("clock: simulated has no network", self.rtctl("launch", file, code=2).stderr)
        said = self.rtctl("launch", LAUNCH / "xr_demo.launch.yaml", "simulated:=true", "--processes", "vision", code=2).stderr
        self.assertIn("runs on simulated time, in one process", said)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
