#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""rtctl on a running system. Run through tests/support/in_namespace.sh."""
import json
import os
import signal
import subprocess
import time
import unittest

RTCTL = os.environ["RTCTL"]


def rtctl(*words):
    return subprocess.run([RTCTL, *words], capture_output=True, text=True, timeout=20)


def wait_until(condition, what):
    limit = time.monotonic() + 15
    while not condition():
        if time.monotonic() > limit:
            raise AssertionError("not in time: " + what)
        time.sleep(0.02)


class Publisher:
    """`rtctl topic pub` in the background."""

    def __init__(self, *words):
        self.process = subprocess.Popen([RTCTL, "topic", "pub", *words], stdout=subprocess.PIPE, text=True)
        wait_until(lambda: words[0] in rtctl("topic", "list", "--names").stdout.split(), "publisher of " + words[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=10)


class NothingRunning(unittest.TestCase):
    def test_readers_say_so_and_start_nothing(self):
        wait_until(lambda: "nothing is running" in rtctl("topic", "list").stderr, "the broker of an earlier test to end")
        for words in (["topic", "list"], ["topic", "echo", "/x"], ["topic", "hz"], ["node", "list"], ["node", "info", "x"]):
            result = rtctl(*words)
            self.assertEqual((result.returncode, result.stderr), (1, "rtctl: nothing is running\n"))
        self.assertEqual(subprocess.run(["pgrep", "-x", "tactus-broker"]).returncode, 1)


class Running(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.publisher = Publisher("/chatter", "std_msgs/String", "{data: hello}", "--rate", "100")
        cls.publisher.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.publisher.__exit__()

    def test_list_type_and_info(self):
        self.assertIn("/chatter  std_msgs/msg/String", rtctl("topic", "list").stdout)
        self.assertEqual(rtctl("topic", "type", "chatter").stdout, "std_msgs/msg/String\n")
        topics = {topic["name"]: topic for topic in json.loads(rtctl("topic", "list", "--json").stdout)}
        self.assertEqual(topics["/chatter"]["publishers"], 1)
        info = json.loads(rtctl("topic", "info", "/chatter", "--json").stdout)
        self.assertEqual(info["publishers"][0]["history"], 1)

    def test_echo(self):
        self.assertEqual(rtctl("topic", "echo", "/chatter", "--once").stdout, "data: hello\n---\n")
        self.assertEqual(rtctl("topic", "echo", "/chatter", "--once", "--field", "data").stdout, "hello\n---\n")
        lines = rtctl("topic", "echo", "/chatter", "--count", "3", "--json").stdout.splitlines()
        self.assertEqual([json.loads(line) for line in lines], [{"data": "hello"}] * 3)

    def test_echo_ends_cleanly_when_nobody_reads(self):
        result = subprocess.run(f"{RTCTL} topic echo /chatter | head -n 1; echo ${{PIPESTATUS[0]}}", shell=True,
                                executable="/bin/bash", capture_output=True, text=True, timeout=20)
        self.assertEqual(result.stdout, "data: hello\n0\n")
        self.assertEqual(result.stderr, "")

    def test_names_that_do_not_exist_are_answered_at_once(self):
        begin = time.monotonic()
        result = rtctl("topic", "echo", "/chater")
        self.assertLess(time.monotonic() - begin, 1.0)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, "rtctl: there is no topic '/chater'; did you mean '/chatter'?\n")
        result = rtctl("topic", "echo", "/chatter", "--field", "dta")
        self.assertEqual(result.returncode, 1)
        self.assertIn("data", result.stderr)

    def test_hz_reads_counters_and_adds_no_subscriber(self):
        process = subprocess.Popen([RTCTL, "topic", "hz", "/chatter", "--count", "2", "--window", "1s", "--json"],
                                   stdout=subprocess.PIPE, text=True)
        time.sleep(0.5)
        self.assertEqual(json.loads(rtctl("topic", "info", "/chatter", "--json").stdout)["subscribers"], [])
        for line in process.communicate(timeout=20)[0].splitlines():
            (rate,) = json.loads(line)
            self.assertGreater(rate["hz"], 0)
            self.assertLess(rate["hz"], 200)
            self.assertGreater(rate["bytes_per_second"], rate["hz"])

    @unittest.skipIf(os.environ.get("SANITIZED"), "sanitizers are slow to start")
    def test_list_is_instant(self):
        times = []
        for _ in range(20):
            begin = time.monotonic()
            rtctl("topic", "list")
            times.append(time.monotonic() - begin)
        self.assertLess(sorted(times)[len(times) // 2], 0.020)

    def test_completion_knows_the_topics(self):
        self.assertIn("/chatter", rtctl("__complete", "topic", "echo", "/ch").stdout.split())


class Stopping(unittest.TestCase):
    def test_echo_with_a_type_waits_for_the_topic(self):
        echo = subprocess.Popen([RTCTL, "topic", "echo", "/later", "std_msgs/String", "--once"], stdout=subprocess.PIPE,
                                text=True)
        wait_until(lambda: "/later" in rtctl("topic", "list", "--names").stdout.split(), "the subscriber")
        with Publisher("/later", "std_msgs/String", "{data: hello}", "--rate", "20"):
            self.assertEqual(echo.communicate(timeout=20)[0], "data: hello\n---\n")

    def test_echo_times_out(self):
        with Publisher("/rare", "std_msgs/Empty", "--rate", "0.01"):
            result = rtctl("topic", "echo", "/rare", "--count", "5", "--timeout", "300ms")
            self.assertEqual(result.returncode, 1)
            self.assertIn("nothing arrived on /rare within 300ms", result.stderr)

    def test_ctrl_c_is_a_clean_end(self):
        with Publisher("/steady", "std_msgs/Empty", "--rate", "50"):
            process = subprocess.Popen([RTCTL, "topic", "echo", "/steady"], stdout=subprocess.PIPE, text=True)
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=10)
            self.assertEqual(process.returncode, 0)

    def test_killed_echo_leaves_the_publisher_running(self):
        with Publisher("/alive", "std_msgs/Empty", "--rate", "200"):
            for _ in range(5):
                process = subprocess.Popen([RTCTL, "topic", "echo", "/alive"], stdout=subprocess.PIPE, text=True)
                process.stdout.readline()
                process.kill()
                process.communicate(timeout=10)
            wait_until(lambda: json.loads(rtctl("topic", "info", "/alive", "--json").stdout)["subscribers"] == [], "no subscriber")
            self.assertEqual(rtctl("topic", "echo", "/alive", "--once", "--timeout", "2s").returncode, 0)

    def test_groups_do_not_meet(self):
        with Publisher("/mine", "std_msgs/Empty", "--rate", "50", "--group", "left"):
            result = rtctl("topic", "echo", "/mine", "--once")
            self.assertEqual(result.returncode, 1)
            self.assertIn("add --group left", result.stderr)
            self.assertEqual(rtctl("topic", "echo", "/mine", "--once", "--group", "left").returncode, 0)


if __name__ == "__main__":
    unittest.main()
