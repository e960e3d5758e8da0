#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Node to node over two gateways beside ddsperf, bare Cyclone DDS, Fast DDS and roscpp: one run, one cable, rounds in turn.

Usage (as root): tests/support/in_namespace.sh /usr/bin/python3 benchmarks/network.py BUILD [--json FILE] [--quick] [--loss-free] [PART...]
Parts: latency, throughput, peers, loss, discovery; all of them when none is named.
"""
import argparse
import contextlib
import json
import os
import pathlib
import platform
import re
import statistics
import struct
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/support"))
from hosts import Network  # noqa: E402
from waiting import wait_until  # noqa: E402

PRIORITY = ("chrt", "-f", "20")  # all of them: who builds beside us decides less
SIZES = {"64 B": 64, "1 kB": 1024, "64 kB": 64 << 10, "2 MB": 2 << 20}
CYCLONE = '<CycloneDDS><Domain id="any"><General><Interfaces><NetworkInterface name="eth0"/></Interfaces>{}</General>{}</Domain></CycloneDDS>'
# As the gateway sets it: datagrams that fit into a frame.
SAME = ("<MaxMessageSize>1456B</MaxMessageSize><FragmentSize>1344B</FragmentSize>",
        '<Internal><NackDelay>10 ms</NackDelay><HeartbeatInterval min="5 ms" minsched="10 ms" max="1 s">20 ms</HeartbeatInterval>'
        '<SocketReceiveBufferSize max="4MiB"/></Internal>')
ENVIRONMENT = {
    "cyclone": {"CYCLONEDDS_URI": CYCLONE.format("", "")},
    "cyclone, same datagrams": {"CYCLONEDDS_URI": CYCLONE.format(*SAME)},
    "ddsperf": {"CYCLONEDDS_URI": CYCLONE.format("", "")},
}


def quantiles(times_ns):
    ordered = sorted(times_ns)
    pick = lambda share: ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1000  # noqa: E731
    return {"p50": pick(0.5), "p99": pick(0.99), "p99.9": pick(0.999), "samples": len(ordered)}


def environment(variables):
    return ["env", *(f"{name}={value}" for name, value in variables.items())]


def cpu_ns(pid):
    """What all threads of a process have run."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            total += int((task / "schedstat").read_text().split()[0])
    return total


