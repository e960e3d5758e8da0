#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Cases of dying parts and missing resources that no other test has; the table in docs/design/supervision.md names all of them.
Run through tests/support/in_namespace.sh, as root."""
import json
import os
import resource
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from launched import RTCTL, json_of, messages  # noqa: E402  pylint: disable=wrong-import-position
from waiting import wait_until  # noqa: E402  pylint: disable=wrong-import-position

NODES = os.environ["TACTUS_TEST_NODES"]
WALL_CLOCK = os.environ["TACTUS_TEST_WALL_CLOCK"]
os.environ["HOME"] = "/tmp"  # for the logs

PIPELINE = f"""
executors: {{work: {{}}}}
nodes:
  ticker: {{use: {NODES}/libtest_ticker.so, every: 5ms, remap: {{number: /ticks}}}}
  relay: {{use: {NODES}/libtest_relay.so, on: /ticks, remap: {{in: /ticks, out: /relayed}}}}
  other: {{use: {NODES}/libtest_relay.so, executor: work, on: /ticks, remap: {{in: /ticks, out: /told}}}}
processes: {{apart: [work]}}
realtime: off
"""


class Faults(unittest.TestCase):
    def start(self, name="first", text=PIPELINE, **options):
        file = Path(f"/tmp/{name}.launch.yaml")
        file.write_text(text)
        output = Path(f"/tmp/{name}.out")
        with output.open("w") as out:
            launch = subprocess.Popen([RTCTL, "launch", str(file), "--json"], stdout=out, stderr=subprocess.STDOUT, **options)
        launch.said = output.read_text
        self.addCleanup(self.end, launch)
        return launch

    @staticmethod
    def end(launch):
        if launch.poll() is None:
            launch.send_signal(signal.SIGINT)
        return launch.wait(timeout=30)

    def summary(self, launch):
        self.assertEqual(self.end(launch), 0, launch.said())
        events = [json.loads(line) for line in launch.said().splitlines() if line.startswith("{")]
        return next(event for event in events if event["event"] == "summary")

    def goes_on(self, topic):
        before = messages(topic)
        wait_until(lambda: messages(topic) > before + 10, f"more of {topic}")

    def test_the_wall_clock_jumps_and_nobody_notices(self):
        environment = {**os.environ, "LD_PRELOAD": WALL_CLOCK}
        launch = self.start(env=environment)
        wait_until(lambda: messages("/relayed") > 20, f"the pipeline {launch.said()}")
        for hours in ("1", "-1", "0"):
            Path("/tmp/wall_clock").write_text(hours)
            self.goes_on("/relayed")
            time.sleep(0.3)
        summary = self.summary(launch)
        self.assertNotIn("hangs", launch.said())
        self.assertEqual([process["restarts"] for process in summary["processes"]], [0, 0])
        self.assertEqual([node["faults"] for node in summary["nodes"]], [0, 0, 0])

    def test_too_many_files_are_one_sentence_and_the_others_go_on(self):
        first = self.start()
        wait_until(lambda: messages("/relayed") > 20, f"the pipeline {first.said()}")
        text = PIPELINE.replace("/ticks", "/t").replace("/relayed", "/r").replace("/told", "/h")
        for one in ("ticker", "relay", "other"):
            text = text.replace(f"  {one}:", f"  second_{one}:")
        second = self.start("second", text, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (14, 14)))
        self.assertIn(second.wait(timeout=30), (1, 2), second.said())
        self.assertIn("too many open files: at most 14 are allowed here (ulimit -n)", second.said())
        self.goes_on("/relayed")
        self.assertEqual(self.end(first), 0, first.said())

    def test_a_full_disk_costs_the_log_and_nothing_else(self):
        Path("/tmp/full").mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", "/tmp/full"], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", "/tmp/full"])
        with open("/tmp/full/filling", "wb", buffering=0) as file, self.assertRaises(OSError):
            while True:
                file.write(bytes(4096))
        text = PIPELINE.replace("  other:", f"  talker: {{use: {NODES}/test_own_main, every: 5ms, remap: {{number: /spoken}}}}\n  other:")
        launch = self.start(text=text, env={**os.environ, "XDG_STATE_HOME": "/tmp/full"})
        self.goes_on("/relayed")
        self.assertEqual(self.end(launch), 0, launch.said())
        self.assertIn("No space left on device", launch.said())


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("skipped: needs root in its namespace")
        sys.exit(77)
    unittest.main(verbosity=2)
