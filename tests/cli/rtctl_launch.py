#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""rtctl launch with real nodes. Run through tests/support/in_namespace.sh."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from terminal_emulator import Terminal  # noqa: E402
from waiting import wait_until  # noqa: E402

RTCTL = os.environ["RTCTL"]
PIPELINE = """
nodes:
  headset: {use: synthetic_headset, executor: main, every: 200Hz, remap: {imu: /imu, ground_truth: /truth}}
executors:
  main: {policy: other}
realtime: off
"""


def rtctl(*words):
    return subprocess.run([RTCTL, *words], capture_output=True, text=True, timeout=30)


def end(process):
    """Only where a test failed on the way."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=15)


def hosts():
    """Process ids; without those that ended and that nobody asked how."""
    return subprocess.run(["pgrep", "--runstates", "DRST", "-x", "tactus-host"], capture_output=True, text=True).stdout


def graph_of(noun):
    result = rtctl(noun, "list", "--json")
    return json.loads(result.stdout) if result.returncode == 0 else []


class Launch(unittest.TestCase):
    def setUp(self):
        self.addCleanup(self.no_host_is_left_behind)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = str(Path(folder.name) / "one.launch.yaml")
        Path(self.file).write_text(PIPELINE)

    def start(self, *words, **options):
        process = subprocess.Popen([RTCTL, "launch", self.file, *words], text=True,
                                   **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options})
        self.addCleanup(end, process)
        limit = time.monotonic() + 15
        while not any(node["state"] == "running" for node in graph_of("node")):
            self.assertLess(time.monotonic(), limit, "the node did not start")
            time.sleep(0.05)
        return process

    def never_again(self):
        """What ends is not started again."""
        Path(self.file).write_text(PIPELINE + "processes: {main: {restart: never}}\n")

    def no_host_is_left_behind(self):
        self.assertEqual(hosts(), "", "a host was left behind")

    def test_dry_run_and_check_start_nothing(self):
        plan = rtctl("launch", self.file, "--dry-run")
        self.assertEqual(plan.returncode, 0)
        self.assertIn("/imu: sensor_msgs/msg/Imu", plan.stdout)
        self.assertIn("no errors; nodes: 1, processes: 1", rtctl("launch", self.file, "--check").stdout)

    def test_runs_for_its_duration_and_prints_the_table(self):
        result = rtctl("launch", self.file, "--duration", "2", "--expect", "/imu:20Hz..220Hz")
        self.assertEqual(result.returncode, 0, result)
        self.assertRegex(result.stdout, r"/imu +sensor_msgs/msg/Imu +\d+\.\d Hz")
        self.assertRegex(result.stdout, r"/headset +\S+ +running")
        self.assertTrue(result.stdout.endswith("\nok\n"))

    def test_an_expectation_that_does_not_hold_is_the_reason_to_fail(self):
        result = rtctl("launch", self.file, "--duration", "1", "--expect", "/imu:10Hz..20Hz")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"rtctl: /imu ran at \d+\.\d Hz, expected were 10 to 20 Hz")

    def test_what_needs_more_memory_than_there_is_is_refused_before_anything_starts(self):
        nodes = "".join(f"  n{i}: {{use: synthetic_headset, every: 200Hz, remap: {{imu: /imu{i}, ground_truth: /truth}},\n"
                        f"       outputs: {{imu: {{max_bytes: 15000000}}}}}}\n" for i in range(20))
        Path(self.file).write_text("nodes:\n" + nodes + "realtime: off\n")
        result = rtctl("launch", self.file)
        self.assertEqual(result.returncode, 2, result)
        self.assertRegex(result.stderr, r"one.launch.yaml:\d+:\d+: topic '/imu\d+': \d+ more chunks of 16 MB are needed")
        self.assertTrue(result.stderr.endswith("rtctl: nothing was started\n"), result.stderr)

    def test_an_expectation_of_a_topic_that_nobody_publishes_is_refused_at_once(self):
        result = rtctl("launch", self.file, "--expect", "/imuu:10Hz..20Hz")
        self.assertEqual(result.returncode, 2)
        self.assertIn("did you mean '/imu'?", result.stderr)

    def test_ctrl_c_stops_cleanly_and_prints_the_table(self):
        process = self.start()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=15)
        self.assertEqual(process.returncode, 0, err)
        self.assertIn("/headset", out)
        self.assertTrue(out.endswith("\nok\n"))

    def test_a_killed_process_is_named(self):
        self.never_again()
        process = self.start()
        pid = graph_of("node")[0]["pid"]
        os.kill(pid, signal.SIGKILL)
        out, err = process.communicate(timeout=15)
        self.assertEqual(process.returncode, 1)
        self.assertRegex(err, rf"rtctl: process '\w+' \(pid {pid}\) was killed by SIGKILL")
        self.assertRegex(out, r"/headset +\S+ +dead")

    def test_a_killed_broker_is_replaced_and_who_looks_is_told_why(self):
        process = self.start()
        echo = subprocess.Popen([RTCTL, "topic", "echo", "/imu"], text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        before = graph_of("node")[0]["pid"]
        limit = time.monotonic() + 10
        while "rtctl_echo" not in rtctl("topic", "info", "/imu").stdout:
            self.assertLess(time.monotonic(), limit, "echo did not subscribe")
        self.assertEqual(subprocess.run(["pkill", "-KILL", "-x", "tactus-broker"]).returncode, 0)
        self.assertIn("the broker ended: it was killed or crashed", echo.communicate(timeout=15)[1])
        self.assertEqual(echo.returncode, 1)
        limit = time.monotonic() + 15
        while not any(node["state"] == "running" and node["pid"] != before for node in graph_of("node")):
            self.assertLess(time.monotonic(), limit, "the node did not start again")
            time.sleep(0.05)
        self.assertIn("linear_acceleration:", rtctl("topic", "echo", "/imu", "--once", "--timeout", "5").stdout)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=15)
        self.assertEqual(process.returncode, 0, err)
        self.assertRegex(err, r"rtctl: the broker ended: it was killed or crashed; all processes of this launch were "
                              r"restarted in generation \d+")

    def test_the_others_read_while_it_runs(self):
        process = self.start()
        self.assertIn("sensor_msgs/msg/Imu", rtctl("topic", "list").stdout)
        self.assertIn("linear_acceleration:", rtctl("topic", "echo", "/imu", "--once", "--timeout", "5").stdout)
        self.assertIn("/imu", rtctl("node", "info", "/headset").stdout)
        (rate,) = json.loads(rtctl("topic", "hz", "/imu", "--count", "1", "--json").stdout)
        self.assertGreater(rate["hz"], 0)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=15)
        self.assertEqual(process.returncode, 0)

    def test_elsewhere_than_on_a_terminal_lines_are_plain(self):
        result = rtctl("launch", self.file, "--duration", "1")
        self.assertRegex(result.stdout, r"^started 1 node in 1 process: main \(pid \d+\)\n")
        self.assertNotIn("\x1b", result.stdout + result.stderr)

    def test_json_is_one_event_per_line_and_the_summary_last(self):
        result = rtctl("launch", self.file, "--duration", "1", "--json")
        events = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual([event["event"] for event in events], ["started", "summary"])
        self.assertEqual(events[0]["processes"][0]["name"], "main")
        summary = events[-1]
        self.assertTrue(summary["ok"])
        self.assertEqual(summary["reasons"], [])
        (imu,) = [topic for topic in summary["topics"] if topic["name"] == "/imu"]
        self.assertGreater(imu["hz"], 0)
        self.assertGreater(summary["nodes"][0]["runs"], 10)

    def test_json_says_what_happened(self):
        self.never_again()
        process = self.start("--json")
        pid = graph_of("node")[0]["pid"]
        os.kill(pid, signal.SIGKILL)
        out, err = process.communicate(timeout=15)
        started, notice, summary = [json.loads(line) for line in out.splitlines()]
        self.assertEqual(started["processes"][0]["pid"], pid)
        self.assertRegex(notice["text"], rf"process 'main' \(pid {pid}\) was killed by SIGKILL")
        self.assertFalse(summary["ok"])
        self.assertEqual(summary["reasons"], [notice["text"]])
        self.assertEqual(process.returncode, 1)
        self.assertEqual(err.strip(), "rtctl: " + notice["text"])

    def test_json_leaves_what_processes_print_to_the_standard_error(self):
        process = self.start("--json")
        self.print_in_host("hello from a node")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=15)
        for line in out.splitlines():
            json.loads(line)
        self.assertIn("hello from a node", err)

    def test_the_arguments_of_a_file_are_listed(self):
        Path(self.file).write_text("args:\n  seed: {type: int, default: 7, help: trajectory and noise}\n"
                                   "  data: {type: path, help: where it lies}\n" + PIPELINE)
        for words in (["--help"], ["--show-args"], ["-s"]):
            out = rtctl("launch", self.file, *words).stdout
            self.assertRegex(out, r"seed:= +int +7 +trajectory and noise")
            self.assertRegex(out, r"data:= +path +must be given +where it lies")
        self.assertIn("--duration", rtctl("launch", self.file, "--help").stdout)
        self.assertEqual(rtctl("__complete", "launch", self.file, "s").stdout, "seed:=\n")
        self.assertEqual(rtctl("__complete", "launch", self.file, "--debug", "").stdout, "headset\n")
        self.assertIn("no such file", rtctl("launch", "/nowhere.yaml", "--help").stdout)

    @staticmethod
    def print_in_host(text):
        pid = graph_of("node")[0]["pid"]
        with open(f"/proc/{pid}/fd/1", "w", encoding="utf-8") as output:
            output.write(text + "\n")

    def tables(self, terminal):
        return sum(line.startswith("TOPIC ") for line in terminal.screen.lines)

    def on_terminal(self, *words, **options):
        terminal = Terminal([RTCTL, "launch", self.file, *words], **options)
        self.addCleanup(terminal.end)
        terminal.wait_for(lambda lines: self.tables(terminal) == 1, "the view")
        return terminal

    def test_on_a_terminal_lines_scroll_above_the_view(self):
        terminal = self.on_terminal()
        for i in range(30):
            self.print_in_host(f"log line {i}")
            terminal.wait_for(lambda lines, i=i: f"log line {i}" in lines, f"line {i}")
            self.assertEqual(self.tables(terminal), 1, "\n".join(terminal.screen.lines))
        terminal.process.send_signal(signal.SIGINT)
        self.assertEqual(terminal.finish(), 0)
        self.assertEqual([line for line in terminal.screen.lines if line.startswith("log line")],
                         [f"log line {i}" for i in range(30)])
        self.assertEqual(self.tables(terminal), 1)  # the summary's
        self.assertEqual(terminal.screen.problems, [])
        self.assertIn("ok", terminal.screen.lines)

    def test_a_line_is_printed_when_it_is_whole(self):
        terminal = self.on_terminal()
        pid = graph_of("node")[0]["pid"]
        with open(f"/proc/{pid}/fd/2", "w", encoding="utf-8") as output:
            output.write("half a ")
            output.flush()
            terminal.read_for(0.7)
            self.assertEqual(self.tables(terminal), 1)
            output.write("line\nthe rest")
        terminal.wait_for(lambda lines: "half a line" in lines, "the whole line")
        terminal.process.send_signal(signal.SIGINT)
        self.assertEqual(terminal.finish(), 0)
        self.assertIn("the rest", terminal.screen.lines)

    def assert_view_fits(self, terminal, rows, columns):
        mark = f"at {rows} x {columns}"
        terminal.resize(rows, columns)
        terminal.read_for(0.8)
        self.print_in_host(mark)
        terminal.wait_for(lambda lines: mark in lines, "a line after the resize")
        view = terminal.screen.lines[terminal.screen.lines.index(mark) + 1:-1]
        self.assertLessEqual(max(len(line) for line in view), columns)
        self.assertLess(len(view), rows)

    def test_a_resized_terminal_is_drawn_anew(self):
        terminal = self.on_terminal()
        sizes = ((24, 60), (24, 30), (10, 100), (40, 120))
        for rows, columns in sizes:
            self.assert_view_fits(terminal, rows, columns)
            self.assertEqual(self.tables(terminal), 1)
        terminal.process.send_signal(signal.SIGINT)
        self.assertEqual(terminal.finish(), 0)
        self.assertEqual([line for line in terminal.screen.lines if line.startswith("at ")],
                         [f"at {rows} x {columns}" for rows, columns in sizes])
        self.assertEqual(terminal.screen.problems, [])

    def test_a_terminal_lower_than_the_view_shows_its_top(self):
        terminal = self.on_terminal(rows=6, columns=40)
        self.assert_view_fits(terminal, 6, 40)
        self.assertRegex(terminal.screen.lines[-2], r"^\.\.\. \d+ more lines")
        self.assert_view_fits(terminal, 24, 100)
        self.assertEqual(self.tables(terminal), 1)
        self.assert_view_fits(terminal, 2, 20)
        terminal.process.send_signal(signal.SIGINT)
        self.assertEqual(terminal.finish(), 0, terminal.raw[-2000:])

    def test_only_the_standard_output_on_a_terminal(self):
        with tempfile.TemporaryFile("w+") as errors:
            terminal = self.on_terminal("--duration", "2", stderr=errors)
            pid = graph_of("node")[0]["pid"]
            with open(f"/proc/{pid}/fd/2", "w", encoding="utf-8") as output:
                output.write("to the file\n")
            self.assertEqual(terminal.finish(), 0)
            errors.seek(0)
            self.assertEqual(errors.read(), "to the file\n")
        self.assertNotIn("to the file", terminal.screen.lines)

    def test_a_killed_process_is_named_above_the_view(self):
        self.never_again()
        terminal = self.on_terminal()
        pid = graph_of("node")[0]["pid"]
        os.kill(pid, signal.SIGKILL)
        self.assertEqual(terminal.finish(), 1)
        named = [i for i, line in enumerate(terminal.screen.lines) if f"(pid {pid}) was killed by SIGKILL" in line]
        summary = [i for i, line in enumerate(terminal.screen.lines) if line.startswith("TOPIC ")]
        self.assertEqual(len(named), 2)  # when it happened and as the reason to fail
        self.assertLess(named[0], summary[0])
        self.assertGreater(named[1], summary[0])

    @unittest.skipIf(shutil.which("gdb") is None, "gdb is not installed")
    def test_a_node_runs_under_gdb_and_ctrl_c_is_gdbs(self):
        Path(self.file).write_text(PIPELINE.replace("nodes:\n", "nodes:\n"
                                   "  probe: {use: synthetic_headset, executor: main, every: 20Hz}\n") + "expect: {/imu: 1000Hz..2000Hz}\n")
        terminal = Terminal([RTCTL, "launch", self.file, "--debug", "probe"])
        self.addCleanup(terminal.end)
        terminal.wait_for(lambda lines: any("waits in gdb" in line for line in lines) and lines[-1].startswith("(gdb) "), "gdb")
        self.assertEqual(graph_of("node"), [node for node in graph_of("node") if node["state"] != "running"])
        terminal.type("break SyntheticHeadset::step\ncontinue\n")
        terminal.wait_for(lambda lines: any("hit Breakpoint 1" in line for line in lines), "the breakpoint")
        processes = {node["name"]: node["process"] for node in graph_of("node")}
        self.assertEqual(processes, {"/headset": "main", "/probe": "debug/probe"})
        terminal.type("delete\ny\ncontinue\n")
        terminal.wait_for(lambda lines: sum(line.endswith("Continuing.") for line in lines) == 2, "going on")
        # It says so before it has handed the terminal over: a Ctrl-C in between is lost.
        wait_until(lambda: self.interrupts(terminal), "Ctrl-C in gdb", 25)
        terminal.type("quit\ny\n")
        self.assertEqual(terminal.finish(), 0, "\n".join(terminal.screen.lines))
        self.assertEqual(self.tables(terminal), 1)

    @staticmethod
    def interrupts(terminal):
        terminal.type("\x03")
        try:
            terminal.wait_for(lambda lines: any("SIGINT" in line for line in lines) and lines[-1].startswith("(gdb) "), "a stop", 10)
        except AssertionError:
            return False
        return True

    def test_a_debugger_that_ends_at_once_ends_the_launch(self):
        result = subprocess.run([RTCTL, "launch", self.file, "--debug", "/headset"], stdin=subprocess.DEVNULL, timeout=60,
                                capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result)
        self.assertIn("ok\n", result.stdout)

    def test_nodes_that_cannot_be_debugged_are_refused(self):
        result = rtctl("launch", self.file, "--debug", "headse")
        self.assertEqual(result.returncode, 2)
        self.assertIn("did you mean '/headset'?", result.stderr)
        result = subprocess.run([RTCTL, "launch", self.file, "--debug", "headset"], env={**os.environ, "PATH": "/nowhere"},
                                capture_output=True, text=True, timeout=30)
        self.assertEqual(result.returncode, 1)
        self.assertIn("apt install gdb", result.stderr)

    def test_ctrl_c_and_a_resized_terminal_while_it_starts(self):
        process = subprocess.Popen([RTCTL, "launch", self.file, "--debug", "headset"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(end, process)
        said = ""
        while not said.endswith("(gdb) "):
            letter = process.stdout.read(1)
            self.assertTrue(letter, said)
            said += letter
        process.send_signal(signal.SIGWINCH)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
        self.assertIn("interrupted while it started", out)
        self.assertEqual(process.returncode, 0)

    def test_ctrl_c_at_any_instant_leaves_nothing(self):
        Path(self.file).write_text(PIPELINE + "expect: {/imu: 100Hz..300Hz}\n")
        for delay_ms in (5, 15, 25, 35, 50, 70, 100, 150, 300, 500):
            process = subprocess.Popen([RTCTL, "launch", self.file], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            time.sleep(delay_ms / 1000)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=20)
            self.assertIn(process.returncode, (0, -signal.SIGINT), (delay_ms, err))  # while it still reads the file: killed

    def test_outputs_that_end_do_not_end_the_launch(self):
        for output in ("| head -n 1", ">/dev/full", ">&-"):
            result = subprocess.run(f"{RTCTL} launch {self.file} --duration 1 {output}; exit ${{PIPESTATUS[0]}}", shell=True,
                                    executable="/bin/bash", capture_output=True, text=True, timeout=30)
            self.assertEqual(result.returncode, 0, result)

    def test_a_killed_launch_leaves_no_process(self):
        process = self.start()
        process.kill()
        process.communicate(timeout=15)
        limit = time.monotonic() + 15
        while hosts():
            self.assertLess(time.monotonic(), limit, "the host lives on")
            time.sleep(0.05)

    def test_doctor_ends_a_process_whose_launch_has_ended(self):
        process = self.start(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        host = int(hosts())
        self.assertIn("none without a launch", rtctl("doctor").stdout)
        os.kill(host, signal.SIGSTOP)  # it cannot hear that its launch ends
        process.kill()
        process.wait(timeout=15)
        self.assertIn(f"left by launches that ended: {host} (user ", rtctl("doctor").stdout)
        result = rtctl("doctor", "--clean")
        self.assertEqual(result.returncode, 0, result)
        self.assertIn(f"ended process {host}\n", result.stdout)
        self.assertEqual(hosts(), "")

    def test_two_at_once_meet_by_their_names(self):
        process = self.start()
        result = rtctl("launch", self.file, "--duration", "1")
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, r"node name /headset is taken by process \d+ \(main\).*--group")
        self.assertEqual(rtctl("launch", self.file, "--duration", "1", "--group", "other").returncode, 0)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=15)
        self.assertEqual(process.returncode, 0, err)

    def test_describe(self):
        node = json.loads(rtctl("node", "describe", "synthetic_headset", "--json").stdout)
        self.assertIn("imu", [port["name"] for port in node["ports"]])
        result = rtctl("node", "describe", "synthetic_headse")
        self.assertEqual(result.returncode, 1)
        self.assertIn("synthetic_headset", result.stderr)
        result = rtctl("node", "describe", "synthetic_headset", "sed:=3")
        self.assertEqual(result.returncode, 2)
        self.assertIn("has no parameter 'sed'; did you mean 'seed'?", result.stderr)


if __name__ == "__main__":
    unittest.main()
