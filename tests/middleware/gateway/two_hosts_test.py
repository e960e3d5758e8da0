#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Topics between two hosts through their gateways. Run: in_namespace.sh two_hosts_test.py BUILD_FOLDER [NAME...]"""

import json
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from gateways import BUILD, RTCTL, HostsCase, main, node  # noqa: E402
from waiting import wait_until  # noqa: E402


# Begins on the left host, ends on the right one.
CHAIN = f"""
network: {{interface: eth0}}
executors: {{far: {{}}}}
nodes:
  source: {{use: {node("ticker")}, every: 50Hz, remap: {{number: /out}}}}
  sink: {{use: {node("relay")}, executor: far, on: /out, remap: {{in: /out, out: /result}}}}
processes: {{elsewhere: [far]}}
chains:
  way: [/out, /result]
"""


class TwoHosts(HostsCase):
    def test_a_topic_crosses_there_and_back(self):
        self.gateways()
        self.publish(self.left, "/out", 41)
        self.relay(self.right, "/out", "/home")
        self.relay(self.left, "/home", "/result")
        self.assert_arrives(self.left, "/result", 43)

    def test_nothing_crosses_that_nobody_reads(self):
        left, _ = self.gateways()
        self.publish(self.left, "/out", 1)
        relay = self.relay(self.right, "/out", "/result")
        self.assert_arrives(self.right, "/result", 2)
        self.assertIn("export /out", self.text(left))
        relay.terminate()
        wait_until(lambda: "no longer export /out" in self.text(left), "the end of the export")

    def test_a_late_reader_gets_what_is_latched(self):
        self.gateways()
        self.start(self.left, BUILD / "bin/tactus-run", node("image_sink"), "good:=/good", "--every", "2s")
        self.assert_arrives(self.left, "/good", 0)
        self.relay(self.right, "/good", "/result")
        self.assert_arrives(self.right, "/result", 1)

    def datagrams_that_ip_had_to_split(self, *options):
        """While a message of 100 kB crosses."""
        def splits():
            names, values = [line.split() for line in self.left.run("cat", "/proc/net/snmp").stdout.splitlines()[:2]]
            return int(values[names.index("FragCreates")])
        self.gateways(*options)
        before = splits()
        text = json.dumps({"data": 100_000 * "x"})
        self.start(self.left, RTCTL, "topic", "pub", "/large", "std_msgs/String", text, "--rate", "20")
        wait_until(lambda: self.json(self.right, "topic", "list") is not None, "the right host", 20)
        echo = self.right.run(RTCTL, "topic", "echo", "/large", "std_msgs/String", "--once", "--timeout", "20", "--json").stdout
        self.assertEqual(json.loads(echo), json.loads(text))
        return splits() - before

    def test_a_datagram_fits_into_a_frame(self):
        self.assertEqual(self.datagrams_that_ip_had_to_split(), 0)

    def test_where_nothing_is_lost_datagrams_are_larger(self):
        self.assertGreater(self.datagrams_that_ip_had_to_split("--loss-free"), 0)

    def test_a_chain_that_begins_on_another_host_is_measured(self):
        for host, process in ((self.left, "main"), (self.right, "elsewhere")):
            host.run("bash", "-c", f"echo '{CHAIN}' > /tmp/chain.launch.yaml")
            self.start(host, RTCTL, "launch", "/tmp/chain.launch.yaml", "--processes", process)

        def ages():
            metrics = (self.json(self.right, "node", "info", "/sink") or {}).get("metrics", [])
            return next((metric for metric in metrics if metric["name"] == "way"), {})
        wait_until(lambda: ages().get("count", 0) >= 20, "20 ages of the chain", 30)
        self.assertGreaterEqual(ages()["min"], 0)

    def test_groups_do_not_see_each_other(self):
        _, right = self.gateways("--group", "blue")
        self.publish(self.left, "/out", 1)  # the default group: no gateway serves it
        self.relay(self.right, "/out", "/result", "--group", "blue")
        wait_until(lambda: "wait for /out" in self.text(right), "the reader's demand")
        self.assertIsNone(self.value(self.right, "/result", "--group", "blue"))
        self.publish(self.left, "/out", 7, "--group", "blue")
        self.assert_arrives(self.right, "/result", 8, "--group", "blue")

    def test_another_type_of_the_same_name_is_told(self):
        left, _ = self.gateways()
        self.start(self.left, RTCTL, "topic", "pub", "/out", "std_msgs/String", "{data: text}", "--rate", "20")
        self.relay(self.right, "/out", "/result")
        wait_until(lambda: "/out does not cross: type differs: std_msgs/msg/String here" in self.text(left),
                   "the reason")

    def test_a_topic_published_on_both_sides_does_not_loop(self):
        self.gateways("--import", "/both")
        for host in (self.left, self.right):
            self.publish(host, "/both", 1)
            self.relay(host, "/both", "/result")
        for host in (self.left, self.right):
            self.assert_arrives(host, "/result", 2)
        before = [self.messages(host, "/both") for host in (self.left, self.right)]
        time.sleep(2)
        for host, first in zip((self.left, self.right), before):
            # 20 per second of its own, and 20 that came in: a loop would be thousands.
            self.assertLess(self.messages(host, "/both") - first, 160)

    def test_topics_flow_again_after_the_cable_was_out(self):
        self.gateways()
        self.publish(self.left, "/out", 1)
        self.relay(self.right, "/out", "/result")
        self.assert_arrives(self.right, "/result", 2)
        self.left.unplug()
        wait_until(lambda: self.value(self.right, "/result") is None, "silence")
        self.left.plug()
        self.assert_arrives(self.right, "/result", 2, seconds=20)

    def test_a_changed_address_ends_the_gateway_so_that_a_new_one_follows_it(self):
        left, _ = self.gateways()
        self.publish(self.left, "/out", 1)
        self.relay(self.right, "/out", "/result")
        self.assert_arrives(self.right, "/result", 2)
        self.left.run("ip", "addr", "del", f"{self.left.address}/24", "dev", "eth0")
        self.assertEqual(left.wait(10), 75)
        wait_until(lambda: self.value(self.right, "/result") is None, "silence")
        self.left.run("ip", "addr", "add", "10.77.0.77/24", "dev", "eth0")
        self.left.run("ip", "route", "replace", "224.0.0.0/4", "dev", "eth0")
        self.start(self.left, BUILD / "bin/tactus-gateway", "--interface", "eth0")
        self.assert_arrives(self.right, "/result", 2, seconds=20)

    def test_a_topic_that_is_read_does_not_begin_twice(self):
        left, _ = self.gateways()
        self.relay(self.right, "/out", "/result")
        time.sleep(1)
        self.publish(self.left, "/out", 1)
        self.assert_arrives(self.right, "/result", 2)
        self.assertEqual(self.text(left).count("export /out"), 1)

    def test_topics_flow_again_after_a_gateway_was_killed(self):
        left, _ = self.gateways()
        self.publish(self.left, "/out", 1)
        self.relay(self.right, "/out", "/result")
        self.assert_arrives(self.right, "/result", 2)
        left.send_signal(signal.SIGKILL)
        left.wait()
        self.start(self.left, BUILD / "bin/tactus-gateway", "--interface", "eth0")
        self.assert_arrives(self.right, "/result", 2, seconds=20)

    def test_large_pictures_cross_a_link_that_loses_one_percent(self):
        self.gateways()
        self.start(self.right, BUILD / "bin/tactus-run", node("image_sink"), "image:=/image", "good:=/good",
                   "--on", "image")
        self.right.run("iptables", "-t", "raw", "-A", "PREROUTING", "-i", "eth0", "-m", "statistic", "--mode", "random",
                       "--probability", "0.01", "-j", "DROP")
        self.start(self.left, BUILD / "bin/tactus-run", node("image_source"), "image:=/image", "bytes:=2000000",
                   "--every", "5Hz")
        wait_until(lambda: (self.value(self.right, "/good") or 0) >= 20, "20 whole pictures", 30)

    def test_a_wrong_interface_is_an_error_with_its_reason(self):
        gateway = self.start(self.left, BUILD / "bin/tactus-gateway", "--interface", "eth7")
        self.assertEqual(gateway.wait(20), 1)
        self.assertIn("eth7", self.text(gateway))

    def test_ctrl_c_ends_it_cleanly(self):
        left, _ = self.gateways()
        wait_until(lambda: "domain 0" in self.text(left), "the start")
        left.send_signal(signal.SIGINT)
        self.assertEqual(left.wait(10), 0)


if __name__ == "__main__":
    main()
