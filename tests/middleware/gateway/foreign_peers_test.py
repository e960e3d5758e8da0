#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""DDS programs that are not ours. Run: in_namespace.sh foreign_peers_test.py BUILD_FOLDER [NAME...]"""

import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from gateways import BUILD, RTCTL, HostsCase, main  # noqa: E402
from waiting import wait_until  # noqa: E402

NETWORK = ("--domain", "0", "--interface", "eth0")


class ForeignPeers(HostsCase):
    def peer(self, *words):
        return self.start(self.right, BUILD / "tests/cyclone_peer", *words)

    def counts(self, topic):
        """What the left host's gateway has counted of a topic."""
        info = self.json(self.left, "topic", "info", topic)
        return info["network"][0] if info and info["network"] else None

    def test_a_foreign_program_is_heard(self):
        self.gateway(self.left)
        self.peer("write", "/afar", "41")
        self.relay(self.left, "/afar", "/result")
        self.assert_arrives(self.left, "/result", 42)

    def test_a_foreign_program_hears(self):
        self.gateway(self.left)
        self.publish(self.left, "/out", 7)
        reader = self.peer("read", "/out")
        wait_until(lambda: "7\n" in self.text(reader), "the number")

    def test_our_nodes_are_in_the_list_of_ros_with_their_endpoints(self):
        self.gateway(self.left)
        reader = self.peer("nodes")
        self.relay(self.left, "/in", "/result")
        wait_until(lambda: "/ relay_result 1 0" in self.text(reader).splitlines(), "the node with its reader")
        self.peer("read", "/result")
        wait_until(lambda: "/ relay_result 1 1" in self.text(reader).splitlines(), "its writer")

    def test_what_does_not_decode_is_counted_and_the_others_go_on(self):
        gateway = self.gateway(self.left)
        wait_until(lambda: "domain 0" in self.text(gateway), "the start")
        echo = self.start(self.left, RTCTL, "topic", "echo", "/text", "std_msgs/String")
        for length in ("5", "4000000000", "4294967295", "17"):
            self.peer("lie", "/text", length)
        wait_until(lambda: (self.counts("/text") or {}).get("malformed", 0) >= 20, "the lies")
        self.assertEqual(self.counts("/text")["published"], 0)
        self.peer("write", "/afar", "41")
        self.relay(self.left, "/afar", "/result")
        self.assert_arrives(self.left, "/result", 42)
        self.assertIsNone(gateway.poll())
        self.assertNotIn("data", self.text(echo))

    def test_a_gateway_with_nothing_to_do_sleeps(self):
        gateway = self.gateway(self.left)
        wait_until(lambda: "domain 0" in self.text(gateway), "the start")
        self.peer("nodes")

        def cpu_seconds():
            fields = pathlib.Path(f"/proc/{gateway.pid}/stat").read_text().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        before = cpu_seconds()
        time.sleep(2)
        self.assertLess(cpu_seconds() - before, 0.8)

    def test_rtctl_prints_what_a_foreign_program_publishes_from_anywhere(self):
        self.peer("write", "/afar", "41")
        text = self.left.run(RTCTL, *NETWORK, "topic", "echo", "/afar", "--once", "--timeout", "3").stdout
        self.assertIn("data: 41", text)
        self.assertIn("/afar", self.left.run(RTCTL, *NETWORK, "topic", "list").stdout)

    def test_a_type_that_nobody_explains_is_said(self):
        self.peer("nodes")
        self.start(self.right, BUILD / "tests/cyclone_peer", "strange", "/strange")
        wait_until(lambda: "/strange" in self.left.run(RTCTL, *NETWORK, "topic", "list", "--names").stdout, "the topic")
        with self.assertRaises(subprocess.CalledProcessError) as error:
            self.left.run(RTCTL, *NETWORK, "topic", "echo", "/strange", "--once")
        self.assertIn("serves no schema", error.exception.stderr)


if __name__ == "__main__":
    main()
