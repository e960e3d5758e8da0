#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Topics on a cable that delays frames and changes their order. Run: in_namespace.sh slow_cable_test.py BUILD_FOLDER [NAME...]"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from gateways import BUILD, RTCTL, HostsCase, main, node  # noqa: E402
from slow_cable import SlowCable  # noqa: E402
from waiting import wait_until  # noqa: E402

DELAY, JITTER = 0.02, 0.01


class Slow(HostsCase):
    def setUp(self):
        super().setUp()
        self.cable = self.enterContext(SlowCable(self.right, DELAY, JITTER))

    def test_messages_arrive_once_and_in_order_though_frames_overtake_each_other(self):
        self.gateways()
        self.start(self.left, BUILD / "bin/tactus-run", node("ticker"), "number:=/imu", "--every", "500Hz")
        self.relay(self.right, "/imu", "/result")
        wait_until(lambda: self.value(self.right, "/result"), "the topic", 20)
        lines = self.right.run(RTCTL, "topic", "echo", "/imu", "--count", "500", "--depth", "256", "--timeout", "5").stdout
        numbers = [int(number) for number in re.findall(r"data: (\d+)", lines)]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 500)))
        self.assertGreater(self.cable.overtaken, 50)

    def test_pictures_of_many_frames_arrive_whole(self):
        self.gateways()
        self.start(self.left, BUILD / "bin/tactus-run", node("image_source"), "image:=/image", "bytes:=300000",
                   "--every", "10Hz")
        self.start(self.right, BUILD / "bin/tactus-run", node("image_sink"), "image:=/image", "good:=/good",
                   "--on", "image")
        wait_until(lambda: (self.value(self.right, "/good") or 0) >= 20, "20 whole pictures", 30)
        self.assertGreater(self.cable.overtaken, 1000)

    def test_clocks_are_compared_within_the_uncertainty_that_is_told(self):
        self.gateways()

        def host():
            return next(iter(self.json(self.left, "host", "list") or []), {})
        wait_until(lambda: host().get("offset_ns") is not None, "the offset", 20)
        found = host()
        self.assertGreaterEqual(found["round_trip_ns"], 2 * DELAY * 1e9)
        # Both group clocks begin with UTC of the one machine.
        self.assertLess(abs(found["offset_ns"]), found["uncertainty_ns"] + 5_000_000)


if __name__ == "__main__":
    main()
