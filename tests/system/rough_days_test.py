#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A machine that is not as it should be: full or read-only folders, leftovers, other users, stopped readers, signals.
Run through tests/support/in_namespace.sh, as root."""
import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from waiting import wait_until  # noqa: E402

RTCTL = os.environ["RTCTL"]
PROGRAMS = Path(RTCTL).resolve().parent
LAUNCH = Path(__file__).resolve().parents[2] / "launch/head_tracking.launch.yaml"
NOBODY, SOMEBODY = 65534, 12345
MS_REMOUNT, MS_RDONLY = 32, 1
libc = ctypes.CDLL(None, use_errno=True)


def rtctl(*words, user=None, timeout=20):
    return subprocess.run([RTCTL, *map(str, words)], capture_output=True, text=True, timeout=timeout, user=user,
                          group=user, extra_groups=None if user is None else [])


def start(*words, user=None):
    return subprocess.Popen([RTCTL, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, user=user,
                            group=user, extra_groups=None if user is None else [])


def pids(name):
    """Of the running processes of that name, zombies left out."""
    listing = subprocess.run(["ps", "-eo", "pid=,stat=,comm="], capture_output=True, text=True).stdout
    lines = (line.split() for line in listing.splitlines())
    return [int(pid) for pid, state, command in lines if command.startswith(name[:15]) and not state.startswith("Z")]


def remount(folder, *options):
    subprocess.run(["mount", "-o", "remount," + ",".join(options), folder], check=True)


class RoughDay(unittest.TestCase):
    def setUp(self):
        self.addCleanup(self.end_everything)

    def end_everything(self):
        for name in ("rtctl", "tactus-host", "tactus-broker"):
            for pid in pids(name):
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not pids("rtctl") and not pids("tactus"), "the end of all processes", 20)
        for folder in ("/tmp", "/dev/shm"):
            for entry in os.listdir(folder):
                path = Path(folder) / entry
                if not path.is_dir():
                    path.unlink()

    def refused(self, *needed):
        """A launch is refused at once, with a text that says what is needed; nothing of it is left."""
        begin = time.monotonic()
        result = rtctl("launch", LAUNCH, "--duration", "1")
        self.assertLess(time.monotonic() - begin, 12)
        self.assertIn(result.returncode, (1, 2), result.stderr)
        for text in needed:
            self.assertIn(text, result.stderr)
        wait_until(lambda: not pids("tactus"), "the end of what was started", 20)

    def runs(self):
        result = rtctl("launch", LAUNCH, "--duration", "2", "--json")
        summary = json.loads(result.stdout.splitlines()[-1])
        messages = {topic["name"]: topic["messages"] for topic in summary["topics"]}
        self.assertGreater(messages["/head/pose"], 20, result.stderr)

    # ---- folders -------------------------------------------------------------------------------------------------------

    def test_a_read_only_tmp_is_said(self):
        remount("/tmp", "ro")
        self.addCleanup(remount, "/tmp", "rw")
        self.refused("/tmp", "Read-only file system")

    def test_a_full_tmp_is_no_harm(self):
        """Sockets need no room, the rest is said."""
        remount("/tmp", "size=64k")
        self.addCleanup(remount, "/tmp", "size=1g")
        with open("/tmp/filling", "wb", buffering=0) as file, self.assertRaises(OSError):
            while True:
                file.write(bytes(4096))
        result = rtctl("launch", LAUNCH, "--duration", "1")
        if result.returncode != 0:
            self.assertIn("No space left on device", result.stderr)
            self.assertIn("/tmp", result.stderr)

    def test_a_small_shared_memory_is_said_with_numbers(self):
        remount("/dev/shm", "size=16m")
        self.addCleanup(remount, "/dev/shm", "size=2g")
        self.refused("/dev/shm")

    def test_what_a_power_cut_leaves_is_cleaned_up(self):
        launch = start("launch", LAUNCH)
        wait_until(lambda: "/head/pose" in rtctl("topic", "list", "--names").stdout.split(), "the launch", 20)
        for name in ("rtctl", "tactus-host", "tactus-broker"):
            for pid in pids(name):
                os.kill(pid, signal.SIGKILL)
        launch.communicate()
        wait_until(lambda: not pids("tactus"), "the end of all processes", 20)
        self.assertNotEqual(os.listdir("/dev/shm"), [], "a power cut leaves segments")
        self.runs()
        wait_until(lambda: not pids("tactus"), "the end of the broker", 20)
        self.assertEqual(os.listdir("/dev/shm"), [])

    # ---- other users ---------------------------------------------------------------------------------------------------

    def test_the_broker_of_another_user_is_named(self):
        os.chmod("/tmp", 0o1777)
        publisher = start("topic", "pub", "/theirs", "std_msgs/String", "{data: x}", "--rate", "10", user=NOBODY)
        wait_until(lambda: pids("tactus-broker"), "the broker of nobody", 20)
        time.sleep(0.5)
        result = rtctl("launch", LAUNCH, "--duration", "1", user=SOMEBODY)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(str(pids("tactus-broker")[0]), result.stderr)
        self.assertIn("nobody", result.stderr)
        self.assertLessEqual(len(result.stderr.splitlines()), 3, result.stderr)
        self.assertIsNone(publisher.poll(), "the first one goes on")
        publisher.send_signal(signal.SIGINT)
        publisher.communicate(timeout=10)

    # ---- readers that stop, signals ------------------------------------------------------------------------------------

    def messages(self, topic):
        info = json.loads(rtctl("topic", "info", topic, "--json").stdout)
        return sum(publisher["messages"] for publisher in info["publishers"])

    def test_a_stopped_reader_stops_nobody(self):
        publisher = start("topic", "pub", "/busy", "std_msgs/String", "{data: x}", "--rate", "200")
        wait_until(lambda: "/busy" in rtctl("topic", "list", "--names").stdout.split(), "the publisher", 20)
        reader = start("topic", "echo", "/busy")
        self.assertIn("data: x", reader.stdout.readline())
        reader.send_signal(signal.SIGSTOP)
        before = self.messages("/busy")
        wait_until(lambda: self.messages("/busy") > before + 300, "messages while the reader stands still", 20)
        self.assertIsNone(publisher.poll())
        reader.send_signal(signal.SIGCONT)
        time.sleep(0.2)
        reader.send_signal(signal.SIGINT)
        _, said = reader.communicate(timeout=10)
        self.assertRegex(said, r"\d+ messages came faster than they were printed")
        publisher.send_signal(signal.SIGINT)
        publisher.communicate(timeout=10)

    def test_signals_to_every_thread_change_nothing(self):
        launch = start("launch", LAUNCH, "--json")
        wait_until(lambda: "/head/pose" in rtctl("topic", "list", "--names").stdout.split(), "the launch", 20)
        targets = pids("tactus-host") + pids("tactus-broker")
        self.assertGreaterEqual(len(targets), 2)
        for _ in range(100):
            for pid in targets:
                for thread in os.listdir(f"/proc/{pid}/task"):
                    for number in (signal.SIGCHLD, signal.SIGWINCH, signal.SIGPROF, signal.SIGUSR1, signal.SIGALRM):
                        libc.syscall(234, pid, int(thread), int(number))  # tgkill
        before = self.messages("/head/pose")
        wait_until(lambda: self.messages("/head/pose") > before + 100, "poses afterwards", 20)
        self.assertEqual(pids("tactus-host") + pids("tactus-broker"), targets)
        launch.send_signal(signal.SIGINT)
        out, said = launch.communicate(timeout=20)
        reasons = json.loads(out.splitlines()[-1])["reasons"]
        self.assertEqual([reason for reason in reasons if not re.search(r"ran at|silent", reason)], [], said)


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("skipped: needs root in its namespace")
        sys.exit(77)
    unittest.main(verbosity=2)
