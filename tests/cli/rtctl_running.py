#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""rtctl on a running system. Run through tests/support/in_namespace.sh."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from waiting import wait_until  # noqa: E402

RTCTL = os.environ["RTCTL"]


def rtctl(*words):
    return subprocess.run([RTCTL, *words], capture_output=True, text=True, timeout=20)


class Publisher:
    """`rtctl topic pub` in the background."""

    def __init__(self, *words):
        self.process = subprocess.Popen([RTCTL, "topic", "pub", *words], stdout=subprocess.PIPE, text=True)
        wait_until(lambda: words[0] in rtctl("topic", "list", "--names").stdout.split(), "publisher of " + words[0], 15)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=10)


class NothingRunning(unittest.TestCase):
    def test_readers_say_so_and_start_nothing(self):
        wait_until(lambda: "nothing is running" in rtctl("topic", "list").stderr, "the broker of an earlier test to end", 15)
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

    def test_graph_has_what_the_broker_counts(self):
        def look():
            graph = json.loads(rtctl("graph", "--window", "0", "--json").stdout)
            return graph, next(topic for topic in graph["topics"] if topic["name"] == "/chatter")["publishers"][0]
        first, before = look()
        wait_until(lambda: look()[1]["messages"] > before["messages"], "another message", 15)
        self.assertEqual(first["generation"], look()[0]["generation"])
        info = json.loads(rtctl("topic", "info", "/chatter", "--json").stdout)["publishers"][0]
        self.assertEqual(list(info), list(before))
        pools = first["pools"]
        self.assertEqual([pool["chunk_bytes"] for pool in pools], sorted(pool["chunk_bytes"] for pool in pools))
        self.assertTrue(any(0 < pool["reserved"] <= pool["chunks"] for pool in pools), pools)

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

    def test_closed_and_full_outputs(self):
        for output, code in ((">&-", 0), (">/dev/full", 1)):
            for words in ("topic echo /chatter --once", "topic list", "topic hz --count 1 --window 0.1", "topic info /chatter"):
                result = subprocess.run(f"{RTCTL} {words} {output}", shell=True, capture_output=True, text=True, timeout=20)
                self.assertEqual(result.returncode, code, (words, output, result))
        self.assertIn("/chatter", rtctl("topic", "list").stdout)

    def test_names_that_do_not_exist_are_answered_at_once(self):
        result = rtctl("topic", "echo", "/chater")
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

    @unittest.skipIf(os.environ.get("SANITIZED") or shutil.which("strace") is None, "sanitizers do more; strace is needed")
    def test_list_does_next_to_nothing(self):
        """What makes it instant, whatever the machine is doing: one process, ten libraries, one question to the broker."""
        with tempfile.NamedTemporaryFile("r") as trace:
            subprocess.run(["strace", "-f", "-o", trace.name, RTCTL, "topic", "list"], stdout=subprocess.DEVNULL, check=True, timeout=20)
            calls = re.findall(r"^\d+ +(\w+)\((.*)\) += (-?\w+)", trace.read(), re.M)
        done = [(name, words) for name, words, result in calls if not result.startswith("-")]
        opened = [re.search(r'"(.*?)"', words)[1] for name, words in done if name in ("open", "openat")]
        libraries = {Path(path).name for path in opened}
        self.assertLessEqual(len(opened), 12, opened)
        self.assertTrue(all(".so" in name or name == "null" for name in libraries), libraries)
        for heavy in ("iceoryx", "rtctl_transport", "dds", "opencv", "python"):
            self.assertFalse([name for name in libraries if heavy in name], libraries)
        names = [name for name, _ in done]
        self.assertFalse({"clone", "clone3", "fork", "vfork"} & set(names), names)
        self.assertEqual([words for name, words in done if name == "connect" and "broker" not in words], [])
        self.assertEqual([names.count(name) for name in ("execve", "connect", "sendmsg", "write")], [1, 1, 2, 1])
        self.assertFalse({"nanosleep", "clock_nanosleep", "poll", "ppoll", "select"} & set(names), names)
        self.assertLess(len(calls), 400)

    def test_completion_knows_the_topics(self):
        self.assertIn("/chatter", rtctl("__complete", "topic", "echo", "/ch").stdout.split())


class Stopping(unittest.TestCase):
    def test_echo_with_a_type_waits_for_the_topic(self):
        echo = subprocess.Popen([RTCTL, "topic", "echo", "later", "std_msgs/String", "--once"], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
        wait_until(lambda: "/later" in rtctl("topic", "list", "--names").stdout.split(), "the subscriber", 15)
        with Publisher("/later", "std_msgs/String", "{data: hello}", "--rate", "20"):
            self.assertEqual(echo.communicate(timeout=20), ("data: hello\n---\n", "rtctl: waiting for /later, which nobody publishes\n"))

    def test_echo_times_out(self):
        with Publisher("/rare", "std_msgs/Empty", "--rate", "0.01"):
            result = rtctl("topic", "echo", "/rare", "--count", "5", "--timeout", "300ms")
            self.assertEqual(result.returncode, 1)
            self.assertIn("nothing arrived on /rare within 300ms", result.stderr)
            result = rtctl("topic", "echo", "/rare", "--count", "5", "--timeout", "0.3")
            self.assertIn("nothing arrived on /rare within 0.3 s", result.stderr)

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
            wait_until(lambda: json.loads(rtctl("topic", "info", "/alive", "--json").stdout)["subscribers"] == [], "no subscriber", 15)
            self.assertEqual(rtctl("topic", "echo", "/alive", "--once", "--timeout", "2s").returncode, 0)

    def test_groups_do_not_meet(self):
        with Publisher("/mine", "std_msgs/Empty", "--rate", "50", "--group", "left"):
            result = rtctl("topic", "echo", "/mine", "--once")
            self.assertEqual(result.returncode, 1)
            self.assertIn("add --group left", result.stderr)
            self.assertEqual(rtctl("topic", "echo", "/mine", "--once", "--group", "left").returncode, 0)
            self.assertEqual(rtctl("topic", "list", "--names", "--group", "left").stdout, "/mine\n")
            self.assertEqual(rtctl("topic", "list", "--names", "--group", "").stdout, "")
            for noun in (["topic", "list"], ["node", "list"], ["graph", "--window", "0"]):
                result = rtctl(*noun, "--group", "lfet")
                self.assertEqual((result.returncode, result.stderr), (1, "rtctl: nothing runs in group 'lfet'; did you mean 'left'?\n"))


if __name__ == "__main__":
    unittest.main()
