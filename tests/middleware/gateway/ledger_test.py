#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sent = received + counted, per topic and second. Run: in_namespace.sh ledger_test.py BUILD_FOLDER [NAME...]"""

import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from gateways import BUILD, HostsCase, main, node  # noqa: E402
from waiting import wait_until  # noqa: E402


class Ledger(HostsCase):
    def writers(self, topic):
        """What the right host knows of who writes it."""
        network = (self.json(self.right, "topic", "info", topic) or {}).get("network", [])
        return [writer for one in network if one["direction"] == "in" for writer in one["writers"]]

    def assert_balanced(self, *topics, seconds=3):
        """Each topic for so many seconds, whatever is lost: nothing is unaccounted for."""
        seen = {topic: {} for topic in topics}

        def enough():
            for topic in topics:
                for writer in self.writers(topic):
                    if last := writer.get("last_second"):
                        seen[topic][(writer["host"], last["second"])] = last
            return all(len([one for one in seen[topic].values() if one["sent"]]) >= seconds for topic in topics)
        wait_until(enough, f"{seconds} balanced seconds", 20 + seconds)
        for topic in topics:
            for last in seen[topic].values():
                self.assertEqual(last["sent"], last["received"] + last["lost"] + last["under_way"], f"{topic}: {last}")
                self.assertEqual(last["under_way"], 0, f"{topic}: {last}")
        return {topic: list(seen[topic].values()) for topic in topics}

    def flow(self, rate="200Hz"):
        self.start(self.left, BUILD / "bin/tactus-run", node("ticker"), "number:=/imu", "--every", rate)
        self.start(self.left, BUILD / "bin/tactus-run", node("image_source"), "image:=/image", "bytes:=300000",
                   "--every", "10Hz")
        self.start(self.right, BUILD / "bin/tactus-run", node("image_sink"), "image:=/image", "good:=/good",
                   "--on", "image")
        self.relay(self.right, "/imu", "/result")

    def lose(self, probability):
        self.right.run("iptables", "-t", "raw", "-A", "PREROUTING", "-i", "eth0", "-m", "statistic", "--mode", "random",
                       "--probability", probability, "-j", "DROP")

    def test_it_holds_on_a_link_that_loses(self):
        self.gateways()
        self.flow()
        self.lose("0.05")
        self.assert_balanced("/imu", "/image")

    def test_it_holds_after_the_sending_gateway_was_killed(self):
        left, _ = self.gateways()
        self.flow()
        self.assert_balanced("/imu", "/image", seconds=1)
        left.send_signal(signal.SIGKILL)
        left.wait()
        before = len(self.writers("/imu"))
        self.gateway(self.left)
        wait_until(lambda: len(self.writers("/imu")) > before, "a new writer", 20)
        self.assert_balanced("/imu", "/image", seconds=2)

    def test_it_holds_after_the_receiving_gateway_was_killed(self):
        _, right = self.gateways()
        self.flow()
        self.assert_balanced("/imu", "/image", seconds=1)
        right.send_signal(signal.SIGKILL)
        right.wait()
        self.gateway(self.right)
        self.assert_balanced("/imu", "/image", seconds=2)

    def test_what_a_pulled_cable_keeps_back_is_counted(self):
        self.gateways()
        self.flow("1000Hz")
        self.assert_balanced("/imu", seconds=1)
        self.left.unplug()  # shorter than the lease; what is kept is half a second
        wait_until(lambda: self.json(self.right, "host", "list")[0]["last_seen_s"] > 2, "silence", 10)
        self.left.plug()
        wait_until(lambda: any(writer["lost"] + writer["overwritten"] for writer in self.writers("/imu")), "the gap", 20)
        self.assert_balanced("/imu", seconds=2)


if __name__ == "__main__":
    main()
