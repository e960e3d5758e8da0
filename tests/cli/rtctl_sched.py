#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""rtctl check, sched, top and trace on real launches. Run through tests/support/in_namespace.sh."""
import collections
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/support"))
from waiting import wait_until  # noqa: E402

RTCTL = os.environ["RTCTL"]

# On one thread: /slow publishes /slow/imu and is far over its budget; /late reads it with a deadline it cannot hold.
LATE = """
realtime: off
executors:
  one: {policy: other}
nodes:
  source: {use: synthetic_headset, executor: one, every: 100Hz, budget: 1ns, remap: {imu: /imu}}
  late: {use: imu_integrator, executor: one, on: /imu, deadline: 1ns, remap: {imu: /imu}}
"""


def rtctl(*words):
    return subprocess.run([RTCTL, *words], capture_output=True, text=True, timeout=60)


def write_launch(text):
    file = tempfile.NamedTemporaryFile("w", suffix=".launch.yaml", delete=False)
    file.write(text)
    file.close()
    return file.name


class Launch:
    def __init__(self, text):
        self.file = write_launch(text)

    def __enter__(self):
        self.process = subprocess.Popen([RTCTL, "launch", self.file], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: rtctl("sched", "--json").returncode == 0 and min((node["calls"] for node in running()), default=0) > 50,
                   "calls of the nodes", 30)
        return self.process

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=20)
        os.unlink(self.file)


def running():
    return [node for node in sched()["nodes"] if node["state"] == "running"]


def sched(*words):
    result = rtctl("sched", "--json", *words)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


class BeforeAnythingRuns(unittest.TestCase):
    def test_all_of_them_say_so(self):
        wait_until(lambda: "nothing is running" in rtctl("sched").stderr, "the broker of an earlier test to end", 15)
        for words in (["sched"], ["top"], ["trace", "-o", "/tmp/trace.json"]):
            result = rtctl(*words)
            self.assertEqual((result.returncode, result.stderr), (1, "rtctl: nothing is running\n"))


class WrongWords(unittest.TestCase):
    def test_are_refused(self):
        self.assertEqual(rtctl("trace").returncode, 2)
        self.assertEqual(rtctl("trace", "--last", "0", "-o", "/tmp/x").returncode, 2)
        self.assertEqual(rtctl("top", "--interval", "0").returncode, 2)
        self.assertEqual(rtctl("check", "/no/such.launch.yaml").returncode, 2)


class Check(unittest.TestCase):
    def check(self, text, *words):
        file = write_launch(text)
        try:
            return rtctl("check", file, *words)
        finally:
            os.unlink(file)

    def test_too_long_a_budget_is_not_schedulable(self):
        text = LATE.replace("budget: 1ns", "budget: 20ms, deadline: 5ms").replace("deadline: 1ns", "deadline: 1ms, budget: 1ms")
        result = self.check(text, "--cpus", "1")
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertIn("not schedulable: /source: it may take", result.stdout)

    def test_enough_time_is_schedulable(self):
        text = LATE.replace("budget: 1ns", "budget: 1ms, deadline: 5ms").replace("deadline: 1ns", "deadline: 3ms, budget: 1ms")
        result = self.check(text, "--json")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        verdict = json.loads(result.stdout)
        self.assertEqual(verdict["verdict"], "schedulable")
        self.assertEqual({node["node"]: node["response_ns"] for node in verdict["nodes"]}, {"/source": 2_000_000, "/late": 2_000_000})

    def test_a_missing_budget_is_named(self):
        result = self.check(LATE)
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        self.assertIn("unknown: /late: it has no budget", result.stdout)

    def test_an_order_against_the_data_flow_is_said_with_its_line(self):
        text = LATE.replace("policy: other", "policy: other, order: [late, source]").replace("1ns", "1ms")
        warning = "order of executor 'one': /late is called before /source, whose /imu it reads"
        file = write_launch(text)
        try:
            for words in (["check", file], ["launch", file, "--check"], ["launch", file, "--duration", "1s"]):
                self.assertIn(f"{file}:4:32: warning: {warning}", rtctl(*words).stderr)
            self.assertIn(warning, rtctl("launch", file, "--dry-run").stdout)
            self.assertIn(warning, json.loads(rtctl("check", file, "--json").stdout)["warnings"][0])
        finally:
            os.unlink(file)

    def test_a_machine_with_other_cpus_than_this_one(self):
        text = LATE.replace("policy: other", "policy: fifo, priority: 80, cpus: [200]").replace("deadline: 1ns", "budget: 1ms").replace("1ns", "1ms")
        result = self.check(text, "--cpus", "256")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        result = self.check(text, "--cpus", "2")
        self.assertEqual(result.returncode, 2)
        self.assertIn(":4:44: a CPU of that machine is '200', not a whole number from 0 to 1", result.stderr)

    def test_one_host_of_two(self):
        file = str(SOURCE / "launch/xr_two_hosts.launch.yaml")
        result = rtctl("check", file, "--processes", "sensors,vision", "--cpus", "2", "--json")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        verdict = json.loads(result.stdout)
        self.assertEqual({node["node"] for node in verdict["nodes"]}, {"/headset", "/camera", "/tracker"})
        self.assertIn("is not part of this launch", verdict["chains"][0]["why"])
        self.assertEqual(rtctl("check", file, "--processes", "main", "--cpus", "2").returncode, 0)
        self.assertIn("did you mean 'main'?", rtctl("check", file, "--processes", "mian").stderr)

    def test_simulated_time_has_nothing_to_check(self):
        result = self.check(LATE + "clock: simulated\n")
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("runs on simulated time", result.stderr)

    def test_each_of_our_own_launch_files_is_schedulable_on_two_cpus(self):
        files = sorted((SOURCE / "launch").glob("*.launch.yaml"))
        self.assertGreater(len(files), 4)
        for file in files:
            arguments = ["dataset:=/tmp"] if "euroc" in file.name else []
            result = rtctl("check", str(file), *arguments, "--cpus", "2", "--json")
            with self.subTest(file=file.name):
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
                verdict = json.loads(result.stdout)
                self.assertEqual(verdict["warnings"], [])
                self.assertEqual([chain["why"] for chain in verdict["chains"] if chain["why"]], [])
                without = {node["node"] for node in verdict["nodes"] if node["verdict"] == "no promise"}
                self.assertLessEqual(without, {"/player", "/tracker", "/writer", "/probe", "/pose_error"})

    def test_our_own_pipeline_gets_a_verdict(self):
        result = rtctl("check", str(SOURCE / "launch/xr_demo.launch.yaml"), "--cpus", "2")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertRegex(result.stdout, r"chain motion_to_photon: at most \d")


