#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""rtctl without a running system: wrong arguments, help, message types, completion."""
import json
import os
import pty
import subprocess
import tempfile
import unittest
from pathlib import Path

RTCTL = os.environ["RTCTL"]
SOURCE = Path(__file__).resolve().parents[2]
LAUNCH = SOURCE / "launch"
FILE = str(LAUNCH / "head_tracking.launch.yaml")


def rtctl(*words, **environment):
    return subprocess.run([RTCTL, *words], capture_output=True, text=True, timeout=20, env={**os.environ, **environment})


def complete(*words):
    return rtctl("__complete", *words).stdout.split()


def verbs(*noun):
    """Every verb as a list of words: found through the completion."""
    for word in complete(*noun, ""):
        below = [*noun, word]
        if len(below) == 2 or word in ("launch", "check", "sched", "top", "trace", "graph", "doctor"):
            yield below
        else:
            yield from verbs(*below)


class WrongArguments(unittest.TestCase):
    def assert_refused(self, words, text):
        result = rtctl(*words)
        self.assertEqual(result.returncode, 2, result)
        self.assertEqual(result.stdout, "")
        self.assertIn(text, result.stderr)

    def test_verbs_that_do_not_exist(self):
        self.assert_refused(["tpoic"], "did you mean 'topic'?")
        self.assert_refused(["topic", "ehco", "/x"], "did you mean 'echo'?")
        self.assert_refused(["node", "zzzzzz"], "'rtctl node zzzzzz' does not exist")

    def test_missing_and_unknown_arguments_name_the_help(self):
        self.assert_refused([], "'rtctl' needs one of launch, check, sched, top, trace, topic, node, host, msg, pkg, security, log, graph, ps, stop, doctor\nSee 'rtctl --help'.")
        self.assert_refused(["topic"], "'rtctl topic' needs one of list, info")
        self.assert_refused(["--hlep"], "'--hlep' is no option of 'rtctl'; did you mean '--help'?")
        self.assert_refused(["topic", "echo"], "TOPIC is missing: Name of the topic\nSee 'rtctl topic echo --help'.")
        self.assert_refused(["topic", "echo", "/x", "--cuont", "3"], "did you mean '--count'?")
        self.assert_refused(["topic", "echo", "/x", "--cuont=3"], "'--cuont' is no option of 'rtctl topic echo'")
        self.assert_refused(["topic", "info", "/x", "/y"], "'/y' is one argument too many")
        self.assert_refused(["topic", "echo", "/x", "--count", "three"], "three")
        self.assert_refused(["topic", "echo", "/x", "--depth", "0"], "1 to 256")

    def test_values_are_checked_before_anything_starts(self):
        self.assert_refused(["topic", "pub", "/bad name", "std_msgs/String"], "bad name")
        self.assert_refused(["topic", "pub", "/x", "std_msgs/String", "{dta: hello}"], "dta")
        self.assert_refused(["topic", "pub", "/x", "std_msgs/String", "{data: hello"], "value:1:1: ")
        self.assert_refused(["topic", "pub", "/x", "std_msgs/String", "hello"], "value: write fields as {name: value}; rtctl msg show std_msgs")
        for rate in ("0", "nan", "1e9"):
            self.assert_refused(["topic", "pub", "/x", "std_msgs/String", "--rate", rate], "--rate")

    def test_launch(self):
        self.assert_refused(["launch", "/nowhere.launch.yaml"], "rtctl: /nowhere.launch.yaml: no such file\n")
        self.assert_refused(["launch", "nowhere"], "no file 'nowhere', and no package 'nowhere'")
        self.assert_refused(["launch", f"{LAUNCH}/head_traking.launch.yaml"], f"did you mean '{LAUNCH}/head_tracking.launch.yaml'?")
        self.assert_refused(["launch", str(LAUNCH)], f"is a folder: name one of {LAUNCH}/")
        self.assert_refused(["launch", "/dev"], "/dev is a folder without launch files")
        self.assert_refused(["launch", FILE, "seed=3"], "name:=value")
        self.assert_refused(["launch", FILE, "--duration", "long"], "--duration")
        self.assert_refused(["launch", FILE, "--expect", "/imu"], "--expect /imu")
        self.assert_refused(["launch", FILE, "--group", "a/b"], "--group")
        self.assert_refused(["launch", FILE, "--dry-run", "--json"], "--dry-run or --json, not both")
        self.assert_refused(["launch", FILE, "--check", "--json"], "--check or --json, not both")

    def test_a_group_that_cannot_be_is_refused_everywhere(self):
        for words in (["sched"], ["top"], ["trace", "-o", "/tmp/x"], ["topic", "list"], ["node", "list"]):
            self.assert_refused([*words, "--group", "a/b"], "--group: ")

    def test_launch_file_with_errors(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("nodes:\n  a: {use: no_such_node, executor: haed, every: 10Hz}\nexecutors:\n  head: {}\n")
            file.flush()
            self.assert_refused(["launch", file.name], "nothing was started")
            self.assert_refused(["launch", file.name, "--check"], f"{file.name}:2:")


class OtherPrograms(unittest.TestCase):
    def test_they_refuse_wrong_arguments_alike(self):
        for program in ("tactus-run", "tactus-host", "tactus-conformance", "tactus-gateway", "tactus-broker"):
            path = str(Path(RTCTL).parent / program)
            with self.subTest(program=program):
                wrong = subprocess.run([path, "--bad"], capture_output=True, text=True, timeout=20)
                self.assertEqual((wrong.returncode, wrong.stdout), (2, ""))
                self.assertTrue(wrong.stderr)
                self.assertEqual(subprocess.run([path, "--help"], capture_output=True, timeout=20).returncode, 0)


class Streams(unittest.TestCase):
    """Whatever the standard streams are, nothing crashes and nothing is lost in silence."""

    def shell(self, line):
        result = subprocess.run(["bash", "-c", line], env={**os.environ, "RTCTL": RTCTL}, capture_output=True, text=True, timeout=20)
        return result.returncode, result.stderr

    def test_closed(self):
        self.assertEqual(self.shell("$RTCTL msg list >&-"), (0, ""))
        self.assertEqual(self.shell("$RTCTL msg list <&- >&- 2>&-"), (0, ""))
        self.assertEqual(self.shell("$RTCTL nonsense 2>&-"), (2, ""))

    def test_full(self):
        self.assertEqual(self.shell("$RTCTL msg list >/dev/full"), (1, "rtctl: the output cannot be written: No space left on device\n"))
        self.assertEqual(self.shell("$RTCTL nonsense 2>/dev/full"), (2, ""))

    def test_not_read(self):
        self.assertEqual(self.shell("$RTCTL msg list --json | true; exit ${PIPESTATUS[0]}"), (0, ""))


class Help(unittest.TestCase):
    def test_every_verb_has_help_with_examples(self):
        found = list(verbs())
        self.assertGreater(len(found), 24)
        for verb in found:
            with self.subTest(verb=verb):
                result = rtctl(*verb, "--help")
                self.assertEqual(result.returncode, 0)
                self.assertIn("Examples:\n  rtctl " + " ".join(verb), result.stdout)

    def test_every_verb_and_option_is_in_the_reference(self):
        reference = (SOURCE / "docs/reference/rtctl.md").read_text()
        for verb in verbs():
            self.assertIn("## rtctl " + " ".join(verb), reference)
            for option in complete(*verb, "--"):
                if option != "--help":
                    self.assertIn(f"`{option}", reference, verb)

    def test_help_is_a_verb_too(self):
        self.assertEqual(rtctl("help", "topic", "echo").stdout, rtctl("topic", "echo", "--help").stdout)
        self.assertEqual(rtctl("help").stdout, rtctl("--help").stdout)

    def test_version(self):
        result = rtctl("--version")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"^rtctl \d+\.\d+\.\d+ \(message layout \d+\)\n$")


