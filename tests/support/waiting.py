# SPDX-License-Identifier: Apache-2.0
"""Waiting for what another process brings about."""
import time


def wait_until(condition, what, seconds=10):
    """Polls until the condition holds and returns its value; AssertionError naming `what` when the time is over."""
    limit = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > limit:
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(0.02)
    return value
