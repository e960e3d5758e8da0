#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: tick_test.py BENCH_TICK JSON. A short run: every cell is there, with as many ticks of both."""

import json
import shutil
import subprocess
import sys


def check_words(program):
    shown = subprocess.run([program, '--help'], check=True, capture_output=True, text=True).stdout
    assert 'Examples:' in shown and '--ticks' in shown, shown
    wrong = subprocess.run([program, '--tikcs', '5'], check=False, capture_output=True, text=True)
    assert wrong.returncode == 2 and '--tikcs' in wrong.stderr, wrong


def main(program, path):
    check_words(program)
    for tool in ('cyclictest', 'stress-ng'):
        if shutil.which(tool) is None:
            print(f'skipped: no {tool} here (scripts/setup installs it)')
            sys.exit(77)
    if subprocess.run(['chrt', '-f', '80', 'true'], check=False, capture_output=True).returncode != 0:
        print('skipped: realtime priority is not granted here: rtctl doctor --rt says how')
        sys.exit(77)
    subprocess.run([program, '--quick', '--cpu', '0', '--json', path], check=True, timeout=100)
    with open(path, encoding='utf-8') as file:
        rows = json.load(file)['rows']
    assert [(row['load'], row['period_ns']) for row in rows] == [
        (load, period) for load in ('idle', 'stress-ng') for period in (1_000_000, 5_000_000)], rows
    for row in rows:
        assert row['tactus']['samples'] == 200 and row['cyclictest']['samples'] == 200, row
        assert 0 < row['tactus']['p50'] <= row['tactus']['p99'] <= row['tactus']['max'], row
    print(f'{len(rows)} rows')


main(*sys.argv[1:])
