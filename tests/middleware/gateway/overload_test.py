#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""More is to leave a host than the network takes. Run: in_namespace.sh overload_test.py BUILD_FOLDER [NAME...]"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from gateways import BUILD, RTCTL, HostsCase, main, node  # noqa: E402
from waiting import wait_until  # noqa: E402


LAUNCH = f"""
network: {{interface: eth0, priorities: {{/image: 3}}}}
nodes:
  imu: {{use: {node("ticker")}, every: 200Hz, remap: {{number: /imu}}}}
  camera: {{use: {node("image_source")}, every: 10Hz, remap: {{image: /image}}, parameters: {{bytes: 500000}}}}
"""


class Overload(HostsCase):
    def out(self, topic):
        """How a topic leaves the left host."""
        network = (self.json(self.left, "topic", "info", topic) or {}).get("network", [])
        return next((one for one in network if one["direction"] == "out"), {})

    def writer(self, topic):
        """What the right host knows of it: its own counts beside those of the left one's ledger."""
        network = (self.json(self.right, "topic", "info", topic) or {}).get("network", [])
        arriving = next((one for one in network if one["direction"] == "in"), {"writers": []})
        return arriving["writers"][0] if arriving["writers"] else {}

    def pictures(self):
        return self.value(self.right, "/good") or 0

    def flow(self):
        """Small messages at the rate of an IMU, and pictures: 40 Mbit/s."""
        self.left.run("bash", "-c", f"echo '{LAUNCH}' > /tmp/overload.launch.yaml")
        launch = self.start(self.left, RTCTL, "launch", "/tmp/overload.launch.yaml")
        self.gateway(self.right)
        self.start(self.right, BUILD / "bin/tactus-run", node("image_sink"), "image:=/image", "good:=/good",
                   "--on", "image")
        self.relay(self.right, "/imu", "/result")
        wait_until(lambda: self.pictures() >= 5, "pictures", 20)
        wait_until(lambda: self.writer("/imu").get("received", 0) >= 200, "small messages", 20)
        return launch

    def limit(self, rate):
        self.left.run("tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", rate, "burst", "32kb",
                      "latency", "400ms")

    def test_the_small_topic_loses_nothing_and_the_large_one_is_shed_and_taken_back(self):
        launch = self.flow()
        self.limit("20mbit")
        wait_until(lambda: self.out("/image").get("shedding"), "the pictures to be shed", 20)
        wait_until(lambda: (self.json(self.right, "host", "info", "host1") or {}).get("sheds") == ["/image"],
                   "the other host to know", 20)
        self.assertFalse(self.out("/imu")["shedding"])
        self.assertEqual((self.out("/imu")["priority"], self.out("/image")["priority"]), ("keep", 3))
        before = self.writer("/imu")["received"]
        wait_until(lambda: self.writer("/imu")["received"] > before + 200, "small messages that go on", 20)
        self.left.run("tc", "qdisc", "del", "dev", "eth0", "root")
        wait_until(lambda: not self.out("/image")["shedding"], "the pictures to come back", 30)
        seen = self.pictures()
        wait_until(lambda: self.pictures() > seen + 5, "pictures", 20)
        wait_until(lambda: "all topics leave this host again" in self.text(launch), "the end of the overload", 30)
        self.assertIn("/image is shed", self.text(launch))
        imu, image = self.balance("/imu"), self.balance("/image")
        self.assertEqual((imu["lost"], imu["shed"], imu["overwritten"]), (0, 0, 0))
        self.assertGreater(image["shed"], 0)

    def balance(self, topic):
        """A whole second of it: sent = received + lost, and nothing under way any more."""
        def settled():
            second = self.writer(topic).get("last_second")
            return second is not None and second["sent"] > 0 and second["sent"] == second["received"] + second["lost"]
        wait_until(settled, f"{topic}: sent = received + lost", 20)
        return self.writer(topic)


if __name__ == "__main__":
    main()
