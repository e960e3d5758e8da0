#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Hosts that know each other. Run: in_namespace.sh hosts_test.py BUILD_FOLDER [NAME...]"""

import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from gateways import RTCTL, HostsCase, main  # noqa: E402
from waiting import wait_until  # noqa: E402


class Hosts(HostsCase):
    HOSTS = 3

    def names(self, host):
        return [other["name"] for other in self.json(host, "host", "list") or []]

    def assert_sees(self, host, *names, seconds=10):
        wait_until(lambda: self.names(host) == list(names), f"{names} in host list", seconds)

    def host(self, seen_from, name):
        return next(other for other in self.json(seen_from, "host", "list") if other["name"] == name)

    def test_every_host_lists_the_others(self):
        self.gateways()
        self.assert_sees(self.left, "host2", "host3")
        self.assert_sees(self.right, "host1", "host3")
        self.assertEqual(self.host(self.left, "host2")["addresses"], [f"eth0 {self.right.address}"])

    def test_what_a_host_runs_offers_and_wants_is_shown(self):
        self.gateways()
        self.publish(self.left, "/out", 1)
        self.relay(self.right, "/out", "/result")
        wait_until(lambda: (self.json(self.left, "host", "info", "host2") or {}).get("nodes") == ["/relay_result"],
                   "the node")
        info = self.json(self.left, "host", "info", "host2")
        self.assertEqual({topic["name"]: (topic["publishers"], topic["subscribers"]) for topic in info["topics"]},
                         {"/out": ([], ["/relay_result"]), "/result": (["/relay_result"], [])})
        text = self.left.run(RTCTL, "host", "info", "host2").stdout
        self.assertIn("node: host2/relay_result", text)

    def test_clocks_are_compared_with_an_uncertainty_that_holds(self):
        self.gateways()
        self.assert_sees(self.left, "host2", "host3")
        wait_until(lambda: self.host(self.left, "host2")["offset_ns"] is not None, "the offset")
        host = self.host(self.left, "host2")
        # The group clocks of both begin with UTC: the machine's one clock.
        self.assertGreater(host["uncertainty_ns"], 0)
        self.assertLess(abs(host["offset_ns"]), host["uncertainty_ns"] + 5_000_000)
        # What one sees is what the other sees, the other way round.
        wait_until(lambda: self.host(self.right, "host1")["offset_ns"] is not None, "the offset")
        back = self.host(self.right, "host1")
        self.assertLessEqual(abs(host["offset_ns"] + back["offset_ns"]), host["uncertainty_ns"] + back["uncertainty_ns"])

    def test_who_leaves_and_who_is_lost_is_told_as_an_event(self):
        left, right, third = self.gateways()
        self.assert_sees(self.left, "host2", "host3")
        right.send_signal(signal.SIGTERM)
        self.assert_sees(self.left, "host3")
        third.send_signal(signal.SIGKILL)
        self.assert_sees(self.left, seconds=15)
        self.assertIn("host host2 left", self.text(left))
        self.assertIn("host host3 was lost", self.text(left))
        events = self.left.run(RTCTL, "topic", "echo", "/tactus/hosts", "--count", "4", "--timeout", "2", "--json").stdout
        self.assertEqual(sorted(event.count('"event":1') or event.count('"event": 1') for event in events.splitlines()),
                         [0, 0, 1, 1])

    def test_a_host_behind_a_pulled_cable_is_lost_and_comes_back(self):
        self.gateways()
        self.assert_sees(self.left, "host2", "host3")
        self.right.unplug()
        self.assert_sees(self.left, "host3", seconds=15)
        self.right.plug()
        self.assert_sees(self.left, "host2", "host3", seconds=20)

    def test_hosts_of_another_group_are_not_listed(self):
        self.gateway(self.left)
        self.gateway(self.right, "--group", "blue")
        self.gateway(self.hosts[2])
        self.assert_sees(self.left, "host3")
        self.assertEqual(self.names(self.right), [])

    def test_without_a_gateway_the_error_says_what_to_do(self):
        self.publish(self.left, "/out", 1)
        wait_until(lambda: self.json(self.left, "topic", "list"), "the topic")
        with self.assertRaises(Exception) as refused:
            self.left.run(RTCTL, "host", "list")
        self.assertIn("'network:'", refused.exception.stderr)


class FiveHosts(HostsCase):
    HOSTS = 5

    @staticmethod
    def packets(host):
        """Sent by a host so far, of all kinds."""
        line = next(line for line in host.run("cat", "/proc/net/dev").stdout.splitlines() if "eth0:" in line)
        return int(line.split(":")[1].split()[9])

    def test_all_find_each_other_and_are_quiet_then(self):
        before = [self.packets(host) for host in self.hosts]
        begin = time.monotonic()
        self.gateways()
        for host in self.hosts:
            wait_until(lambda: len(self.json(host, "host", "list") or []) == 4, "four others", 20)
        took = time.monotonic() - begin
        found = [self.packets(host) - first for host, first in zip(self.hosts, before)]
        rest = [self.packets(host) for host in self.hosts]
        time.sleep(5)
        rest = [(self.packets(host) - first) / 5 for host, first in zip(self.hosts, rest)]
        print(f"{took:.1f} s, packets per host to full match {found}, per second then {rest}", file=sys.stderr)
        self.assertLess(max(found), 3000)
        self.assertLess(max(rest), 300)


if __name__ == "__main__":
    main()
