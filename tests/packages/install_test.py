#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""cmake --install, then packages of somebody else's with find_package(tactus): built, tested, installed, launched. One of
them is what `rtctl pkg create` makes.

Usage: install_test.py BUILD_FOLDER CXX_COMPILER, inside tests/support/in_namespace.sh.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

from thermal_package import PACKAGE, launch_and_look, run, wait_for_topic

BUILD, COMPILER = pathlib.Path(sys.argv[1]), sys.argv[2]
FOLDER = BUILD / 'tests/packages/install'
TACTUS, THERMAL = FOLDER / 'tactus', FOLDER / 'thermal'


def build_and_install(package, build, prefix):
    launcher = shutil.which('ccache')
    run('cmake', '-S', package, '-B', build, '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Release',
        f'-DCMAKE_CXX_COMPILER={COMPILER}', f'-DCMAKE_PREFIX_PATH={TACTUS}', f'-DCMAKE_INSTALL_PREFIX={prefix}',
        '-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wshadow -Werror', *([f'-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}'] if launcher else []))
    run('cmake', '--build', build)
    run('ctest', '--test-dir', build, '--output-on-failure', '--no-tests=error')
    run('cmake', '--install', build)


def created_package():
    """As its README says: built, tested, installed, launched, published to, looked at."""
    shutil.rmtree(FOLDER / 'src', ignore_errors=True)
    rtctl = TACTUS / 'bin/rtctl'
    run(rtctl, 'pkg', 'create', 'hand_tracker', '--destination', FOLDER / 'src', '--maintainer', 'Ada & Co', '--email', 'ada@example.com')
    package = FOLDER / 'src/hand_tracker'
    run('clang-format-14', '--dry-run', '--Werror', *package.glob('*/*.?pp'))
    build_and_install(package, FOLDER / 'build_created', THERMAL)
    environment = {**os.environ, 'TACTUS_PREFIX_PATH': str(THERMAL)}
    environment.pop('LD_LIBRARY_PATH', None)
    launch = subprocess.Popen([rtctl, 'launch', 'hand_tracker', 'hand_tracker.launch.yaml', 'gain:=2.0'], env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    publish = None
    try:
        wait_for_topic(rtctl, environment, launch, '/hand_tracker/out')
        publish = subprocess.Popen([rtctl, 'topic', 'pub', '/hand_tracker/in', 'hand_tracker/Reading', '{value: 4.0}', '--rate', '10'],
                                   env=environment, stdout=subprocess.DEVNULL)
        echo = run(rtctl, 'topic', 'echo', '/hand_tracker/out', '--once', '--json', '--timeout', '20', env=environment)
        assert json.loads(echo)['value'] == 8, echo
    finally:
        for process in (publish, launch):
            if process is not None:
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=60)
    assert launch.returncode == 0


def main():
    for prefix in (TACTUS, THERMAL):
        shutil.rmtree(prefix, ignore_errors=True)  # what an earlier version installed must not help
    run('cmake', '--install', BUILD, '--prefix', TACTUS)
    build_and_install(PACKAGE, FOLDER / 'build', THERMAL)
    for path in ('lib/tactus/nodes/libthermal_camera.so', 'include/tactus_msgs/thermal_example/msg/hot_spot.hpp',
                 'share/thermal_example/msg/HotSpot.msg', 'share/thermal_example/cmake/thermal_example-config.cmake'):
        assert (THERMAL / path).exists(), f'{path} is not installed'
    launch_and_look(TACTUS / 'bin/rtctl', {'TACTUS_PREFIX_PATH': str(THERMAL)})
    created_package()


main()
