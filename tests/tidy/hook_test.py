#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The commit hook, installed in a repository of its own: format first, then the fast tests, then clang-tidy on the sources of the commit.

The tests and clang-tidy themselves are replaced by scripts that write down how they were called.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
STAND_IN = '#!/usr/bin/env bash\necho "$(basename "$0") $*" >>calls\nexit ${REFUSE:-0}\n'
AUTHOR = {f'GIT_{who}_{what}': 'a@b.invalid' for who in ('AUTHOR', 'COMMITTER') for what in ('NAME', 'EMAIL')}


def repository(folder):
    shutil.copytree(ROOT / 'scripts', folder / 'scripts')
    shutil.copy(ROOT / '.clang-format', folder)
    for name in ('test', 'clang-tidy'):
        (folder / 'scripts' / name).write_text(STAND_IN)
    run(folder, 'git', 'init', '-q')
    assert run(folder, 'scripts/install-hooks').returncode == 0


def run(folder, *command, **more):
    environment = {name: value for name, value in os.environ.items() if not name.startswith('GIT_')}
    return subprocess.run(command, cwd=folder, env={**environment, **AUTHOR, **more}, capture_output=True, text=True, check=False)


def commit(folder, text, **more):
    """Commits a.cpp with this text; gives the result and what was called meanwhile."""
    (folder / 'calls').unlink(missing_ok=True)
    (folder / 'a.cpp').write_text(text)
    run(folder, 'git', 'add', 'a.cpp')
    result = run(folder, 'git', 'commit', '-m', 'a', **more)
    calls = folder / 'calls'
    return result, calls.read_text().splitlines() if calls.exists() else []


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        repository(folder)
        result, calls = commit(folder, 'int  main( ) { }\n')
        assert result.returncode != 0 and 'clang-format-14 -i' in result.stderr and not calls, (result, calls)
        result, calls = commit(folder, 'int main() {}\n', REFUSE='1')
        assert result.returncode != 0 and calls == ['test --fast'], (result, calls)
        result, calls = commit(folder, 'int main() {}\n')
        assert result.returncode == 0 and calls == ['test --fast', 'clang-tidy build a.cpp'], (result, calls)
    return 0


sys.exit(main())
