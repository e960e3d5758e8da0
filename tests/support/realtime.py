# SPDX-License-Identifier: Apache-2.0
"""For tests of what only a realtime machine grants."""
import os
import subprocess
import sys


def skip_without_realtime():
    """Ends the test as skipped where realtime priority or the CPUs' latency cannot be had."""
    priority = subprocess.run(["chrt", "-f", "1", "true"], capture_output=True).returncode == 0
    if os.geteuid() != 0 or not priority or not os.access("/dev/cpu_dma_latency", os.W_OK):
        print("skipped: needs root with realtime priority and /dev/cpu_dma_latency")
        sys.exit(77)