class Messages(unittest.TestCase):
    def test_list(self):
        names = rtctl("msg", "list").stdout.split()
        self.assertIn("sensor_msgs/msg/Imu", names)
        self.assertEqual(names, sorted(names))
        imu = [m for m in json.loads(rtctl("msg", "list", "sensor_msgs", "--json").stdout) if m["name"].endswith("/Imu")]
        self.assertTrue(imu[0]["hash"].startswith("RIHS01_"))
        self.assertFalse(imu[0]["plain"])

    def test_list_of_an_unknown_package(self):
        result = rtctl("msg", "list", "sensor_msg")
        self.assertEqual(result.returncode, 1)
        self.assertIn("did you mean 'sensor_msgs'?", result.stderr)

    def test_show_takes_every_way_to_write_the_name(self):
        texts = {rtctl("msg", "show", name).stdout for name in ("sensor_msgs/msg/Imu", "sensor_msgs/Imu", "Imu")}
        self.assertEqual(len(texts), 1)
        text = texts.pop()
        self.assertIn("geometry_msgs/Quaternion orientation\n", text)
        self.assertNotIn("float64 w", text)
        self.assertIn("float64 w", rtctl("msg", "show", "Imu", "--nested").stdout)

    def test_show_of_an_unknown_type(self):
        result = rtctl("msg", "show", "sensor_msgs/Imuu")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, "rtctl: there is no message type 'sensor_msgs/Imuu'; did you mean 'sensor_msgs/Imu'?\n")

    def test_show_as_json(self):
        json.loads(rtctl("msg", "show", "Imu", "--json").stdout)


class Colours(unittest.TestCase):
    def on_terminal(self, **environment):
        main, side = pty.openpty()
        subprocess.run([RTCTL, "msg", "show", "Imu"], stdout=side, timeout=20, env={**os.environ, "TERM": "xterm", **environment})
        os.close(side)
        text = b""
        try:
            while part := os.read(main, 4096):
                text += part
        except OSError:  # the other side is closed
            pass
        os.close(main)
        return text

    def test_only_on_a_terminal_and_never_with_no_color(self):
        self.assertIn(b"\x1b[", self.on_terminal(NO_COLOR=""))
        self.assertNotIn(b"\x1b[", self.on_terminal(NO_COLOR="1"))
        self.assertNotIn("\x1b[", rtctl("msg", "show", "Imu").stdout)


class Completion(unittest.TestCase):
    def test_bash(self):
        script = f'''
            source {SOURCE}/cli/completion/rtctl.bash
            COMP_LINE="{RTCTL} topic ec" COMP_POINT=${{#COMP_LINE}}
            _rtctl
            echo "${{COMPREPLY[@]}}"'''
        self.assertEqual(subprocess.run(["bash", "-c", script], capture_output=True, text=True).stdout, "echo\n")

    def test_types(self):
        self.assertEqual(complete("msg", "show", "sensor_msgs/msg/Im"), ["sensor_msgs/msg/Image", "sensor_msgs/msg/Imu"])


class Doctor(unittest.TestCase):
    def test_json(self):
        report = json.loads(rtctl("doctor", "--json").stdout)
        names = {check["name"] for check in report["checks"]}
        self.assertLessEqual({"realtime priority", "locked memory", "/dev/shm", "broker", "leftovers"}, names)

    def test_prints_lines_for_limits(self):
        self.assertRegex(rtctl("doctor", "--rt").stdout, r"\S+ - rtprio 91\n\S+ - memlock unlimited\n")


if __name__ == "__main__":
    unittest.main()