class Running(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.launch = Launch(LATE)
        cls.launch.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.launch.__exit__()

    def test_sched_names_victim_and_culprit_of_every_miss(self):
        look = sched()
        nodes = {node["node"]: node for node in look["nodes"]}
        self.assertEqual(nodes["/late"]["executor"], "one")
        self.assertGreater(nodes["/late"]["deadline_misses"], 0)
        self.assertGreater(nodes["/source"]["budget_overruns"], 0)
        self.assertEqual(nodes["/source"]["declared"], {"period_ns": 10_000_000, "deadline_ns": 0, "budget_ns": 1})
        for time_of in ("period", "jitter", "run", "response"):
            self.assertGreater(nodes["/late"][time_of]["count"], 0)
        victims = collections.Counter((miss["kind"], miss["victim"]) for miss in look["misses"])
        self.assertGreater(victims["deadline", "/late"], 0)
        self.assertGreater(victims["budget", "/source"], 0)
        newest = next(miss for miss in look["misses"] if miss["kind"] == "deadline")
        self.assertIn(newest["culprit"]["kind"], ("own run time", "earlier node", "wake-up", "preemption"))
        self.assertIn(f"in cycle {newest['cycle']}", newest["text"])

    def test_sched_shows_a_chosen_node_or_executor(self):
        self.assertEqual([node["node"] for node in sched("late")["nodes"]], ["/late"])
        self.assertEqual(len(sched("--executor", "one")["nodes"]), 2)
        self.assertIn("did you mean '/late'", rtctl("sched", "/lake").stderr)
        self.assertEqual(rtctl("sched", "--executor", "two").returncode, 1)
        self.assertIn("NEWEST MISSES", rtctl("sched").stdout)

    def test_watch_goes_on_until_it_is_interrupted(self):
        process = subprocess.Popen([RTCTL, "sched", "--watch", "--json"], stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0)

    def test_top_shows_the_thread_and_what_it_costs(self):
        frame = json.loads(rtctl("top", "--json", "--interval", "300ms").stdout)
        thread = next(thread for thread in frame["threads"] if thread["thread"] == "one")
        self.assertGreater(thread["tid"], 0)
        self.assertEqual(thread["policy"], "other")
        self.assertGreater(thread["cpu_percent"], 0)
        self.assertGreater(thread["passes_per_second"], 0)
        self.assertIn("THREAD", rtctl("top", "--interval", "100ms").stdout)

    def trace(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "out.json"
            result = rtctl("trace", "--last", "5s", "-o", str(path))
            self.assertEqual(result.returncode, 0, result.stderr)
            return json.loads(path.read_text())["traceEvents"]

    def test_trace_is_what_perfetto_opens(self):
        events = self.trace()
        names = {event["args"]["name"] for event in events if event["ph"] == "M"}
        self.assertIn("one", names)
        slices = [event for event in events if event["ph"] == "X"]
        self.assertEqual({event["name"] for event in slices if event["cat"] == "step"}, {"/source", "/late"})
        newest = {}
        for event in events:
            if event["ph"] == "M":
                continue
            self.assertGreaterEqual(event["ts"], newest.get(event["tid"], 0))
            newest[event["tid"]] = event["ts"]
        starts = {event["id"]: event for event in events if event["ph"] == "s"}
        ends = [event for event in events if event["ph"] == "f"]
        self.assertGreater(len(ends), 10)
        self.assertEqual(set(starts), {event["id"] for event in ends})
        for end in ends:
            self.assertLessEqual(starts[end["id"]]["ts"], end["ts"])
            self.assertEqual(end["name"], "/imu")
        self.assertTrue(any(event["ph"] == "i" and event["cat"] == "miss" for event in events))

    def test_trace_goes_to_a_pipe_whole(self):
        result = rtctl("trace", "--last", "100ms", "-o", "-")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertGreater(len(json.loads(result.stdout)["traceEvents"]), 0)

    def test_two_traces_of_one_file_at_once_are_both_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "out.json"
            both = [subprocess.Popen([RTCTL, "trace", "-o", str(path)], stdout=subprocess.DEVNULL) for _ in range(2)]
            self.assertEqual([one.wait(timeout=30) for one in both], [0, 0])
            self.assertGreater(len(json.loads(path.read_text())["traceEvents"]), 0)

    def test_trace_that_cannot_be_written_says_why(self):
        result = rtctl("trace", "-o", "/no/such/folder/out.json")
        self.assertEqual((result.returncode, result.stderr),
                         (1, "rtctl: /no/such/folder/out.json cannot be written: No such file or directory\n"))

    def test_a_group_without_nodes_is_named(self):
        self.assertIn("no process that calls nodes is running in group 'nobody'", rtctl("sched", "--group", "nobody").stderr)

    def test_completion_knows_executors(self):
        self.assertIn("one", rtctl("__complete", "sched", "--executor", "").stdout.split())


class RunningApart(unittest.TestCase):
    def test_arrows_lead_from_one_process_into_the_other(self):
        text = LATE.replace("one: {policy: other}", "one: {policy: other}\n  two: {policy: other}").replace("late: {use: imu_integrator, executor: one", "late: {use: imu_integrator, executor: two")
        with Launch(text + "group: apart\nprocesses: {apart: [two]}\n"):
            events = json.loads(rtctl("trace", "--group", "apart", "-o", "-").stdout)["traceEvents"]
            pids = {node["node"]: node["pid"] for node in sched("--group", "apart")["nodes"]}
        starts = {event["id"]: event for event in events if event["ph"] == "s"}
        ends = [event for event in events if event["ph"] == "f"]
        self.assertGreater(len(ends), 10)
        self.assertNotEqual(pids["/source"], pids["/late"])
        self.assertEqual({(starts[end["id"]]["pid"], end["pid"]) for end in ends}, {(pids["/source"], pids["/late"])})
        for end in ends:
            self.assertLessEqual(starts[end["id"]]["ts"], end["ts"])


class ThenAProcessDies(unittest.TestCase):
    def test_the_recorder_of_a_killed_process_is_still_read(self):
        with Launch(LATE.replace("budget: 1ns", "budget: 1s") + "processes: {main: {restart: never}}\n"):
            # Something that stays, so that the broker does.
            keep = subprocess.Popen([RTCTL, "topic", "pub", "/keep", "std_msgs/Empty", "--rate", "1"], stdout=subprocess.DEVNULL)
            pid = running()[0]["pid"]
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: {node["state"] for node in sched()["nodes"] if node["pid"] == pid} == {"dead"}, "the end of the process", 15)
            with tempfile.NamedTemporaryFile(suffix=".json") as file:
                self.assertEqual(rtctl("trace", "-o", file.name).returncode, 0)
                events = json.loads(Path(file.name).read_text())["traceEvents"]
            names = {event["args"]["name"] for event in events if event["ph"] == "M"}
            self.assertTrue(any(name.endswith("(ended)") for name in names), names)
            text = rtctl("top", "--interval", "100ms").stdout
            self.assertIn("/late (ended)", text)
            keep.send_signal(signal.SIGINT)
            keep.communicate(timeout=10)


class ThenAProcessIsStartedAgain(unittest.TestCase):
    GROUP = ("--group", "again")

    def test_who_watches_goes_on_with_the_new_one(self):
        with Launch(LATE + "group: again\n"):
            watch = subprocess.Popen([RTCTL, "sched", "--watch", "--json", *self.GROUP], stdout=subprocess.PIPE, text=True)
            before = json.loads(watch.stdout.readline())["nodes"][0]["pid"]
            os.kill(before, signal.SIGKILL)
            wait_until(lambda: {node["pid"] for node in sched(*self.GROUP)["nodes"]} != {before}, "the new process", 20)
            nodes = []
            while len(nodes) < 2 or {(node["state"], node["pid"] == before) for node in nodes} != {("running", False)}:
                nodes = json.loads(watch.stdout.readline())["nodes"]
            self.assertEqual(sorted(node["node"] for node in nodes), ["/late", "/source"], "each once")
            top = json.loads(rtctl("top", "--json", "--interval", "100ms", *self.GROUP).stdout)
            self.assertEqual(sorted((node["node"], node["state"]) for node in top["nodes"]),
                             [("/late", "running"), ("/source", "running")])
            watch.send_signal(signal.SIGINT)
            watch.communicate(timeout=20)
            self.assertEqual(watch.returncode, 0)


if __name__ == "__main__":
    unittest.main()
