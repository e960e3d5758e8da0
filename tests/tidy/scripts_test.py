#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""shellcheck has nothing to say about the shell scripts."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def is_shell(path):
    with path.open('rb') as file:
        return path.suffix in ('.sh', '.bash') or file.readline(40).rstrip().endswith((b'bash', b'/sh'))


def main():
    scripts = [path for folder in ('scripts', '.ci', 'cli/completion', 'tests/support')
               for path in sorted((ROOT / folder).rglob('*')) if path.is_file() and is_shell(path)]
    result = subprocess.run(['shellcheck', '--shell=bash', *scripts], check=False)
    print(f'{len(scripts)} scripts read')
    return 1 if result.returncode or len(scripts) < 8 else 0


sys.exit(main())
