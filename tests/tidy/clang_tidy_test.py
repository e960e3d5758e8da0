#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy has nothing to say about a few files of every layer, and finds what it is for in a file that is wrong on purpose.

Usage: clang_tidy_test.py BUILD_FOLDER. The commit hook runs it on the files of each commit; all files take half an hour.
"""
import concurrent.futures
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / 'scripts/clang-tidy'
FILES = ('msg/src/type_id.cpp', 'middleware/src/names.cpp', 'middleware/src/metric.cpp', 'scheduler/host/lineage.cpp',
         'nodes/support/motion.cpp', 'cli/src/interrupt.cpp')
BAD = ROOT / 'tests/tidy/bad.cpp'
EXPECTED = ('bugprone-use-after-move', 'performance-unnecessary-value-param', 'clang-analyzer-core.NullDereference')


def run(build, *files):
    return subprocess.run([SCRIPT, build, *files], capture_output=True, text=True, check=False, cwd=ROOT)


def main():
    build = pathlib.Path(sys.argv[1])
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda name: run(build, name), FILES))
    wrong = [name for name, result in zip(FILES, results) if result.returncode]
    for name, result in zip(FILES, results):
        if name in wrong:
            print(result.stdout + result.stderr)
    bad = run(build, BAD)
    missed = [name for name in EXPECTED if name not in bad.stdout]
    if missed or not bad.returncode:
        print(f'{BAD.name}: exit code {bad.returncode}, not found: {missed}\n{bad.stdout}{bad.stderr}')
    print(f'{len(FILES)} files read, {len(wrong)} with findings')
    return 1 if wrong or missed or not bad.returncode else 0


sys.exit(main())
