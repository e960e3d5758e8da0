#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A colcon workspace of this repository and of a package of somebody else's: built, tested, launched from its install space.

Usage: colcon_test.py BUILD_FOLDER, inside tests/support/in_namespace.sh. Exit code 77 where there is no colcon.
"""
import os
import pathlib
import shutil
import sys

from thermal_package import PACKAGE, SOURCE, launch_and_look, run

WORKSPACE = pathlib.Path(sys.argv[1]) / 'tests/packages/colcon'


def sourced(script):
    """The environment of a shell after `source script`."""
    text = run('bash', '-c', f'source {script} && env -0')
    return dict(entry.split('=', 1) for entry in text.split('\0') if '=' in entry)


def main():
    if not shutil.which('colcon'):
        print('skipped: colcon is not installed')
        return 77
    sources = WORKSPACE / 'src'
    shutil.rmtree(WORKSPACE / 'install', ignore_errors=True)
    sources.mkdir(parents=True, exist_ok=True)
    for name, folder in (('tactus', SOURCE), ('thermal_example', PACKAGE)):
        if not (sources / name).exists():
            (sources / name).symlink_to(folder)
    options = {'cwd': WORKSPACE, 'env': {**os.environ, 'COLCON_HOME': str(WORKSPACE), 'CMAKE_BUILD_PARALLEL_LEVEL': str(os.cpu_count())}}
    # Not optimised: what is tested is that it builds and runs, and it takes half the time.
    run('colcon', 'build', '--executor', 'sequential', '--cmake-args', '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Debug',
        '-DCMAKE_CXX_FLAGS_DEBUG=-O0', **options)
    run('colcon', 'test', '--packages-select', 'thermal_example', **options)
    results = run('colcon', 'test-result', '--all', **options)
    assert '0 errors, 0 failures' in results, results
    environment = sourced(WORKSPACE / 'install/setup.bash')
    launch_and_look(shutil.which('rtctl', path=environment['PATH']), environment)
    return 0


sys.exit(main())
