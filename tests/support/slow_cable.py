# SPDX-License-Identifier: Apache-2.0
"""A cable on which frames take their time and overtake each other, for kernels without netem."""
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time

_TUNSETIFF = 0x400454CA
_IFF_TAP, _IFF_NO_PI = 0x0002, 0x1000
_LONGEST_FRAME = 65536


class SlowCable:
    """`with SlowCable(host, delay=0.02, jitter=0.01):` every frame from or to the host takes `delay` to `delay + jitter` seconds,
    each for itself. Within `with Network(..)`, one at a time."""

    def __init__(self, host, delay, jitter, seed=1):
        self._host = host
        self._delay, self._jitter = delay, jitter
        self._random = random.Random(seed)
        self.overtaken = 0  # frames that came after a later one

    def __enter__(self):
        _run("ip", "link", "add", "br1", "type", "bridge", "mcast_snooping", "0")
        _run("ip", "link", "set", "br1", "up")
        self._ends = [_tap("slow0", "br0"), _tap("slow1", "br1")]
        self._stop = os.pipe()
        self._thread = threading.Thread(target=self._carry)
        self._thread.start()
        _run("ip", "link", "set", self._host.link, "master", "br1")
        return self

    def __exit__(self, *_):
        _run("ip", "link", "set", self._host.link, "master", "br0")
        os.close(self._stop[1])
        self._thread.join()
        for fd in (*self._ends, self._stop[0]):
            os.close(fd)
        _run("ip", "link", "del", "br1")

    def _carry(self):
        under_way = []  # (when, number, to whom, frame)
        last = dict.fromkeys(self._ends, 0)
        number = 0
        while True:
            limit = max(0, under_way[0][0] - time.monotonic()) if under_way else None
            ready = select.select([*self._ends, self._stop[0]], [], [], limit)[0]
            if self._stop[0] in ready:
                return
            for end in ready:
                number += 1
                due = time.monotonic() + self._delay + self._random.uniform(0, self._jitter)
                heapq.heappush(under_way, (due, number, self._ends[end == self._ends[0]], os.read(end, _LONGEST_FRAME)))
            while under_way and under_way[0][0] <= time.monotonic():
                _, frame_number, end, frame = heapq.heappop(under_way)
                self.overtaken += frame_number < last[end]
                last[end] = max(last[end], frame_number)
                os.write(end, frame)


def _tap(name, bridge):
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, _TUNSETIFF, struct.pack("16sH", name.encode(), _IFF_TAP | _IFF_NO_PI))
    _run("ip", "link", "set", name, "master", bridge, "up")
    return fd


def _run(*command):
    subprocess.run(command, check=True, capture_output=True, text=True)
