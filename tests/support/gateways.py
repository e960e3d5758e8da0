# SPDX-License-Identifier: Apache-2.0
"""What tests of several hosts share: programs on them, their logs, values of topics."""
import json
import pathlib
import re
import subprocess
import sys
import unittest

from hosts import Network
from waiting import wait_until

BUILD = pathlib.Path(sys.argv[1]).resolve()
RTCTL = BUILD / "bin/rtctl"


def node(name):
    return BUILD / f"tests/nodes/libtest_{name}.so"


class HostsCase(unittest.TestCase):
    HOSTS = 2

    def setUp(self):
        self.hosts = self.enterContext(Network(self.HOSTS))
        self.left, self.right = self.hosts[:2]
        self.processes = []
        self.addCleanup(self.end_processes)

    def end_processes(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            process.wait(20)
        if self._outcome.result.failures or self._outcome.result.errors:
            for process in self.processes:
                print(f"--- {process.args[-1]}\n{self.text(process)}")

    def start(self, host, *command):
        name = f"/tmp/{len(self.processes)}.log"
        with open(name, "w") as log:
            process = host.start(*command, stdout=log, stderr=subprocess.STDOUT)
        process.log = name
        self.processes.append(process)
        return process

    def gateway(self, host, *options):
        return self.start(host, BUILD / "bin/tactus-gateway", "--interface", "eth0", *options)

    def gateways(self, *options):
        return [self.gateway(host, *options) for host in self.hosts]

    def publish(self, host, topic, number, *options):
        return self.start(host, RTCTL, "topic", "pub", topic, "std_msgs/UInt64", f"{{data: {number}}}",
                          "--rate", "20", *options)

    def relay(self, host, source, target, *options):
        return self.start(host, BUILD / "bin/tactus-run", node("relay"), f"in:={source}", f"out:={target}", "add:=1",
                          "--on", "in", "--name", "relay" + target.replace("/", "_"), *options)

    def value(self, host, topic, *options):
        """The next number on a topic, or nothing."""
        try:
            text = host.run(RTCTL, "topic", "echo", topic, "--once", "--timeout", "1", *options).stdout
        except subprocess.CalledProcessError:
            return None
        return int(re.search(r"data: (\d+)", text).group(1))

    def json(self, host, *verb):
        """What a verb of rtctl says with --json; nothing when it fails."""
        try:
            return json.loads(host.run(RTCTL, *verb, "--json").stdout)
        except subprocess.CalledProcessError:
            return None

    def messages(self, host, topic):
        """How many a topic has carried, by all its publishers."""
        return sum(publisher["messages"] for publisher in self.json(host, "topic", "info", topic)["publishers"])

    def assert_arrives(self, host, topic, expected, *options, seconds=10):
        wait_until(lambda: self.value(host, topic, *options) == expected, f"{topic} = {expected}", seconds)

    @staticmethod
    def text(process):
        return pathlib.Path(process.log).read_text()


def main():
    import os
    if os.geteuid() != 0:
        print("skipped: needs root in its namespace")
        sys.exit(77)
    unittest.main(module="__main__", argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
