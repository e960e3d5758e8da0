#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a machine grants a launch and what it denies: each thing denied on its own, with `realtime: preferred` and `required`.
Run through tests/support/in_namespace.sh, as root."""
import json
import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from realtime import skip_without_realtime  # noqa: E402
from waiting import wait_until  # noqa: E402

RTCTL = os.environ["RTCTL"]
FILE = "/tmp/rt.launch.yaml"
NO_PRIORITY = ["prlimit", "--rtprio=0", "setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice"]
NO_LOCKING = ["prlimit", "--memlock=65536", "setpriv", "--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock"]
NO_LATENCY = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"]


def write_launch(mode):
    Path(FILE).write_text(f"realtime: {mode}\nexecutors:\n  head: {{policy: fifo, priority: 50}}\n"
                          "nodes:\n  headset: {use: synthetic_headset, executor: head, every: 200Hz}\n")


def launch(mode, denied):
    write_launch(mode)
    return subprocess.run([*denied, RTCTL, "launch", FILE, "--duration", "1", "--json"], capture_output=True, text=True,
                          timeout=60)


def summary(result):
    return json.loads(result.stdout.splitlines()[-1])


class Realtime(unittest.TestCase):
    def denied(self, denied, where, what, command):
        """Named with its place and the command that grants it, or refused with the same."""
        preferred = launch("preferred", denied)
        self.assertEqual(preferred.returncode, 0, preferred.stderr)
        texts = summary(preferred)["degradations"]
        self.assertEqual([text for text in texts if text.startswith(f"{FILE}:{where}") and what in text and command in text],
                         texts, "this and nothing else is denied")
        self.assertEqual(len(texts), 1, texts)
        required = launch("required", denied)
        self.assertNotEqual(required.returncode, 0)
        said = required.stdout + required.stderr
        for text in (f"{FILE}:{where}", what, command, "realtime: required"):
            self.assertIn(text, said)
        processes = subprocess.run(["ps", "-eo", "comm="], capture_output=True, text=True).stdout.split()
        self.assertNotIn("tactus-host", processes)
        off = launch("off", denied)
        self.assertEqual((off.returncode, summary(off)["degradations"]), (0, []), off.stderr)

    def test_what_is_granted_is_no_degradation(self):
        result = launch("required", [])
        self.assertEqual((result.returncode, summary(result)["degradations"]), (0, []), result.stdout + result.stderr)

    def test_what_is_granted_is_what_top_shows(self):
        write_launch("required")
        running = subprocess.Popen([RTCTL, "launch", FILE], stdout=subprocess.DEVNULL)
        try:
            top = [RTCTL, "top", "--json", "--interval", "100ms"]
            wait_until(lambda: subprocess.run(top, capture_output=True).returncode == 0, "its threads", 20)
            thread = json.loads(subprocess.run(top, capture_output=True, text=True).stdout)["threads"][0]
            self.assertEqual((thread["thread"], thread["policy"]), ("head", "fifo 50"))
            self.assertEqual(os.sched_getscheduler(thread["tid"]) & ~os.SCHED_RESET_ON_FORK, os.SCHED_FIFO)
        finally:
            running.send_signal(signal.SIGINT)
            running.communicate(timeout=30)

    def test_priority(self):
        self.denied(NO_PRIORITY, "3:3: executor 'head': ", "fifo priority 50 was denied", "sudo prlimit --pid $$ --rtprio=50")

    def test_locked_memory(self):
        self.denied(NO_LOCKING, "1:11: process 'main': ", "locking memory", "sudo prlimit --pid $$ --memlock=unlimited")

    def test_cpu_latency(self):
        Path("/tmp/device").touch(mode=0)
        os.chown("/tmp/device", 65534, 65534)
        subprocess.run(["mount", "--bind", "/tmp/device", "/dev/cpu_dma_latency"], check=True)
        self.addCleanup(subprocess.run, ["umount", "/dev/cpu_dma_latency"], check=True)
        self.denied(NO_LATENCY, "1:11: process 'main': ", "/dev/cpu_dma_latency was denied", "sudo chmod o+rw /dev/cpu_dma_latency")

    def test_a_running_degradation_is_in_the_graph_and_told_by_doctor(self):
        write_launch("preferred")
        running = subprocess.Popen([*NO_PRIORITY, RTCTL, "launch", FILE], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            info = [RTCTL, "node", "info", "/headset"]
            wait_until(lambda: "degraded: " in subprocess.run(info, capture_output=True, text=True).stdout, "the degradation", 20)
            text = json.loads(subprocess.run([*info, "--json"], capture_output=True, text=True).stdout)["degradations"][0]
            self.assertIn("fifo priority 50 was denied", text)
            self.assertIn("# denied to what runs now: " + text,
                          subprocess.run([RTCTL, "doctor", "--rt"], capture_output=True, text=True).stdout)
        finally:
            running.send_signal(signal.SIGINT)
            running.communicate(timeout=30)


if __name__ == "__main__":
    skip_without_realtime()
    unittest.main()
