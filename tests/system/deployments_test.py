#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One pipeline in three deployments: one main loop, a thread per executor, a process per group. Only the lines that say where
nodes run differ; what is estimated from the same recording has the same bytes. Run through tests/support/in_namespace.sh."""
import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from asl_recording import write_recording  # noqa: E402

RTCTL = os.environ["RTCTL"]
WRITER = os.environ["TACTUS_BYTES_WRITER"]
RECORDED = Path(os.environ.get("TACTUS_TEST_DATA", "/nowhere")) / "euroc/MH_01_easy_a"
SECONDS = 4
NODES = """
nodes:
  player: {{use: euroc_player, self_looping: true, ends_launch: true, parameters: {{dataset: "{dataset}"}}, remap: {{imu: /imu, ground_truth: /truth}}}}
  integrator:
    use: imu_integrator
    executor: {estimation}
    on_all: [imu, correction]
    tolerance: 2ms
    inputs: {{imu: {{depth: 256}}, correction: {{depth: 256}}}}
    remap: {{imu: /imu, correction: /truth, odometry: /odometry}}
  writer: {{use: "{writer}", executor: {output}, on: in, parameters: {{file: "{file}"}}, remap: {{in: /odometry}}}}
"""
EXECUTORS = "executors: {estimation: {policy: fifo, priority: 80}, output: {policy: fifo, priority: 70}}\n"
DEPLOYMENTS = {
    "one main loop": ("", "main", "main"),
    "a thread per executor": (EXECUTORS, "estimation", "output"),
    "a process per group": (EXECUTORS + "processes: {sensors: [player], estimation: [estimation], output: [output]}\n",
                            "estimation", "output"),
}


def run(name, dataset):
    """The lines that the pipeline wrote."""
    head, estimation, output = DEPLOYMENTS[name]
    launch, written = Path("/tmp/deployed.launch.yaml"), Path("/tmp/written.txt")
    written.unlink(missing_ok=True)
    launch.write_text(head + NODES.format(dataset=dataset, writer=WRITER, file=written, estimation=estimation, output=output))
    result = subprocess.run([RTCTL, "launch", launch, "--duration", str(SECONDS), "--json"], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    return written.read_text().splitlines()


class Deployments(unittest.TestCase):
    def check(self, dataset):
        written = {name: run(name, dataset) for name in DEPLOYMENTS}
        counts = {name: len(lines) for name, lines in written.items()}
        self.assertGreater(min(counts.values()), 150, counts)
        # The launch ends while the last messages are under way: all that were written are compared.
        least = min(counts.values())
        first = written.pop("one main loop")
        for name, lines in written.items():
            for number, (one, other) in enumerate(zip(first[:least], lines[:least])):
                self.assertEqual(one, other, f"message {number} of {name}")

    def test_a_synthetic_recording(self):
        write_recording("/tmp/made", seconds=2)
        self.check("/tmp/made")

    def test_a_recording(self):
        if not RECORDED.is_dir():
            self.skipTest(f"no recording at {RECORDED} (set TACTUS_TEST_DATA)")
        self.check(RECORDED)


if __name__ == "__main__":
    unittest.main()
