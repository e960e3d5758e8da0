#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One launch file on two hosts. Run: in_namespace.sh split_launch_test.py BUILD_FOLDER [NAME...]"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from hosts import Network  # noqa: E402
from waiting import wait_until  # noqa: E402

BUILD = pathlib.Path(sys.argv[1])
RTCTL = BUILD / "bin/rtctl"
LAUNCH = """
network: {interface: INTERFACE}
executors:
  tracking: {}
nodes:
  headset: {use: synthetic_headset, every: 200Hz, remap: {imu: /imu, ground_truth: /ground_truth/pose}}
  stand_in: {use: pose_stand_in, on: /ground_truth/pose, remap: {ground_truth: /ground_truth/pose, correction: /head/correction}}
  integrator:
    use: imu_integrator
    executor: tracking
    on: /imu
    remap: {imu: /imu, correction: /head/correction, pose: /head/pose}
processes:
  tracking: [tracking]
"""


class SplitLaunch(unittest.TestCase):
    def setUp(self):
        self.sensors, self.tracking = self.enterContext(Network(2))
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(dir="/var/tmp")))
        self.file = self.folder / "split.launch.yaml"
        self.file.write_text(LAUNCH.replace("INTERFACE", "eth0"))

    def launch(self, host, *options):
        log = self.folder / f"{host.address}.log"
        with open(log, "w") as out:
            process = host.start(RTCTL, "launch", self.file, *options, stdout=out, stderr=subprocess.STDOUT)
        process.log = log
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def launch_both(self):
        return (self.launch(self.sensors, "--processes", "main"),
                self.launch(self.tracking, "--processes", "tracking"))

    def messages(self, host, topic):
        try:
            listing = json.loads(host.run(RTCTL, "topic", "info", topic, "--json").stdout)
        except subprocess.CalledProcessError:
            return 0
        return sum(publisher["messages"] for publisher in listing["publishers"])

    def wait_for_messages(self, host, topic, count):
        before = self.messages(host, topic)
        wait_until(lambda: self.messages(host, topic) >= before + count, f"{count} messages on {topic}", 20)

    def test_topics_reach_the_other_half_and_come_back(self):
        left, right = self.launch_both()
        self.wait_for_messages(self.tracking, "/head/pose", 100)
        echo = self.sensors.run(RTCTL, "topic", "echo", "/head/pose", "geometry_msgs/PoseStamped", "--once",
                                "--timeout", "5")
        self.assertIn("frame_id: world", echo.stdout)
        for process in (left, right):
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(20), 0, process.log.read_text())
        for host in (self.sensors, self.tracking):
            wait_until(lambda: host.run("ls", "/dev/shm").stdout == "", "an empty /dev/shm")

    def test_a_killed_gateway_is_started_again(self):
        left, _ = self.launch_both()
        self.wait_for_messages(self.tracking, "/head/pose", 100)
        self.sensors.run("pkill", "-KILL", "-f", "tactus-gateway", "--ns", left.pid, "--nslist", "net")
        wait_until(lambda: "it is started again" in left.log.read_text(), "the restart")
        time.sleep(1)
        self.wait_for_messages(self.tracking, "/head/pose", 100)

    def test_an_address_that_changes_is_followed(self):
        left, _ = self.launch_both()
        self.wait_for_messages(self.tracking, "/head/pose", 100)
        self.sensors.run("ip", "addr", "del", f"{self.sensors.address}/24", "dev", "eth0")
        wait_until(lambda: "it is started again" in left.log.read_text(), "the restart")
        self.sensors.run("ip", "addr", "add", "10.77.0.99/24", "dev", "eth0")
        self.sensors.run("ip", "route", "replace", "224.0.0.0/4", "dev", "eth0")
        time.sleep(2)
        self.wait_for_messages(self.tracking, "/head/pose", 100)

    def test_an_interface_that_is_not_there_is_refused(self):
        self.file.write_text(LAUNCH.replace("INTERFACE", "eth7"))
        process = self.launch(self.sensors)
        self.assertEqual(process.wait(20), 2)
        text = process.log.read_text()
        self.assertIn("network: ", text)
        self.assertIn("eth7", text)
        self.assertIn("nothing was started", text)

    def test_a_process_that_is_not_there_is_refused(self):
        process = self.launch(self.sensors, "--processes", "trakcing")
        self.assertEqual(process.wait(20), 2)
        self.assertIn("'trakcing' is no process of", process.log.read_text())
        self.assertIn("did you mean 'tracking'?", process.log.read_text())


class XrOverTwoHosts(unittest.TestCase):
    """The whole pipeline, and a third host where nothing runs."""

    def setUp(self):
        self.sensors, self.display, self.anywhere = self.enterContext(Network(3))
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(dir="/var/tmp")))
        self.processes = []
        self.addCleanup(self.end_processes)

    def end_processes(self):
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in self.processes:
            process.wait(30)

    def launch(self, host, processes):
        log = self.folder / f"{host.address}.log"
        file = pathlib.Path(__file__).resolve().parents[2] / "launch/xr_two_hosts.launch.yaml"
        with open(log, "w") as out:
            process = host.start(RTCTL, "launch", file, f"frames:={self.folder}", "--processes", processes, stdout=out,
                                 stderr=subprocess.STDOUT)
        process.log = log
        self.processes.append(process)

    def ask(self, *words):
        try:
            return self.anywhere.run(RTCTL, "--domain", "0", "--interface", "eth0", *words).stdout
        except subprocess.CalledProcessError:
            return ""

    def test_a_third_host_sees_the_predicted_pose(self):
        self.launch(self.sensors, "sensors,vision")
        self.launch(self.display, "main")
        wait_until(lambda: "position:" in self.ask("topic", "echo", "/head/predicted_pose", "--once", "--timeout", "2"),
                   "a pose", 40)
        topics = self.ask("topic", "list", "--names").split()
        for topic in ("/imu", "/camera/left/image", "/tracks", "/head/pose", "/head/predicted_pose", "/display/frame"):
            self.assertIn(topic, topics)
        nodes = self.ask("node", "list", "--names").split()
        self.assertIn("host1/tracker", nodes)
        self.assertIn("host2/reprojection", nodes)
        wait_until(lambda: "data:" in self.ask("topic", "echo", "/display/frame", "--once", "--timeout", "2", "--no-arr"),
                   "a displayed frame", 20)


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("skipped: needs root in its namespace")
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
