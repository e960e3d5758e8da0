#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: network_test.py NETWORK_PY BUILD JSON. A short run of two parts: every row is there, and one participant per host sends less than
one per node."""

import json
import os
import subprocess
import sys


def main(program, build, path):
    if os.geteuid() != 0:
        print('skipped: needs root in its namespace')
        sys.exit(77)
    if subprocess.run(['chrt', '-f', '20', 'true'], check=False, capture_output=True).returncode != 0:
        print('skipped: realtime priority is not granted here: rtctl doctor --rt says how')
        sys.exit(77)
    subprocess.run(['/usr/bin/python3', program, build, '--quick', '--json', path, 'loss', 'discovery'], check=True, timeout=100)
    with open(path, encoding='utf-8') as file:
        result = json.load(file)
    assert set(result['loss']) == {'alone', 'beside 20 % loss'}, result
    assert all(0 < rows['p50'][0] <= rows['p99'][2] for rows in result['loss'].values()), result
    for row in result['discovery'].values():
        assert 0 < row['one per host']['packets'] < row['one per node']['packets'], result
    print(f"{len(result['discovery'])} rows of discovery")


main(*sys.argv[1:])
