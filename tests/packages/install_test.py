#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""cmake --install, then a package of somebody else's with find_package(tactus): built, tested, installed, launched.

Usage: install_test.py BUILD_FOLDER CXX_COMPILER, inside tests/support/in_namespace.sh.
"""
import pathlib
import shutil
import sys

from thermal_package import PACKAGE, launch_and_look, run

BUILD, COMPILER = pathlib.Path(sys.argv[1]), sys.argv[2]
FOLDER = BUILD / 'tests/packages/install'
TACTUS, THERMAL = FOLDER / 'tactus', FOLDER / 'thermal'


def main():
    for prefix in (TACTUS, THERMAL):
        shutil.rmtree(prefix, ignore_errors=True)  # what an earlier version installed must not help
    run('cmake', '--install', BUILD, '--prefix', TACTUS)
    launcher = shutil.which('ccache')
    run('cmake', '-S', PACKAGE, '-B', FOLDER / 'build', '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Release',
        f'-DCMAKE_CXX_COMPILER={COMPILER}', f'-DCMAKE_PREFIX_PATH={TACTUS}', f'-DCMAKE_INSTALL_PREFIX={THERMAL}',
        '-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wshadow -Werror', *([f'-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}'] if launcher else []))
    run('cmake', '--build', FOLDER / 'build')
    run('ctest', '--test-dir', FOLDER / 'build', '--output-on-failure', '--no-tests=error')
    run('cmake', '--install', FOLDER / 'build')
    for path in ('lib/tactus/nodes/libthermal_camera.so', 'include/tactus_msgs/thermal_example/msg/hot_spot.hpp',
                 'share/thermal_example/msg/HotSpot.msg', 'share/thermal_example/cmake/thermal_example-config.cmake'):
        assert (THERMAL / path).exists(), f'{path} is not installed'
    launch_and_look(TACTUS / 'bin/rtctl', {'TACTUS_PREFIX_PATH': str(THERMAL)})


main()
