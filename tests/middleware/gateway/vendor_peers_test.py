#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Programs of other DDS implementations, value by value. Run: in_namespace.sh vendor_peers_test.py BUILD_FOLDER [CLASS[.NAME]...]"""

import json
import pathlib
import shlex
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from gateways import BUILD, RTCTL, HostsCase, main  # noqa: E402
from waiting import wait_until  # noqa: E402

PEERS = pathlib.Path(__file__).resolve().parent / "peers"
FASTDDS = BUILD / "tests/fastdds_peer"
FOXGLOVE = BUILD / "tests/foxglove_peer"

# Tuples are arrays of fixed length, lists are sequences. The numbers have no shorter form in binary.
HEADER = {"stamp": {"sec": -2147483648, "nanosec": 4294967295}, "frame_id": "köpfchen/κεφαλή"}
MESSAGES = {
    "String": {"data": 'a "quoted" \\ line, 你好'},
    "PoseStamped": {"header": HEADER,
                    "pose": {"position": {"x": 0.1, "y": -1e-300, "z": 1.7976931348623157e308},
                             "orientation": {"x": 0.1, "y": 0.2, "z": -0.30000000000000004, "w": 1 / 3}}},
    "Imu": {"header": HEADER,
            "orientation": {"x": 0.5, "y": -0.5, "z": 0.25, "w": 2 / 3},
            "orientation_covariance": tuple(0.1 * i for i in range(9)),
            "angular_velocity": {"x": 1e-9, "y": 2.2250738585072014e-308, "z": -3.3},
            "angular_velocity_covariance": tuple(-0.7 * i for i in range(9)),
            "linear_acceleration": {"x": 0.0, "y": 9.80665, "z": -1.1},
            "linear_acceleration_covariance": (-1.0,) + 8 * (0.125,)},
    "JointState": {"header": HEADER, "name": ["", "shoulder", "ellbogen-ö"], "position": [0.1, 1 / 3, -3.14], "velocity": [],
                   "effort": [5e-324]},
}
PACKAGES = {"String": "std_msgs", "PoseStamped": "geometry_msgs", "Imu": "sensor_msgs", "JointState": "sensor_msgs"}


def values(message):
    """All of a message in order, a sequence with its length in front."""
    if isinstance(message, dict):
        return [value for field in message.values() for value in values(field)]
    if isinstance(message, (list, tuple)):
        length = [len(message)] if isinstance(message, list) else []
        return length + [value for element in message for value in values(element)]
    return [message]


def as_lists(message):
    return json.loads(json.dumps(message))


class VendorCase(HostsCase):
    def setUp(self):
        super().setUp()
        self.border = self.gateway(self.left)
        wait_until(lambda: "domain 0" in self.text(self.border), "the gateway's start", 20)

    def send(self, name, message, topic):
        """From the left host."""
        self.start(self.left, RTCTL, "topic", "pub", topic, f"{PACKAGES[name]}/{name}", json.dumps(message), "--rate", "20")

    def assert_line(self, name, message, text):
        words = shlex.split(text)
        expected = values(message)
        self.assertEqual(len(words), len(expected), text)
        for word, value in zip(words, expected):
            self.assertEqual(word if isinstance(value, str) else float(word), value, name)

    def lines_of(self, reader):
        return wait_until(lambda: self.text(reader).splitlines()[1:2], "two messages", 20)


class FastDds(VendorCase):
    """Fast DDS, with what its own code generator's types do."""

    def test_it_reads_every_value_of_ours(self):
        for name, message in MESSAGES.items():
            with self.subTest(name):
                reader = self.start(self.right, FASTDDS, "read", f"/to/{name}", name)
                self.send(name, message, f"/to/{name}")
                self.assert_line(name, message, self.lines_of(reader)[0])

    def test_we_read_every_value_of_its(self):
        for name, message in MESSAGES.items():
            with self.subTest(name):
                self.start(self.right, FASTDDS, "write", f"/from/{name}", name, *values(message))
                text = self.left.run(RTCTL, "topic", "echo", f"/from/{name}", f"{PACKAGES[name]}/{name}", "--once",
                                     "--timeout", "20", "--json", "--full-length").stdout
                self.assertEqual(json.loads(text), as_lists(message))

    def test_messages_of_many_packets_arrive_whole_in_both_directions(self):
        text = "".join(chr(ord("a") + i * i % 26) for i in range(100_000))
        reader = self.start(self.right, FASTDDS, "read", "/large", "String")
        self.send("String", {"data": text}, "/large")
        self.assertEqual(self.lines_of(reader)[0].strip(), f'"{text}"')
        late = self.start(self.left, RTCTL, "topic", "echo", "/back", "std_msgs/String", "--json")
        self.start(self.right, FASTDDS, "write", "/back", "String", text)
        wait_until(lambda: "/back has messages of up to 131072 bytes: it goes with the large ones" in self.text(self.border), "the move", 20)
        seen = len(self.text(late).splitlines())
        wait_until(lambda: len(self.text(late).splitlines()) > seen + 2, "messages after the move", 20)
        counts = wait_until(lambda: self.json(self.left, "topic", "info", "/back")["network"], "the gateway's counts", 20)
        self.assertEqual(counts[0]["too_large"], 0)
        echo = self.left.run(RTCTL, "topic", "echo", "/back", "std_msgs/String", "--once", "--timeout", "20", "--json").stdout
        self.assertEqual(json.loads(echo), {"data": text})


class Foxglove(VendorCase):
    """@foxglove/rtps: a ROS 2 subscriber written in TypeScript; it can only subscribe."""

    def test_it_reads_every_value_of_ours(self):
        for name, message in MESSAGES.items():
            with self.subTest(name):
                reader = self.start(self.right, "node", PEERS / "foxglove/peer.js", FOXGLOVE, self.right.address, f"/to/{name}",
                                    name)
                self.send(name, message, f"/to/{name}")
                self.assert_line(name, message, self.lines_of(reader)[0])


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


if __name__ == "__main__":
    wanted = " ".join(sys.argv[2:])
    if "FastDds" in wanted and not FASTDDS.exists():
        skip("no Fast DDS here: scripts/setup installs libfastrtps-dev")
    if "Foxglove" in wanted and shutil.which("node") is None:
        skip("no Node.js here: scripts/setup installs it")
    if "Foxglove" in wanted and not (FOXGLOVE / "node_modules/@foxglove/rtps").exists():
        skip("the npm package @foxglove/rtps is not here: the npm registry was out of reach when this was built")
    main()
