#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A DDS participant that means harm. Run: in_namespace.sh hostile_peer_test.py BUILD_FOLDER [NAME...]"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from gateways import BUILD, RTCTL, HostsCase, main  # noqa: E402
from waiting import wait_until  # noqa: E402

HOSTILE = BUILD / "tests/hostile_peer"
SAMPLES = 3000


class HostilePeer(HostsCase):
    def setUp(self):
        super().setUp()
        self.border = self.gateway(self.left)
        wait_until(lambda: "domain 0" in self.text(self.border), "the gateway's start", 20)

    def hostile(self, *words):
        return self.start(self.right, HOSTILE, *words)

    def echo(self, topic, type_name):
        return self.start(self.left, RTCTL, "topic", "echo", topic, type_name, "--json")

    def counts(self, topic):
        info = self.json(self.left, "topic", "info", topic)
        return next((one for one in info["network"] if one["direction"] == "in"), {}) if info else {}

    def resident_kb(self):
        status = pathlib.Path(f"/proc/{self.border.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))

    def mutate(self, topic, type_name, seed):
        """Returns how many of the samples were well-formed by chance."""
        peer = self.hostile("mutate", topic, type_name, seed, SAMPLES)
        wait_until(lambda: "well-formed" in self.text(peer), f"seed {seed}", 60)
        return int(re.search(r"(\d+) well-formed", self.text(peer)).group(1))

    def assert_good_ones_pass(self, topic, type_name, word):
        echo = self.echo(topic, type_name)
        good = self.hostile("good", "rt" + topic, type_name.replace("/", "/msg/"))
        wait_until(lambda: word in self.text(echo), "a good message", 20)
        for process in (good, echo):
            process.terminate()
        self.assertIsNone(self.border.poll())

    def assert_survives(self, topic, type_name, word):
        echo = self.echo(topic, type_name)
        wait_until(lambda: f"wait for {topic}" in self.text(self.border), "the demand", 20)
        before_kb = self.resident_kb()
        expected = sum(self.mutate("rt" + topic, type_name.replace("/", "/msg/"), seed) for seed in (1, 2))
        def all_here():
            one = self.counts(topic)
            return one if sum(writer["newest"] == SAMPLES for writer in one.get("writers", [])) == 2 else None
        counts = wait_until(all_here, "all samples", 20)
        refused = counts["malformed"] + counts["too_large"] + counts["dropped"]
        self.assertEqual(counts["received"], counts["published"] + refused)
        # What Cyclone pads to four bytes may become well-formed by that; what came too fast is overwritten.
        missing = 2 * SAMPLES - counts["received"]
        self.assertGreaterEqual(counts["published"] + counts["too_large"] + counts["dropped"], expected - missing)
        self.assertGreater(counts["received"], 500)
        self.assertGreater(counts["malformed"], counts["received"] * (1 - expected / (2 * SAMPLES)) / 2)
        self.assertEqual(sum(writer.get("malformed", 0) for writer in counts["writers"]), counts["malformed"])
        self.assertRegex(self.text(self.border), rf"{topic}: refused \d+ messages that are no .* most of DDS \w+ \(host host2, pid \d+")
        self.assertIn("network in: DDS ", self.left.run(RTCTL, "topic", "info", topic).stdout)
        self.assertLess(self.resident_kb() - before_kb, 50_000)
        echo.terminate()
        echo.wait(20)
        self.assertNotIn("were malformed", self.text(echo))  # nothing that a local reader would have to refuse
        self.assert_good_ones_pass(topic, type_name, word)

    def test_mutated_messages_are_counted_and_named_and_good_ones_pass(self):
        self.assert_survives("/joints", "sensor_msgs/JointState", "shoulder")

    def test_mutated_texts_are_counted_and_named_and_good_ones_pass(self):
        self.assert_survives("/text", "std_msgs/String", "gggggggggggggggggggg")

    def test_what_this_host_has_no_room_for_is_refused(self):
        echo = self.echo("/text", "std_msgs/String")
        blob = self.hostile("blob", "rt/text", "std_msgs/msg/String", 40_000_000)
        wait_until(lambda: self.counts("/text").get("too_large", 0) >= 2, "refusals", 60)
        self.assertRegex(self.text(self.border), r"/text: refused 0 messages that are no std_msgs/msg/String and 1 that are too large")
        blob.terminate()
        echo.terminate()
        self.assert_good_ones_pass("/text", "std_msgs/String", "gggggggggggggggggggg")

    def test_what_a_writer_claims_about_itself_holds_nobody_up(self):
        for claim in ("max_bytes=18446744073709551615;", "max_bytes=2000000000;", "max_bytes=-1;", "typehash=;;;=;max_bytes",
                      "tactus_host=zz;" + 1000 * "x"):
            with self.subTest(claim[:40]):
                peer = self.hostile("claim", "rt/text", "std_msgs/msg/String", claim)
                self.assert_good_ones_pass("/text", "std_msgs/String", "gggggggggggggggggggg")
                peer.terminate()
                peer.wait(20)

    def test_a_type_of_another_name_is_told_with_its_participant_and_stays_out(self):
        echo = self.echo("/text", "std_msgs/String")
        wait_until(lambda: "wait for /text" in self.text(self.border), "the demand", 20)
        for name, shown in (("evil::\x1b[2J_", r"evil::\?\[2J_"), (1000 * "x", 256 * "x")):
            alien = self.hostile("alien", "rt/text", "std_msgs/msg/String", name)
            told = re.compile(rf"/text does not cross: type differs: std_msgs/msg/String here, a remote publisher has {shown} \(DDS [0-9a-f]{{24}}\)")
            wait_until(lambda: told.search(self.text(self.border)), "the reason", 20)  # noqa: B023
            if name.startswith("evil"):  # the other one stays
                alien.terminate()
                alien.wait(20)
        self.assert_good_ones_pass("/text", "std_msgs/String", "gggggggggggggggggggg")
        self.assertNotIn("\x1b", self.text(self.border))
        echo.terminate()

    def test_nonsense_on_the_topics_of_the_mesh_holds_nobody_up(self):
        for number, name in enumerate(("host", "ledger", "clock", "question", "answer")):
            kind = {"host": "Host", "ledger": "Ledger", "clock": "ClockProbe", "question": "Question", "answer": "Answer"}[name]
            self.mutate(f"tactus/{name}", f"host_msgs/msg/{kind}", number)
        self.assert_good_ones_pass("/text", "std_msgs/String", "gggggggggggggggggggg")
        self.assertLess(len(self.text(self.border).splitlines()), 200)

    def test_nonsense_in_place_of_packets_changes_nothing(self):
        """Beginnings of real packets, then anything."""
        code = f"""
import random, socket
chance, wire = random.Random(7), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(20000):
    packet = b'RTPS\\x02\\x01\\x01\\x10' + chance.randbytes(12)
    for _ in range(chance.randrange(4)):
        body = chance.randbytes(chance.randrange(60))
        size = len(body) if chance.random() < 0.7 else chance.randrange(65536)
        packet += bytes([chance.choice([1, 6, 7, 8, 9, 12, 14, 18, 19, 21, 22, 48, chance.randrange(256)]), chance.randrange(256)])
        packet += size.to_bytes(2, 'little') + body
    wire.sendto(packet, ('{self.left.address}', chance.choice([7400, 7401, 7410, 7411, 7412, 7413])))
"""
        self.right.run("/usr/bin/python3", "-c", code)
        self.assert_good_ones_pass("/text", "std_msgs/String", "gggggggggggggggggggg")
        self.assertLess(len(self.text(self.border).splitlines()), 200)


if __name__ == "__main__":
    main()
