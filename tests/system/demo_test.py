#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The XR pipeline as a whole. Run through tests/support/in_namespace.sh.

No timing is asserted: a loaded machine may miss rates, and then the exit code must say so. Counts have wide margins.
"""
import json
import math
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from asl_recording import write_recording

RTCTL = os.environ["RTCTL"]
BUILD = Path(RTCTL).resolve().parent.parent
SOURCE = Path(__file__).resolve().parents[2]
RECORDED = Path(os.environ.get("TACTUS_TEST_DATA", "/nowhere")) / "euroc/MH_01_easy_a"
TOPICS = {"/imu": 200, "/camera/left/image": 20, "/camera/right/image": 20, "/ground_truth/pose": 200, "/tracks": 20,
          "/head/pose": 200, "/head/predicted_pose": 200, "/display/frame": 90, "/display/motion_to_photon": 90,
          "/display/pose_error": 90}
RATE_MISSED = re.compile(r"\S+ (ran at [\d.]+ Hz, expected were [\d.]+ to [\d.]+ Hz|has been silent for [\d.]+ s)")


def by_name(things):
    return {thing["name"]: thing for thing in things}


class Run:
    """One launch, until it ended: what it said and how."""

    def __init__(self, process, out, err):
        self.code, self.out, self.err = process.returncode, out, err
        self.summary = json.loads(out.splitlines()[-1])
        self.topics = by_name(self.summary["topics"])
        self.nodes = by_name(self.summary["nodes"])

    def messages(self, topic):
        return self.topics[topic]["messages"]

    def metric(self, node, name):
        return by_name(self.nodes[node]["metrics"])[name]


class Demo(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.processes = []
        self.addCleanup(self.check_that_nothing_is_left)

    def start(self, launch, *words, frames="frames", command=(RTCTL, "launch")):
        process = subprocess.Popen([*command, str(SOURCE / "launch" / launch), *words, "--json",
                                    f"frames:={self.folder / frames}"], text=True, start_new_session=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.processes.append(process)
        return process

    def end(self, process):
        out, err = process.communicate(timeout=60)
        run = Run(process, out, err)
        self.check_that_the_code_matches_the_table(run)
        return run

    def run_launch(self, launch, *words, **options):
        return self.end(self.start(launch, *words, **options))

    def check_that_the_code_matches_the_table(self, run):
        reasons = run.summary["reasons"]
        self.assertEqual(run.code, 1 if reasons else 0, run.err)
        self.assertEqual(run.summary["ok"], not reasons)
        for reason in reasons:
            self.assertRegex(reason, RATE_MISSED, run.err)
            self.assertIn(reason, run.err)

    def check_that_nothing_is_left(self):
        for process in self.processes:
            if process.poll() is None:  # a test failed on the way
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=30)
        limit = time.monotonic() + 30  # the broker stays for some seconds
        while (running := self.running()) and time.monotonic() < limit:
            time.sleep(0.1)
        self.assertEqual(running, [])
        self.assertEqual(os.listdir("/dev/shm"), [])
        sockets = [path.name for path in Path("/tmp").iterdir() if stat.S_ISSOCK(path.lstat().st_mode)]
        self.assertEqual(sockets, [])

    @staticmethod
    def running():
        """Zombies do not count: nobody collects them here."""
        result = subprocess.run(["ps", "-eo", "stat=,comm="], capture_output=True, text=True)
        return [line for line in result.stdout.splitlines() if re.match(r"[^Z]\S* +(tactus|rtctl)", line)]

    def check_that_all_flows(self, run, seconds, topics=None):
        """A tenth of what is due, and no more than that and a start's burst."""
        for topic in topics or TOPICS:
            with self.subTest(topic=topic):
                due = TOPICS[topic] * seconds
                self.assertGreater(run.messages(topic), due / 10)
                self.assertLess(run.messages(topic), due * 2)

    def check_frames(self, run, frames="frames"):
        """The files are those that the log names, and show something: a black one has less than 2 kB."""
        named = re.findall(r"wrote (\S+/frame_\d+\.png)", run.err)
        files = sorted(str(file) for file in (self.folder / frames).iterdir())
        self.assertEqual(sorted(named), files)
        self.assertGreater(len(files), 0)
        for file in files:
            self.assertGreater(os.path.getsize(file), 5_000, file)

    def test_a_synthetic_headset(self):
        run = self.run_launch("xr_demo.launch.yaml", "write_every:=45", "--duration", "5")
        self.check_that_all_flows(run, 5)
        self.check_frames(run)
        self.assertIn("stand-in for SLAM: ground truth with noise", run.err)
        self.assertIn("/pose_stand_in", run.nodes)
        error = run.metric("/probe", "position_error"), run.metric("/probe", "rotation_error")
        self.assertGreater(error[0]["count"], 10)
        self.assertLess(error[0]["p50"], 100)  # mm
        self.assertLess(error[1]["p50"], 5)  # degrees
        self.assertGreater(run.metric("/probe", "motion_to_photon")["p50"], 10)  # more than the display's own
        self.assertGreater(run.metric("/tracker", "stereo_tracks")["p50"], 50)

    def test_a_recording(self):
        if not RECORDED.is_dir():
            self.skipTest(f"no recording at {RECORDED} (set TACTUS_TEST_DATA)")
        run = self.run_launch("xr_euroc.launch.yaml", f"dataset:={RECORDED}", "--duration", "6")
        self.check_that_all_flows(run, 6)
        self.check_frames(run)
        left_out = run.metric("/player", "late_images")["count"]
        self.assertEqual(run.messages("/camera/left/image") + run.messages("/camera/right/image") + left_out, 200)
        self.assertEqual(run.metric("/player", "refused_images")["count"], 0)
        self.assertLess(run.metric("/probe", "position_error")["p50"], 100)
        self.assertLess(run.metric("/probe", "rotation_error")["p50"], 5)

    def test_a_launch_ends_with_its_recording(self):
        write_recording(self.folder / "made", seconds=1)
        run = self.run_launch("xr_euroc.launch.yaml", f"dataset:={self.folder}/made")
        self.assertEqual(run.messages("/imu"), 200)
        self.assertEqual(run.nodes["/player"]["state"], "stopped")
        self.assertEqual(run.nodes["/integrator"]["state"], "running")

    def test_at_half_speed_the_same_happens_in_twice_the_time(self):
        write_recording(self.folder / "made", seconds=2)
        run = self.run_launch("xr_euroc.launch.yaml", f"dataset:={self.folder}/made", "rate:=0.5")
        self.assertEqual(run.messages("/imu"), 400)
        self.assertGreater(run.summary["elapsed_s"], 3.9)
        self.assertEqual(run.summary["clock_rate"], 0.5)
        self.assertLess(run.metric("/probe", "position_error")["p50"], 100)

    def test_a_corrupt_and_a_missing_image_are_left_out_and_counted(self):
        stamps = write_recording(self.folder / "made", seconds=3)
        images = self.folder / "made/mav0/cam0/data"
        (images / f"{stamps[20]}.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
        (images / f"{stamps[30]}.png").unlink()
        run = self.run_launch("xr_euroc.launch.yaml", f"dataset:={self.folder}/made")
        self.check_that_all_flows(run, 3, ["/imu", "/camera/left/image", "/display/frame"])
        self.assertEqual(run.metric("/player", "refused_images")["count"], 2)
        late = run.metric("/player", "late_images")["count"]
        played = run.messages("/camera/left/image") + run.messages("/camera/right/image")
        self.assertEqual(played + late + 2, 2 * len(stamps))
        self.assertIn(f"{stamps[20]}.png", run.err)
        self.assertRegex(run.err, r"of 120 images were left out: \d+ late, 2 refused")

    def test_a_recording_that_is_none_is_a_reason_to_fail(self):
        process = self.start("xr_euroc.launch.yaml", f"dataset:={self.folder}")
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertIn("node /player faulted", err)
        self.assertIn("imu0/data.csv: cannot be opened", err)

    def test_ctrl_c_in_the_middle(self):
        process = self.start("xr_demo.launch.yaml")
        process.stdout.readline()  # started
        time.sleep(1)
        os.killpg(process.pid, signal.SIGINT)
        run = self.end(process)
        self.assertNotIn("killed", run.err)

    def test_ctrl_c_twice_while_it_starts(self):
        process = self.start("xr_demo.launch.yaml")
        for _ in range(2):
            time.sleep(0.1)
            os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
        # What matters is what is left behind.

    def test_two_groups_side_by_side(self):
        groups = "one", "two"
        processes = [self.start("xr_demo.launch.yaml", "--duration", "5", "--group", group, f"seed:={seed}", frames=group)
                     for seed, group in enumerate(groups)]
        for process, group in zip(processes, groups):
            run = self.end(process)
            self.check_that_all_flows(run, 5)
            self.check_frames(run, group)
            # What the other one publishes does not come here.
            self.assertLessEqual(run.nodes["/integrator"]["runs"], run.messages("/imu"))
            self.assertLess(run.metric("/probe", "position_error")["p50"], 100)

    def test_a_rate_that_is_not_held_is_a_reason_to_fail(self):
        run = self.run_launch("xr_demo.launch.yaml", "--duration", "2", "--expect", "/imu:1000Hz..2000Hz")
        self.assertEqual(run.code, 1)
        self.assertRegex(run.err, r"/imu ran at [\d.]+ Hz, expected were 1000 to 2000 Hz")

    def test_head_tracking_stays_near_the_truth(self):
        launch = subprocess.Popen([RTCTL, "launch", str(SOURCE / "launch/head_tracking.launch.yaml")],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.processes.append(launch)
        echoes = [subprocess.Popen([RTCTL, "topic", "echo", topic, "--count", "200", "--timeout", "30", "--json",
                                    "--depth", "256"], stdout=subprocess.PIPE, text=True)
                  for topic in ("/head/pose", "/ground_truth/pose") if self.wait_for_topic(topic)]
        poses, truths = [{stamp_of(line): json.loads(line) for line in echo.communicate(timeout=60)[0].splitlines()}
                         for echo in echoes]
        launch.send_signal(signal.SIGINT)
        launch.communicate(timeout=60)
        common = poses.keys() & truths.keys()
        self.assertGreater(len(common), 20)
        for stamp in common:
            metres, degrees = difference(poses[stamp]["pose"], truths[stamp]["pose"])
            self.assertLess(metres, 0.1)
            self.assertLess(degrees, 5)

    def wait_for_topic(self, topic):
        limit = time.monotonic() + 30
        while topic not in subprocess.run([RTCTL, "topic", "list", "--names"], capture_output=True,
                                          text=True).stdout.split():
            self.assertLess(time.monotonic(), limit, f"nobody publishes {topic}")
            time.sleep(0.1)
        return True


def stamp_of(line):
    stamp = json.loads(line)["header"]["stamp"]
    return stamp["sec"], stamp["nanosec"]


def difference(a, b):
    """Metres and degrees."""
    dot = sum(a["orientation"][k] * b["orientation"][k] for k in "xyzw")
    return math.dist(a["position"].values(), b["position"].values()), math.degrees(2 * math.acos(min(1, abs(dot))))


class Script(unittest.TestCase):
    """scripts/demo itself."""
    DEMO = SOURCE / "scripts/demo"

    def demo(self, *words):
        return subprocess.run([self.DEMO, *words], capture_output=True, text=True, timeout=120)

    def test_wrong_arguments_are_named_and_nothing_is_started(self):
        for words, reason in ((["--fast"], "unknown argument '--fast'"), (["--duration"], "--duration needs a value"),
                              (["dataset:=/nowhere"], "no such folder: /nowhere")):
            result = self.demo(*words)
            self.assertEqual(result.returncode, 2)
            self.assertIn(reason, result.stderr)
        self.assertIn("Usage: scripts/demo", self.demo("--help").stdout)

    def test_runs_for_its_duration_and_names_the_frames(self):
        if BUILD != SOURCE / "build" or not self.is_built():
            self.skipTest("scripts/demo would build first")
        result = self.demo("--duration", "3", "--group", "demo_test")
        self.addCleanup(shutil.rmtree, BUILD / "frames.demo_test", True)
        self.assertEqual(result.returncode == 0, result.stdout.endswith("\nok\n"))
        if result.returncode != 0:
            self.assertRegex(result.stderr, RATE_MISSED)
        self.assertRegex(result.stdout, r"/display/frame +\S+ +\d")
        (file,) = set(re.findall(r"wrote (\S+/frame_000090.png)", result.stderr))
        self.assertTrue(os.path.exists(file))

    def is_built(self):
        programs = re.search(r"programs=\(([^)]*)\)", self.DEMO.read_text()).group(1).split()
        return all((BUILD / "bin" / name).exists() or (BUILD / f"lib/tactus/nodes/lib{name}.so").exists()
                   for name in programs)


if __name__ == "__main__":
    unittest.main(verbosity=2)
