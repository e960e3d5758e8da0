#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What happens when a node or a process of a launch fails. Run through tests/support/in_namespace.sh."""
import json
import os
import signal
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from launched import RTCTL, json_of, messages  # noqa: E402  pylint: disable=wrong-import-position
from waiting import wait_until  # noqa: E402  pylint: disable=wrong-import-position

NODES = os.environ["TACTUS_TEST_NODES"]
os.environ["HOME"] = "/tmp"  # for the logs

# A villain of its own process, a pair of others in `main` that must not notice anything.
PIPELINE = """
executors:
  other: {}
nodes:
  ticker: {use: NODES/libtest_ticker.so, every: 5ms, remap: {number: /ticks}}
  relay: {use: NODES/libtest_relay.so, on: /ticks, remap: {in: /ticks, out: /relayed}}
  villain: {use: NODES/libtest_villain.so, executor: other, every: 5ms, remap: {number: /deeds}, VILLAIN}
  neighbour: {use: NODES/libtest_ticker.so, executor: other, every: 5ms, remap: {number: /beside}}
processes:
  bad: {runs: [other], PROCESS}
realtime: off
"""


class Launch:
    """A launch in the background, its events as they come."""

    def __init__(self, text, *words, folder="/tmp"):
        file = Path(folder) / "test.launch.yaml"
        file.write_text(text)
        self.process = subprocess.Popen([RTCTL, "launch", str(file), "--json", *words], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines = []
        self.errors = []
        self.threads = [threading.Thread(target=self.read, args=(pipe, lines)) for pipe, lines in
                        ((self.process.stdout, self.lines), (self.process.stderr, self.errors))]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def read(pipe, lines):
        for line in pipe:
            lines.append(line)

    def events(self, kind):
        return [event for event in map(json.loads, list(self.lines)) if event["event"] == kind]

    def said(self, *needed):
        """The first notice with all of these texts; empty when there is none."""
        texts = [event["text"] for event in self.events("notice")]
        return next((text for text in texts if all(part in text for part in needed)), "")

    def wait_for(self, *needed, seconds=20):
        wait_until(lambda: self.said(*needed) or self.process.poll() is not None, f"a notice with {needed}", seconds)
        notice = self.said(*needed)
        assert notice, f"no notice with {needed} in {self.lines} {self.errors}"
        return notice

    def pid(self, process):
        started = wait_until(lambda: self.events("started"), "the start")[0]
        return next(one["pid"] for one in started["processes"] if one["name"] == process)

    def stop(self):
        """Exit code and summary."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=20)
        for thread in self.threads:
            thread.join()
        return code, (self.events("summary") or [None])[0]

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=30)
        for thread in self.threads:
            thread.join()
        self.process.stdout.close()
        self.process.stderr.close()


class Supervision(unittest.TestCase):
    def launch(self, villain="", process="restart: on_failure", *words, text=PIPELINE):
        file = text.replace("NODES", NODES).replace(", VILLAIN", f", {villain}" if villain else "")
        launch = Launch(file.replace("PROCESS", process), *words)
        self.addCleanup(launch.close)
        return launch

    def goes_on(self, topic):
        before = messages(topic)
        wait_until(lambda: messages(topic) > before + 10, f"more of {topic}")

    def others_missed_nothing(self, summary):
        topics = {topic["name"]: topic for topic in summary["topics"]}
        self.assertGreaterEqual(topics["/ticks"]["messages"] + 1, topics["/relayed"]["messages"])
        self.assertLessEqual(topics["/ticks"]["messages"] - topics["/relayed"]["messages"], 2)
        self.assertEqual(topics["/ticks"]["dropped"], 0)

    # ---- processes -----------------------------------------------------------------------------------------------------

    def test_a_killed_process_is_started_again_with_what_it_had(self):
        launch = self.launch()
        self.goes_on("/deeds")
        pid = launch.pid("bad")
        before = json_of("node", "info", "/villain")
        os.kill(pid, signal.SIGKILL)
        self.assertIn("it is started again in 0.1 s", launch.wait_for(f"(pid {pid}) was killed by SIGKILL"))
        launch.wait_for("process 'bad'", "runs again")
        self.goes_on("/deeds")
        self.goes_on("/beside")
        after = json_of("node", "info", "/villain")
        for entry in (before, after):
            self.assertTrue(entry)
        self.assertNotEqual(before["pid"], after["pid"])
        code, summary = launch.stop()
        self.assertEqual(code, 0, summary)
        self.others_missed_nothing(summary)
        self.assertEqual([one["restarts"] for one in summary["processes"] if one["name"] == "bad"], [1])

    def test_every_way_to_crash_takes_the_process_and_nothing_else(self):
        for deed, how in {"segv": "SIGSEGV", "abort": "SIGABRT", "stack": "SIGSEGV", "exit": "exited with 0"}.items():
            with self.subTest(deed):
                launch = self.launch(f"parameters: {{deed: {deed}}}")
                self.addCleanup(launch.close)
                notice = launch.wait_for("process 'bad'", how)
                if deed != "exit":
                    self.assertIn("/villain was in step() (cycle 49)", notice)
                launch.wait_for("process 'bad'", "runs again")
                self.goes_on("/ticks")
                code, summary = launch.stop()
                self.assertEqual(code, 0, summary)
                self.others_missed_nothing(summary)

    def test_what_crashes_at_every_start_is_given_up_and_the_others_run_on(self):
        launch = self.launch("parameters: {deed: start}", "restart: {most: 5, within: 30s, backoff: 10ms}")
        launch.wait_for("process 'bad'", "given up: it ended 6 times within 30 s", "the others go on without it")
        self.goes_on("/relayed")
        code, summary = launch.stop()
        self.assertEqual(code, 1)
        self.assertIn("given up", summary["reasons"][0])
        self.others_missed_nothing(summary)

    def test_an_essential_process_that_is_given_up_stops_everything(self):
        launch = self.launch("parameters: {deed: abort}", "restart: {most: 1, backoff: 10ms}, essential: true")
        launch.wait_for("it is essential: everything stops")
        self.assertEqual(launch.process.wait(timeout=20), 1)

    def test_never_is_never(self):
        launch = self.launch("parameters: {deed: abort}", "restart: never")
        launch.wait_for("process 'bad'", "not started again (restart: never)")
        self.goes_on("/relayed")
        self.assertEqual(launch.stop()[0], 1)

    # ---- hangs ---------------------------------------------------------------------------------------------------------

    def test_a_node_that_hangs_is_named_with_its_stack_and_its_process_starts_again(self):
        for deed, frame in {"spin": "spin_for_ever", "lock": "lock"}.items():
            with self.subTest(deed):
                launch = self.launch(f"hang_after: 500ms, parameters: {{deed: {deed}}}")
                self.addCleanup(launch.close)
                notice = launch.wait_for("node /villain hangs: step() has not returned for", "(cycle 49)")
                self.assertIn(frame, notice)
                launch.wait_for("process 'bad'", "runs again")
                self.goes_on("/ticks")
                code, summary = launch.stop()
                self.assertEqual(code, 0, summary)
                self.others_missed_nothing(summary)

    def test_a_self_looping_node_that_hangs_is_found_too(self):
        launch = self.launch("PLACEHOLDER", text=PIPELINE.replace(
            "executor: other, every: 5ms, remap: {number: /deeds}, VILLAIN",
            "self_looping: true, remap: {number: /deeds}, hang_after: 500ms, parameters: {deed: spin}").replace(
                "runs: [other]", "runs: [other, villain]"))
        self.assertIn("spin_for_ever", launch.wait_for("node /villain hangs: run() has not"))
        launch.wait_for("process 'bad'", "runs again")

    def test_who_is_late_or_paused_does_not_hang(self):
        launch = self.launch("hang_after: 1s, parameters: {deed: sleep}")
        pid = launch.pid("bad")
        self.goes_on("/deeds")
        os.kill(pid, signal.SIGSTOP)
        launch.wait_for(f"(pid {pid}) is paused")
        time.sleep(2)
        os.kill(pid, signal.SIGCONT)
        launch.wait_for(f"(pid {pid}) goes on")
        self.goes_on("/deeds")
        self.assertEqual(launch.pid("bad"), pid)
        self.assertFalse(launch.said("hangs"))
        self.assertEqual(launch.stop()[0], 0)

    # ---- nodes ---------------------------------------------------------------------------------------------------------

    def test_a_node_that_throws_is_constructed_again_in_its_running_process(self):
        launch = self.launch("restart: {backoff: 10ms}, parameters: {deed: throw, at: 100}")
        launch.wait_for("node /villain faulted; its neighbours go on")
        self.goes_on("/deeds")
        self.goes_on("/beside")
        pid = launch.pid("bad")
        self.assertEqual({node["pid"] for node in json_of("node", "list") if node["process"] == "bad"}, {pid})
        wait_until(lambda: any("given up: it faulted 6 times within 30 s" in line for line in launch.errors), "given up", 30)
        self.goes_on("/beside")
        code, summary = launch.stop()
        self.assertEqual(code, 1)
        self.assertTrue(summary["reasons"][0].startswith("node /villain faulted"), summary["reasons"])
        self.assertEqual([node["faults"] for node in summary["nodes"] if node["name"] == "/villain"], [6])

    def test_a_broken_contract_faults_its_node_alone_and_names_all_of_it(self):
        launch = self.launch("restart: {backoff: 10ms}, parameters: {deed: contract}")
        launch.wait_for("node /villain faulted; its neighbours go on")
        self.goes_on("/deeds")
        self.goes_on("/beside")
        wait_until(lambda: any("villain" in line and "step of cycle 49 threw: expected a loan that is there and not published yet (publish(loan)), "
                               "at villain.cpp:" in line for line in launch.errors), f"its words {launch.errors}")
        self.assertEqual([process["restarts"] for process in launch.stop()[1]["processes"]], [0, 0])

    @staticmethod
    def state(node):
        return next((one["state"] for one in json_of("node", "list") if one["name"] == node), "")

    def rtctl(self, *words, code=0):
        result = subprocess.run([RTCTL, *words], capture_output=True, text=True, timeout=20)
        self.assertEqual(result.returncode, code, result.stderr)
        return result.stdout + result.stderr

    def stands_still(self, topic):
        time.sleep(0.1)
        before = messages(topic)
        time.sleep(0.3)
        self.assertEqual(messages(topic), before)

    def test_a_node_is_stopped_started_paused_and_resumed_by_hand(self):
        launch = self.launch()
        self.goes_on("/deeds")
        pid = launch.pid("bad")
        for off, on, state in (("pause", "resume", "paused"), ("stop", "start", "stopped")):
            self.rtctl("node", off, "villain")
            self.assertEqual(self.state("/villain"), state)
            self.stands_still("/deeds")
            self.goes_on("/beside")
            self.rtctl("node", on, "/villain")
            self.goes_on("/deeds")
        self.rtctl("node", "restart", "/villain")
        self.goes_on("/deeds")
        self.assertIn("it runs already", self.rtctl("node", "start", "/villain", code=1))
        self.assertIn("no node /villian; did you mean '/villain'?", self.rtctl("node", "stop", "villian", code=1))
        self.assertEqual({node["pid"] for node in json_of("node", "list") if node["process"] == "bad"}, {pid})
        self.assertEqual(launch.stop()[0], 0)

    def test_a_self_looping_node_is_stopped_started_paused_and_resumed_by_hand(self):
        launch = self.launch(text=PIPELINE.replace(
            "use: NODES/libtest_villain.so, executor: other, every: 5ms, remap: {number: /deeds}, VILLAIN",
            "use: NODES/libtest_looper.so, self_looping: true, remap: {number: /deeds}").replace(
                "runs: [other]", "runs: [other, villain]"))
        self.goes_on("/deeds")
        for off, on in (("pause", "resume"), ("stop", "start")):
            self.rtctl("node", off, "villain")
            self.stands_still("/deeds")
            self.rtctl("node", on, "/villain")
            self.goes_on("/deeds")
        self.rtctl("node", "restart", "/villain")
        self.goes_on("/deeds")
        self.assertEqual(launch.stop()[0], 0)

    def test_what_was_given_up_is_started_by_hand(self):
        launch = self.launch("", "restart: never")
        os.kill(launch.pid("bad"), signal.SIGKILL)
        launch.wait_for("process 'bad'", "not started again")
        self.assertIn("does not run", self.rtctl("node", "pause", "/villain", code=1))
        self.rtctl("node", "start", "/villain")
        self.goes_on("/deeds")

    # ---- launches ------------------------------------------------------------------------------------------------------

    def test_ps_shows_launches_processes_and_nodes(self):
        launch = self.launch()
        self.goes_on("/deeds")
        (one,) = json_of("ps")
        self.assertEqual((one["name"], one["pid"]), ("test", launch.process.pid))
        processes = {process["name"]: process for process in one["processes"]}
        self.assertEqual(processes["bad"]["pid"], launch.pid("bad"))
        self.assertEqual(processes["bad"]["state"], "running")
        self.assertEqual([node["name"] for node in processes["bad"]["nodes"]], ["/villain", "/neighbour"])
        self.assertRegex(self.rtctl("ps"), r"bad +\d+ +running +0 .* /villain +running")
        self.rtctl("stop", "test")
        self.assertEqual(launch.process.wait(timeout=20), 0)
        self.assertRegex(self.rtctl("ps", code=1), "nothing is running|no launch is running")

    def test_a_detached_launch_is_found_read_and_stopped(self):
        file = Path("/tmp/quiet.launch.yaml")
        file.write_text(PIPELINE.replace("NODES", NODES).replace(", VILLAIN", ", parameters: {deed: throw}").replace(
            "PROCESS", "restart: on_failure"))
        said = self.rtctl("launch", str(file), "--detach")
        self.addCleanup(subprocess.run, [RTCTL, "stop", "--all"], capture_output=True, timeout=30)
        self.assertIn("started 4 nodes in 2 processes", said)
        self.assertIn("rtctl log tail reads", said)
        self.goes_on("/ticks")
        wait_until(lambda: "threw: the test wants it so" in self.rtctl("log", "tail", "/villain"), "the log")
        self.assertIn("no launch 'quite' is running; did you mean 'quiet'?", self.rtctl("stop", "quite", code=1))
        self.assertIn("stopped quiet", self.rtctl("stop", "--all"))
        self.rtctl("ps", code=1)

    def test_a_file_with_errors_is_not_detached(self):
        file = Path("/tmp/wrong.launch.yaml")
        file.write_text("nodes: {}\n")
        self.assertIn("the file declares no nodes", self.rtctl("launch", str(file), "--detach", code=2))

    def test_all_placements_are_the_same_launch(self):
        for isolate, processes in (("none", 1), ("group", 2), ("node", 4)):
            with self.subTest(isolate):
                launch = self.launch("", "restart: on_failure", "--isolate", isolate)
                self.goes_on("/relayed")
                self.assertEqual(len(json_of("ps")[0]["processes"]), processes)
                self.assertEqual(sorted(node["name"] for node in json_of("node", "list")),
                                 ["/neighbour", "/relay", "/ticker", "/villain"])
                self.assertEqual(launch.stop()[0], 0)

    def test_processes_start_after_what_they_wait_for_and_stop_before_it(self):
        launch = self.launch("start_after: ticker, parameters: {deed: none}")
        self.goes_on("/deeds")
        self.assertEqual(launch.stop()[0], 0)

    def test_nothing_is_left_however_it_ends(self):
        for how in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            with self.subTest(how):
                launch = self.launch()
                self.goes_on("/deeds")
                launch.process.send_signal(how)
                launch.process.wait(timeout=20)
                wait_until(lambda: not self.tactus_processes(), "the end of all processes", 20)
                self.assertEqual(os.listdir("/dev/shm"), [])
                left = [name for name in os.listdir("/tmp") if name.endswith((".sock", ".lock"))
                        or name.startswith(("roudi", "tactus."))]
                self.assertEqual(left, [])

    @staticmethod
    def tactus_processes():
        listing = subprocess.run(["ps", "-eo", "stat=,comm="], capture_output=True, text=True).stdout
        return [line for line in listing.splitlines() if "tactus" in line and not line.startswith("Z")]


if __name__ == "__main__":
    unittest.main()
