# SPDX-License-Identifier: Apache-2.0
"""Several hosts on one machine: namespaces with their own /tmp, /dev/shm and network, joined by a bridge.

Run below tests/support/in_namespace.sh, as root of that namespace.
"""
import subprocess

_SETUP = ("mount --make-rprivate / && mount -t tmpfs -o size=1g tmpfs /dev/shm &&"
          " mount -t tmpfs tmpfs /tmp && ip link set lo up && echo ready && exec sleep infinity")


class Host:
    """One host: `address` on the bridge's network, interface `eth0`."""

    def __init__(self, number):
        self.address = f"10.77.0.{number}"
        self._outer = subprocess.Popen(
            ["unshare", "--mount", "--ipc", "--net", "--uts", "bash", "-c", f"hostname host{number}; {_SETUP}"],
            stdout=subprocess.PIPE, text=True)
        assert self._outer.stdout.readline() == "ready\n"
        self.pid = self._outer.pid
        self.link = f"veth{number}"
        _run("ip", "link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", str(self.pid))
        _run("ip", "link", "set", self.link, "master", "br0", "up")
        self.run("ip", "addr", "add", f"{self.address}/24", "dev", "eth0")
        self.run("ip", "link", "set", "eth0", "up")
        self.run("ip", "route", "add", "224.0.0.0/4", "dev", "eth0")

    def _command(self, command):
        return ["nsenter", "-t", str(self.pid), "-m", "-i", "-n", "-u", *map(str, command)]

    def run(self, *command, timeout=60):
        """Runs to its end; fails when it fails."""
        return subprocess.run(self._command(command), check=True, capture_output=True, text=True, timeout=timeout)

    def start(self, *command, **options):
        """A Popen of the command."""
        return subprocess.Popen(self._command(command), text=True, **options)

    def unplug(self):
        _run("ip", "link", "set", self.link, "down")

    def plug(self):
        _run("ip", "link", "set", self.link, "up")

    def close(self):
        self._outer.kill()
        self._outer.wait()
        self._outer.stdout.close()
        subprocess.run(["ip", "link", "del", self.link], check=False, capture_output=True)


class Network:
    """`with Network(2) as (left, right):`"""

    def __init__(self, count):
        self._count = count
        self._hosts = []

    def __enter__(self):
        _run("ip", "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        _run("ip", "link", "set", "br0", "up")
        for number in range(1, self._count + 1):
            self._hosts.append(Host(number))
        return tuple(self._hosts)

    def __exit__(self, *_):
        for host in self._hosts:
            host.close()
        subprocess.run(["ip", "link", "del", "br0"], check=False)


def _run(*command):
    subprocess.run(command, check=True, capture_output=True, text=True)
