#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: hop_test.py BENCH_HOP JSON. A short run: every row is there, no message of ours touches the heap, none makes a system call while
its reader polls, and a sleeping reader costs one to wait and one to wake."""

import json
import subprocess
import sys

SIZES = ('64 B', '4 kB', '64 kB', '1 MB', '8 MB')


def expected_rows():
    for mode in ('poll', 'block'):
        for size in SIZES:
            for gap in ('back to back', '1 ms gaps'):
                for touch in ('untouched', 'touched'):
                    yield f'{mode}, {size}, {touch}, {gap}'
    yield 'spin, 64 B, untouched, back to back'


BETWEEN_THREADS = [f'{mode}, 64 B, untouched, {gap}' for mode, gap in
                   (('poll', 'back to back'), ('block', 'back to back'), ('block', '1 ms gaps'), ('spin', 'back to back'))]


def check(rows):
    for name, row in rows.items():
        assert row['tactus']['samples'] > 0 and row['theirs']['samples'] > 0, name
        assert row['allocations_per_message'][0] == 0, (name, row)
        # Where the kernel lets us count. A wait that is checked again is one more; who spins may have to sleep now and then.
        if 'syscalls_per_message' in row:
            assert row['syscalls_per_message'][0] <= (0 if name.startswith('poll') else 3), (name, row)


def main(program, path):
    subprocess.run([program, '--quick', '--json', path], check=True, timeout=100)
    with open(path, encoding='utf-8') as file:
        result = json.load(file)
    rows = {row['name']: row for row in result['tables'][0]['rows']}
    assert list(rows) == list(expected_rows()), list(rows)
    check(rows)
    threads = {row['name']: row for row in result['tables'][1]['rows']}
    assert list(threads) == BETWEEN_THREADS, list(threads)
    check(threads)
    chain = result['tables'][3]['rows']
    assert [(row['name'], row['peer']) for row in chain] == [
        (f'chain at 1 kHz, {size}, {wait}, {relays} relays', peer) for size, relays in (('64 B', 8), ('8 MB', 3))
        for wait in ('block', 'spin') for peer in ('iceoryx', 'virtual call')], chain
    assert all(row['tactus']['samples'] > 0 and row['theirs']['samples'] > 0 for row in chain), chain
    assert 'cpu_dma_latency' in result['run'], result['run']
    print(f'{len(rows)} rows')


main(*sys.argv[1:])
