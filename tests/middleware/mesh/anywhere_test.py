#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""rtctl on a host where nothing runs. Run: in_namespace.sh anywhere_test.py BUILD_FOLDER [NAME...]"""

import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from gateways import RTCTL, HostsCase, main  # noqa: E402
from waiting import wait_until  # noqa: E402

NETWORK = ("--domain", "0", "--interface", "eth0")


class Anywhere(HostsCase):
    HOSTS = 3

    def setUp(self):
        super().setUp()
        self.empty = self.hosts[2]

    def run_hosts(self, *options):
        """A number on /out from the left, taken on the right, given back as /result."""
        for host in (self.left, self.right):
            self.gateway(host, *options)
        self.publish(self.left, "/out", 1)
        self.relay(self.right, "/out", "/result")
        self.assert_arrives(self.right, "/result", 2)

    def ask(self, *words):
        return self.empty.run(RTCTL, *NETWORK, *words).stdout

    def refused(self, *words):
        with self.assertRaises(subprocess.CalledProcessError) as error:
            self.empty.run(RTCTL, *NETWORK, *words)
        return error.exception.stderr

    def test_topics_and_nodes_of_all_hosts_are_listed(self):
        self.run_hosts()
        self.assertEqual(self.ask("topic", "list", "--names").split(), ["/out", "/result"])
        self.assertIn("host2/relay_result", self.ask("node", "list", "--names"))
        self.assertIn("running", self.ask("node", "info", "host2/relay_result"))
        self.assertEqual([host["name"] for host in json.loads(self.ask("host", "list", "--json"))], ["host1", "host2"])
        self.assertEqual(self.empty.run("ls", "/dev/shm").stdout, "")

    def test_a_message_is_printed_and_options_may_stand_behind_the_verb(self):
        self.run_hosts()
        self.assertIn("data: 2", self.ask("topic", "echo", "/result", "--once", "--timeout", "2"))
        text = self.empty.run(RTCTL, "topic", "echo", "/out", "--once", *NETWORK).stdout
        self.assertIn("data: 1", text)

    def test_a_host_is_found_by_its_address_where_there_is_no_multicast(self):
        self.run_hosts("--peer", "10.77.0.1", "--peer", "10.77.0.2", "--no-multicast")
        text = self.empty.run(RTCTL, *NETWORK, "--no-multicast", "--peer", self.left.address, "topic", "echo", "/out",
                              "--once", "--timeout", "2").stdout
        self.assertIn("data: 1", text)

    def test_rates_are_those_of_the_publishers_counters(self):
        self.run_hosts()
        line = json.loads(self.ask("topic", "hz", "/out", "--count", "1", "--window", "2s", "--json"))
        self.assertGreater(line[0]["hz"], 10)
        self.assertLess(line[0]["hz"], 30)

    def test_what_is_published_arrives(self):
        self.run_hosts()
        self.relay(self.left, "/from_afar", "/heard")
        wait_until(lambda: "/from_afar" in self.ask("topic", "list", "--names"), "the demand")
        self.start(self.empty, RTCTL, *NETWORK, "topic", "pub", "/from_afar", "std_msgs/UInt64", "{data: 41}", "--rate", "5")
        self.assert_arrives(self.left, "/heard", 42)

    def test_every_pair_is_told_with_its_path(self):
        self.run_hosts()
        edges = json.loads(self.ask("topic", "info", "/out", "--json"))["edges"]
        self.assertEqual([(edge["to"], edge["path"]) for edge in edges], [("host2/relay_result", "network")])
        local = self.json(self.left, "topic", "info", "/out")
        self.assertIn({"to": "host2/relay_result", "path": "network"},
                      [{key: edge[key] for key in ("to", "path")} for edge in local["edges"]])

    def test_a_pair_that_does_not_meet_is_told_with_the_reason(self):
        self.gateway(self.left, "--export", "/other")
        self.gateway(self.right)
        self.publish(self.left, "/out", 1)
        self.relay(self.right, "/out", "/result")

        def mismatches():
            try:
                return json.loads(self.ask("topic", "info", "/out", "--json"))["mismatches"]
            except subprocess.CalledProcessError:
                return []
        wait_until(mismatches, "the reason")
        self.assertEqual([(pair["to"], pair["reason"]) for pair in mismatches()],
                         [("host2/relay_result", "not exported by host1")])
        self.start(self.left, RTCTL, "topic", "pub", "/text", "std_msgs/String", "{data: text}", "--rate", "5")
        self.relay(self.right, "/text", "/never")
        wait_until(lambda: "type differs: std_msgs/msg/String on host1, std_msgs/msg/UInt64 on host2" in
                   (self.ask("topic", "info", "/text") if "/text" in self.ask("topic", "list", "--names") else ""), "the types")

    def test_wrong_names_and_interfaces_are_said(self):
        self.run_hosts()
        self.assertIn("did you mean '/result'?", self.refused("topic", "info", "/reslt"))
        with self.assertRaises(subprocess.CalledProcessError) as error:
            self.empty.run(RTCTL, "--domain", "0", "--interface", "eth7", "topic", "list")
        self.assertIn("--interface eth7", error.exception.stderr)

    def test_an_empty_domain_is_empty(self):
        self.assertEqual(self.ask("topic", "list", "--names"), "")


if __name__ == "__main__":
    main()