class Bench:
    def __init__(self, build, quick, loss_free=False):
        self.build, self.quick, self.runs = build, quick, 0
        self.options = ["--loss-free"] if loss_free else []
        self.rounds = 1 if quick else 5

    # Two hosts with a gateway each.
    @contextlib.contextmanager
    def hosts(self, count=2):
        with Network(count) as hosts:
            processes = [host.start(*PRIORITY, self.build / "bin/tactus-gateway", "--interface", "eth0", "--domain", "5",
                                    *self.options, stderr=subprocess.PIPE) for host in hosts]
            for process in processes:
                while "domain 5" not in process.stderr.readline():
                    pass
                os.set_blocking(process.stderr.fileno(), False)
            self.left, self.right = hosts[0], hosts[1]
            self.gateways = processes
            try:
                yield hosts
            finally:
                for process in processes:
                    process.terminate()
                for process in processes:
                    process.wait(10)

    def has(self, arm):
        return (self.build / f"bin/bench_network_{arm.split(',')[0]}").exists()

    def start(self, host, arm, *words, **options):
        variables = dict(ENVIRONMENT.get(arm, {}))
        if arm == "roscpp":
            variables = {"ROS_MASTER_URI": f"http://{self.left.address}:11311", "ROS_IP": host.address}
        program = {"local": "tactus"}.get(arm, arm.split(",")[0])
        return host.start(*environment(variables), *PRIORITY, self.build / f"bin/bench_network_{program}", *words, **options)

    @contextlib.contextmanager
    def rosmaster(self):
        master = self.left.start("env", f"ROS_IP={self.left.address}", "rosmaster", "--core", "-p", "11311",
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(2)
        try:
            yield
        finally:
            master.terminate()
            master.wait()

    def name(self):
        self.runs += 1
        return f"b{self.runs}"

    def ping(self, arm, size, count, gap_us=1000):
        """Round trips in ns."""
        if arm == "ddsperf":
            return self.ddsperf(size)
        name = self.name()
        pong = self.start(self.left if arm == "local" else self.right, arm, "pong", name, size)
        try:
            ping = self.start(self.left, arm, "ping", name, size, count, gap_us, stdout=subprocess.PIPE)
            return [int(line) for line in ping.communicate(timeout=120)[0].split()]
        finally:
            pong.terminate()
            pong.wait()

    def ddsperf(self, size):
        """It prints half the round trip, as quantiles of each second."""
        pong = self.right.start(*environment(ENVIRONMENT["ddsperf"]), *PRIORITY, "ddsperf", "pong", stdout=subprocess.DEVNULL)
        try:
            text = self.left.run(*environment(ENVIRONMENT["ddsperf"]), *PRIORITY, "ddsperf", "-D", "4", "ping", "1kHz", "size",
                                 max(size, 12)).stdout
        finally:
            pong.terminate()
            pong.wait()
        found = re.findall(r"50% ([\d.]+)us .*99% ([\d.]+)us max ([\d.]+)us cnt (\d+)", text)
        return [tuple(2 * float(value) for value in line[:3]) + (int(line[3]),) for line in found]

    def flow(self, arm, size, hz, seconds):
        """One way: what arrived, how long it took, what the gateways ran for it."""
        name = self.name()
        sink = self.start(self.right, arm, "sink", name, size, stdout=subprocess.PIPE)
        warm = self.start(self.left, arm, "source", name, size, 20, 1.5, stdout=subprocess.PIPE)
        warm.communicate()
        before = [cpu_ns(gateway.pid) for gateway in self.gateways]
        sink.kill()
        sink.wait()
        name = self.name()
        sink = self.start(self.right, arm, "sink", name, size, stdout=subprocess.PIPE)
        time.sleep(0.7)
        source = self.start(self.left, arm, "source", name, size, hz, seconds, stdout=subprocess.PIPE)
        sent = int(source.communicate(timeout=60)[0])
        lines = sink.communicate(timeout=60)[0].splitlines()
        after = [cpu_ns(gateway.pid) for gateway in self.gateways]
        span_ns = int(lines[0].split()[1])
        times = [int(line) for line in lines[1:]]
        received = len(times)
        return {"sent": sent, "received": received, "mbit_s": received * size * 8e3 / span_ns if span_ns else 0,
                "times": times, "cpu_us": [(last - first) / 1000 / max(received, 1) for first, last in zip(before, after)]}


def summary_of_ddsperf(lines):
    return {"p50": statistics.median(line[0] for line in lines), "p99": statistics.median(line[1] for line in lines),
            "max": max(line[2] for line in lines), "samples": sum(line[3] for line in lines)}


def latency(bench):
    arms = ["tactus", "local", "ddsperf", "cyclone", "cyclone, same datagrams"]
    result = {}
    with bench.hosts():
        for label, size in SIZES.items():
            count = (50 if bench.quick else 600) if size < 1 << 20 else (10 if bench.quick else 100)
            found = {arm: [] for arm in arms}
            before, trips = [cpu_ns(gateway.pid) for gateway in bench.gateways], 0
            cpu = [0, 0]
            for _ in range(bench.rounds):
                for arm in arms:
                    before = [cpu_ns(gateway.pid) for gateway in bench.gateways]
                    times = bench.ping(arm, size, count)
                    found[arm] += times
                    if arm == "tactus":
                        trips += len(times) + 20
                        cpu = [total + cpu_ns(gateway.pid) - first for total, gateway, first in zip(cpu, bench.gateways, before)]
            rows = {arm: summary_of_ddsperf(times) if arm == "ddsperf" else quantiles(times) for arm, times in found.items() if times}
            ours, hop = rows["tactus"]["p50"], rows["local"]["p50"] / 2
            limit = rows["ddsperf"]["p50"] + 4 * hop + 20
            result[label] = {"rows": rows, "hop_us": hop, "limit_us": limit, "of_limit": ours / limit,
                             "of_ddsperf": ours / rows["ddsperf"]["p50"], "of_cyclone": ours / rows["cyclone"]["p50"],
                             "of_same": ours / rows["cyclone, same datagrams"]["p50"],
                             "gateway_cpu_us_per_sample": sum(cpu) / 4 / 1000 / max(trips, 1)}
            for arm, row in rows.items():
                print(f"  {label:6} {arm:24} " + "  ".join(f"{key} {value:9.1f}" for key, value in row.items()), flush=True)
            print(f"  {label:6} of ddsperf + 4 hops + 20 us: {ours / limit:.2f}, of ddsperf {result[label]['of_ddsperf']:.2f}, of cyclone "
                  f"{result[label]['of_cyclone']:.2f}, of cyclone with the same datagrams {result[label]['of_same']:.2f}; a gateway runs "
                  f"{result[label]['gateway_cpu_us_per_sample']:.1f} us per sample", flush=True)
    return result


def throughput(bench):
    arms = ["tactus", "cyclone", "cyclone, same datagrams"]
    result = {}
    with bench.hosts() as hosts:
        for host in hosts:
            host.run("tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", "1gbit", "burst", "256kb", "latency", "20ms")
        for label in ("64 kB", "2 MB"):
            size = SIZES[label]
            found = {arm: [] for arm in arms}
            for _ in range(bench.rounds):
                for arm in arms:
                    found[arm].append(bench.flow(arm, size, 1.05 * 125e6 / size, 1 if bench.quick else 3))
            rows = {}
            for arm, flows in found.items():
                rows[arm] = {"mbit_s": statistics.median(flow["mbit_s"] for flow in flows),
                             "received": sum(flow["received"] for flow in flows), "sent": sum(flow["sent"] for flow in flows)}
            rows["tactus"]["cpu_us_sender_receiver"] = [statistics.median(flow["cpu_us"][side] for flow in found["tactus"]) for side in (0, 1)]
            result[label] = rows
            print(f"  {label}: {rows}", flush=True)
    return result


def peers(bench):
    arms = [arm for arm in ("tactus", "roscpp", "fastdds") if bench.has(arm)]
    result = {"1 kB": {}, "1 MB at 30 Hz": {}}
    with bench.hosts(), bench.rosmaster() if "roscpp" in arms else contextlib.nullcontext():
        trips, flows = {arm: [] for arm in arms}, {arm: [] for arm in arms}
        for _ in range(bench.rounds):
            for arm in arms:
                trips[arm] += bench.ping(arm, 1024, 50 if bench.quick else 600)
                flows[arm].append(bench.flow(arm, 1 << 20, 30, 1 if bench.quick else 4))
        for arm in arms:
            result["1 kB"][arm] = quantiles(trips[arm])
            result["1 MB at 30 Hz"][arm] = {**quantiles([one for flow in flows[arm] for one in flow["times"]] or [0]),
                                            "sent": sum(flow["sent"] for flow in flows[arm]),
                                            "received": sum(flow["received"] for flow in flows[arm])}
    for name, rows in result.items():
        for arm, row in rows.items():
            print(f"  {name:14} {arm:10} " + "  ".join(f"{key} {value:9.1f}" for key, value in row.items()), flush=True)
    return result


def loss(bench):
    """Two nodes of one host, with and without a third one that listens behind 20 % loss."""
    alone, beside = [], []
    with bench.hosts() as (left, right):
        for host in (left, right):
            host.run("iptables", "-t", "raw", "-A", "PREROUTING", "-i", "eth0", "-m", "statistic", "--mode", "random", "--probability",
                     "0.2", "-j", "DROP")
        for _ in range(2 * bench.rounds):
            alone.append(quantiles(bench.ping("local", 1024, 100 if bench.quick else 1000)))
            bench.runs += 1
            name = f"b{bench.runs}"
            reader = bench.start(right, "tactus", "sink", name, 1024, stdout=subprocess.DEVNULL)
            time.sleep(1.5)
            pong = bench.start(left, "tactus", "pong", name, 1024)
            ping = bench.start(left, "tactus", "ping", name, 1024, 100 if bench.quick else 1000, 1000, stdout=subprocess.PIPE)
            beside.append(quantiles([int(line) for line in ping.communicate(timeout=120)[0].split()]))
            for process in (pong, reader):
                process.terminate()
                process.wait()
    result = {}
    for name, rows in (("alone", alone), ("beside 20 % loss", beside)):
        result[name] = {key: [min(row[key] for row in rows), statistics.median(row[key] for row in rows), max(row[key] for row in rows)]
                        for key in ("p50", "p99")}
        print(f"  {name:18} p50 {result[name]['p50']}, p99 {result[name]['p99']} (least, median, most)", flush=True)
    return result


def packets(hosts):
    """Sent by all of them so far."""
    lines = [next(line for line in host.run("cat", "/proc/net/dev").stdout.splitlines() if "eth0:" in line) for host in hosts]
    return sum(int(line.split(":")[1].split()[9]) for line in lines)


def discovery(bench):
    """Until every node's messages would reach every other: one participant per host, and one per node. All nodes are on two topics."""
    result = {}
    for count, nodes in ((2, 10), (5, 10)) if not bench.quick else ((2, 4),):
        def crowd(arm, host):
            return [bench.start(host, arm, "crowd", "all", 64, which, count * nodes // 2, stdout=subprocess.PIPE)  # noqa: B023
                    for which in ("first", "second") for _ in range(nodes // 2)]  # noqa: B023
        with Network(count) as hosts:
            begin, start = packets(hosts), time.monotonic()
            ours = [host.start(bench.build / "bin/tactus-gateway", "--interface", "eth0", "--import", "/all/*", stderr=subprocess.DEVNULL)
                    for host in hosts]
            for host in hosts:
                ours += crowd("tactus", host)
            wait_until(lambda: all(complete(bench, host, count) for host in hosts), "the match", 60)  # noqa: B023
            row = {"one per host": {"packets": packets(hosts) - begin, "seconds": time.monotonic() - start}}
            end(ours)
        with Network(count) as hosts:
            begin, start = packets(hosts), time.monotonic()
            theirs = [process for host in hosts for process in crowd("cyclone", host)]
            for process in theirs:
                process.stdout.readline()
            row["one per node"] = {"packets": packets(hosts) - begin, "seconds": time.monotonic() - start}
            end(theirs)
        result[f"{count} hosts, {nodes} nodes each"] = row
        print(f"  {count} hosts, {nodes} nodes each: {row}", flush=True)
    return result


def complete(bench, host, hosts):
    """Both topics of this host go to all others."""
    def readers(topic):
        info = json.loads(host.run(bench.build / "bin/rtctl", "topic", "info", topic, "--json").stdout)
        return [one["readers"] for one in info["network"] if one["direction"] == "out"]
    with contextlib.suppress(subprocess.CalledProcessError):
        return readers("/all/ping") == readers("/all/pong") == [hosts - 1]
    return False


def end(processes):
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait()


PARTS = {part.__name__: part for part in (latency, throughput, peers, loss, discovery)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true", help="a round of each, few messages")
    parser.add_argument("--loss-free", action="store_true", help="gateways with datagrams for a network without loss")
    arguments = parser.parse_intermixed_args()
    for name in arguments.parts:
        if name not in PARTS:
            parser.error(f"no part {name}: {', '.join(PARTS)}")
    bench = Bench(arguments.build.resolve(), arguments.quick, arguments.loss_free)
    result = {"machine": f"{os.cpu_count()} CPUs, Linux {platform.release()}", "load": os.getloadavg()[0], "loss_free": arguments.loss_free}
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # held for all of them, or the CPU sleeps between messages
            latency_file = stack.enter_context(open("/dev/cpu_dma_latency", "wb", buffering=0))
            latency_file.write(struct.pack("i", 0))
        for name in arguments.parts or PARTS:
            print(f"{name}:", flush=True)
            result[name] = PARTS[name](bench)
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
