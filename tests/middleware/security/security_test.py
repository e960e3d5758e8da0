#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who has keys and who has not. Run: in_namespace.sh security_test.py BUILD_FOLDER [NAME...]"""

import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from gateways import BUILD, RTCTL, HostsCase, main, node  # noqa: E402
from waiting import wait_until  # noqa: E402

LAUNCH = f"""
network: {{interface: eth0, security: keys}}
nodes:
  source: {{use: {node("ticker")}, every: 20Hz, remap: {{number: /out}}}}
"""


class Security(HostsCase):
    HOSTS = 3  # the third has no keys

    @classmethod
    def setUpClass(cls):
        # The hosts have a /tmp of their own each: their keys come through a pipe.
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        for name in ("ours", "foreign"):
            subprocess.run([RTCTL, "security", "create", cls.folder / name, "left", "right", "laptop"], check=True,
                           capture_output=True)

    def give(self, host, keys, name="keys"):
        """Copies a folder of keys to /tmp/NAME of the host."""
        packed = subprocess.run(["tar", "-C", keys, "-c", "."], check=True, capture_output=True).stdout
        process = host.start("bash", "-c", f"mkdir /tmp/{name} && tar -C /tmp/{name} -x", stdin=subprocess.PIPE)
        process.stdin.buffer.write(packed)
        process.stdin.close()
        self.assertEqual(process.wait(10), 0)
        return f"/tmp/{name}"

    def secured(self, *options):
        """Both hosts with keys, the left one publishes and the right one answers."""
        for host, name in ((self.left, "left"), (self.right, "right")):
            self.gateway(host, "--security", self.give(host, self.folder / "ours" / name), *options)
        self.publish(self.left, "/out", 41)
        self.relay(self.right, "/out", "/result")

    def refusal(self, keys):
        """What the gateway says of such keys before it gives up."""
        gateway = self.gateway(self.left, "--security", keys)
        self.assertEqual(gateway.wait(20), 1)
        return self.text(gateway)

    def ask(self, host, *words):
        return host.run(RTCTL, "--domain", "0", "--interface", "eth0", *words).stdout

    def test_hosts_with_keys_reach_each_other_and_nobody_else_sees_them(self):
        self.secured()
        stranger = self.hosts[2]
        self.gateway(stranger)
        self.relay(stranger, "/out", "/stolen")
        self.publish(stranger, "/forged", 13)
        self.relay(self.right, "/forged", "/fooled")
        self.relay(self.left, "/result", "/home")  # back again: over the network both ways
        self.assert_arrives(self.left, "/home", 43, seconds=20)
        self.assertEqual(self.ask(stranger, "topic", "list", "--names").split(), ["/forged", "/out", "/stolen"],
                         "what the stranger runs itself")
        self.assertIsNone(self.value(stranger, "/stolen"))
        self.assertIsNone(self.value(self.right, "/fooled"))
        self.assertEqual([host["name"] for host in self.json(self.left, "host", "list")], ["host2"])

    def test_a_large_message_crosses_encrypted(self):
        for host, name in ((self.left, "left"), (self.right, "right")):
            self.gateway(host, "--security", self.give(host, self.folder / "ours" / name))
        self.start(self.right, BUILD / "bin/tactus-run", node("image_sink"), "image:=/image", "good:=/good", "--on", "image")
        self.start(self.left, BUILD / "bin/tactus-run", node("image_source"), "image:=/image", "bytes:=1000000",
                   "--every", "5Hz")
        wait_until(lambda: (self.value(self.right, "/good") or 0) >= 5, "whole pictures", 20)

    def test_the_groups_of_those_with_keys_stay_apart(self):
        self.secured("--group", "blue")
        self.publish(self.left, "/blue", 7, "--group", "blue")
        self.relay(self.right, "/blue", "/green", "--group", "blue")
        self.assert_arrives(self.right, "/green", 8, "--group", "blue", seconds=20)
        self.assertIsNone(self.value(self.right, "/result"))

    def test_tools_need_keys_as_well(self):
        self.secured()
        self.assert_arrives(self.right, "/result", 42, seconds=20)
        laptop = self.hosts[2]
        self.assertNotIn("/out", self.ask(laptop, "topic", "list", "--names"))
        keys = self.give(laptop, self.folder / "ours/laptop")
        wait_until(lambda: "data: 42" in self.ask(laptop, "--security", keys, "topic", "echo", "/result", "--once",
                                                  "--timeout", "5"), "the value", 20)

    def test_keys_of_foreign_cas_open_nothing(self):
        self.secured()
        stranger = self.hosts[2]
        self.gateway(stranger, "--security", self.give(stranger, self.folder / "foreign/laptop"))
        self.relay(stranger, "/out", "/stolen")
        self.assert_arrives(self.right, "/result", 42, seconds=20)
        time.sleep(2)  # a handshake takes a third of a second
        self.assertIsNone(self.value(stranger, "/stolen"))
        self.assertEqual(self.json(stranger, "host", "list"), [])

    def test_a_key_that_others_can_read_is_refused(self):
        keys = self.give(self.left, self.folder / "ours/left")
        self.left.run("chmod", "644", f"{keys}/key.pem")
        self.assertIn(f"{keys}/key.pem: others can read this private key (mode 0644): chmod 600", self.refusal(keys))

    def expire(self, keys, seconds):
        """The left host's certificate anew, that ends so long from now."""
        ca = self.give(self.left, self.folder / "ours/ca", "ca")
        end = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + seconds))
        settings = "\n".join(["[ca]", "default_ca = all", "[all]", "database = /tmp/issued", "new_certs_dir = /tmp",
                              "rand_serial = yes", "default_md = sha256", "policy = any", "[any]", "commonName = supplied"])
        self.left.run("bash", "-c", f"echo '{settings}' > /tmp/ca.conf; touch /tmp/issued")
        self.left.run("openssl", "req", "-new", "-key", f"{keys}/key.pem", "-subj", "/CN=left", "-out", "/tmp/request.pem")
        self.left.run("openssl", "ca", "-batch", "-config", "/tmp/ca.conf", "-in", "/tmp/request.pem", "-cert",
                      f"{ca}/identity_ca.pem", "-keyfile", f"{ca}/identity_ca.key", "-startdate", "20200101000000Z",
                      "-enddate", end, "-notext", "-out", f"{keys}/identity.pem")

    def test_a_gateway_leaves_when_its_keys_end_and_says_so_before(self):
        keys = self.give(self.left, self.folder / "ours/left")
        self.expire(keys, 15)
        gateway = self.gateway(self.left, "--security", keys)
        wait_until(lambda: f"the keys in {keys} expire on" in self.text(gateway), "the warning", 10)
        self.assertEqual(gateway.wait(30), 1)
        self.assertIn(f"{keys}/identity.pem: expired on", self.text(gateway))

    def test_new_keys_are_taken_when_the_old_ones_end(self):
        keys = self.give(self.left, self.folder / "ours/left")
        self.expire(keys, 15)
        gateway = self.gateway(self.left, "--security", keys)
        wait_until(lambda: f"the keys in {keys} expire on" in self.text(gateway), "the warning", 10)
        self.left.run("cp", self.give(self.left, self.folder / "ours/left", "new") + "/identity.pem", keys)
        self.assertEqual(gateway.wait(30), 75, "a launch starts it again")

    def test_an_expired_certificate_is_refused(self):
        keys = self.give(self.left, self.folder / "ours/left")
        self.expire(keys, -60)
        self.assertRegex(self.refusal(keys), rf"{keys}/identity.pem: expired on \d{{4}}-\d\d-\d\d: make new ones")

    def test_a_certificate_of_a_foreign_ca_is_refused(self):
        keys = self.give(self.left, self.folder / "ours/left")
        foreign = self.give(self.left, self.folder / "foreign/left", "foreign")
        self.left.run("cp", f"{foreign}/identity.pem", f"{foreign}/key.pem", keys)
        self.assertIn(f"{keys}/identity.pem: not issued by {keys}/identity_ca.pem", self.refusal(keys))

    def test_one_ca_for_both_is_refused(self):
        keys = self.give(self.left, self.folder / "ours/left")
        self.left.run("cp", f"{keys}/identity_ca.pem", f"{keys}/permissions_ca.pem")
        self.assertIn("are one CA: every host could permit itself everything (CVE-2023-24011)", self.refusal(keys))

    def test_a_launch_with_keys_starts_and_one_without_says_what_is_missing(self):
        self.left.run("bash", "-c", f"echo '{LAUNCH}' > /tmp/secure.launch.yaml")
        launch = self.start(self.left, RTCTL, "launch", "/tmp/secure.launch.yaml")
        self.assertNotEqual(launch.wait(20), 0)
        self.assertIn("network: security: /tmp/keys: no such folder: rtctl security create", self.text(launch))
        self.give(self.left, self.folder / "ours/left")
        self.gateway(self.right, "--security", self.give(self.right, self.folder / "ours/right"))
        self.start(self.left, RTCTL, "launch", "/tmp/secure.launch.yaml")
        self.relay(self.right, "/out", "/result")
        wait_until(lambda: self.value(self.right, "/result") is not None, "a number", 20)


if __name__ == "__main__":
    main()
