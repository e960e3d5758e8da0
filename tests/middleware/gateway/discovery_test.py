#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What it costs until all know all: packets of DDS discovery, counted by the kernel. Run: in_namespace.sh discovery_test.py BUILD_FOLDER [NAME...]"""

import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from gateways import HostsCase, main  # noqa: E402
from waiting import wait_until  # noqa: E402

# Domain 0, first participant of a host: where it is announced, where its endpoints are told.
PORTS = "7400,7410"


class Discovery:
    def setUp(self):
        super().setUp()
        for host in self.hosts:
            host.run("iptables", "-t", "raw", "-A", "OUTPUT", "-o", "eth0", "-p", "udp", "-m", "multiport", "--dports", PORTS)

    def packets(self):
        """Of discovery, sent by all hosts so far."""
        total = 0
        for host in self.hosts:
            rules = host.run("iptables", "-t", "raw", "-nvxL", "OUTPUT").stdout
            total += int(re.search(r"^\s*(\d+).*multiport", rules, re.M).group(1))
        return total

    def published(self, host, topic):
        info = self.json(host, "topic", "info", topic)
        return info and sum(publisher["messages"] for publisher in info["publishers"]) > 0

    def ring(self):
        """Each host publishes for the next one."""
        begin = time.monotonic()
        self.gateways()
        for number, host in enumerate(self.hosts):
            self.publish(host, f"/from{number}", 40 + number)
            self.relay(host, f"/from{(number + 1) % self.HOSTS}", f"/result{number}")
        for number, host in enumerate(self.hosts):
            self.assert_arrives(host, f"/result{number}", 41 + (number + 1) % self.HOSTS, seconds=20)
        return time.monotonic() - begin

    def test_packets_until_every_host_hears_its_neighbour(self):
        took = self.ring()
        packets = self.packets()
        print(f"{self.HOSTS} hosts: {packets} packets of discovery, {took:.1f} s", file=sys.stderr)
        self.assertGreater(packets, self.HOSTS)  # the counters count
        self.assertLess(packets, self.MOST)

    def test_more_nodes_on_a_topic_are_no_more_discovery(self):
        """One participant, one reader and one writer of a topic for all nodes of a host."""
        self.ring()
        before, begin = self.packets(), time.monotonic()
        for number, host in enumerate(self.hosts):
            for copy in range(3):
                self.relay(host, f"/from{(number + 1) % self.HOSTS}", f"/local{number}_{copy}")
        for number, host in enumerate(self.hosts):
            for copy in range(3):
                wait_until(lambda: self.published(host, f"/local{number}_{copy}"), "its messages", 20)  # noqa: B023
        packets = self.packets() - before
        seconds = time.monotonic() - begin
        print(f"{self.HOSTS} hosts: {packets} packets of discovery for {3 * self.HOSTS} more nodes, {seconds:.1f} s", file=sys.stderr)
        self.assertLess(packets, self.MOST_MORE)


class TwoHosts(Discovery, HostsCase):
    MOST, MOST_MORE = 400, 60


class FiveHosts(Discovery, HostsCase):
    HOSTS = 5
    MOST, MOST_MORE = 2500, 400


if __name__ == "__main__":
    main()
