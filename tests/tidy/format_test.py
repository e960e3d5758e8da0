#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every C++ file is as .clang-format wants it."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ('msg', 'middleware', 'scheduler', 'nodes', 'cli', 'benchmarks', 'tests')
FORMATTER = 'clang-format-14'


def refused(files):
    result = subprocess.run([FORMATTER, f'--style=file:{ROOT / ".clang-format"}', '--dry-run', '--Werror', *files],
                            capture_output=True, text=True, check=False)
    return result.stderr if result.returncode else ''


def main():
    # Snippets that must not compile keep the line breaks their expected errors count.
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob('*.[ch]pp'))
             if 'compile_fail' not in path.parts]
    said = refused(files)
    print(said)
    print(f'{len(files)} files read; {FORMATTER} -i corrects them' if said else f'{len(files)} files read')
    return 1 if said or len(files) < 100 else 0


sys.exit(main())
