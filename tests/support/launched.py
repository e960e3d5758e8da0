# SPDX-License-Identifier: Apache-2.0
"""What rtctl says of a launch that runs."""
import json
import os
import subprocess

RTCTL = os.environ["RTCTL"]


def json_of(*words):
    """The answer of a verb with --json; an empty list when it fails."""
    result = subprocess.run([RTCTL, *words, "--json"], capture_output=True, text=True, timeout=20)
    return json.loads(result.stdout) if result.returncode == 0 else []


def messages(topic):
    """Of all that ever were; 0 while there is none."""
    info = json_of("topic", "info", topic)
    return sum(one["messages"] for one in info["publishers"]) if info else 0
