#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the documentation: every fenced sh, cpp and yaml block of the pages does what it says.

Usage: docs_test.py BUILD_FOLDER [PAGE...], inside tests/support/in_namespace.sh. docs_test.py --slow BUILD_FOLDER runs what the
ordinary run leaves out by name: scripts/demo.

The blocks of a page run in order, as one reader types them: sh blocks in one shell (folder and variables are kept) that starts
in the source folder, with an empty home; cpp blocks are compiled as nodes or tests; yaml blocks are checked by
`rtctl launch --check`. A comment before a block, which readers do not see, says what the block alone does not:

  <!-- test: skip, REASON -->      not run
  <!-- test: file PATH -->         saved as PATH in the shell's folder, whatever its language
  <!-- test: append PATH -->       added to the end of that file
  <!-- test: continue PAGE -->     goes on where PAGE has saved its files: its first blocks and its files are done before
  <!-- test: with COMMAND -->      COMMAND runs beside the block, is interrupted after it, and must succeed
  <!-- test: until TOPIC -->       the block runs until somebody publishes TOPIC, is interrupted, and must succeed
  <!-- test: fails -->             the last command must fail
  <!-- test: around                what stands around a fragment; the fragment replaces the line of three dots
  TEXT
  ...
  TEXT -->
"""
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SLOW = re.compile(r'^scripts/demo\b', re.M)  # builds, then runs for seconds: a test of its own
NEVER = re.compile(r'^scripts/test\b', re.M)  # this test is part of it
LIMIT_S = 240
# What a launch around a single node would have: all that its check may say.
AROUND_A_NODE = re.compile(r"nothing publishes|executor '\w+' is not declared|argument '\w+' is not declared|^rtctl: \d+ errors?, nothing|: no errors;|defaults? w\w+ taken")


class Failed(Exception):
    pass


@dataclasses.dataclass
class Block:
    page: str
    line: int
    language: str
    text: str
    directive: str = ''
    goes_on_from: str = ''

    @property
    def place(self):
        return f'{self.page}:{self.line}'

    def argument(self, name):
        """What follows the directive's name; None when the block has another one, or none."""
        word, _, rest = self.directive.partition('\n' if name == 'around' else ' ')
        return rest.strip('\n') if word.strip().rstrip(',') == name else None

    @property
    def whole(self):
        around = self.argument('around')
        return self.text if around is None else re.sub(r'^\.\.\.$', lambda _: self.text, around, count=1, flags=re.M)


def blocks_of(page, text):
    """The fenced blocks of a page with the directives before them."""
    blocks, directive, goes_on_from, lines, number = [], '', '', text.splitlines(), 0
    while number < len(lines):
        line = lines[number]
        if line.startswith('<!-- test:'):
            first = number
            while '-->' not in lines[number]:
                number += 1
            comment = '\n'.join(lines[first:number + 1])
            words = comment[len('<!-- test:'):comment.index('-->')].strip(' ')
            if words.startswith('continue '):
                goes_on_from = words.split()[1]
            else:
                directive = words
        elif line.startswith('```'):
            first = number
            number += 1
            while not lines[number].startswith('```'):
                number += 1
            blocks.append(Block(page, first + 1, line[3:].strip(), '\n'.join(lines[first + 1:number]) + '\n', directive,
                                goes_on_from))
            directive = goes_on_from = ''
        elif line.strip():
            if directive:
                raise Failed(f'{page}:{number + 1}: a test directive stands before text, not before a block')
        number += 1
    return blocks


def only_slow(said):
    """A launch that failed since this machine was too slow for the rates it expects: timings are no test."""
    reasons = [line for line in said.splitlines() if line.startswith('rtctl: ')]
    return bool(reasons) and all(re.search(r' ran at .*, expected were ', line) for line in reasons)


class Reader:
    """One reader of one page: a shell that goes on from block to block, and a home."""

    def __init__(self, build, folder):
        self.build, self.home, self.tree = build, folder / 'home', folder / 'tactus'
        self.state, self.snippets = folder / 'state', 0
        self.home.mkdir()
        self.tree.mkdir()
        # The source folder as the reader sees it, with the build of this test as its build/.
        for path in SOURCE.iterdir():
            if not path.name.startswith(('build', '.git')):
                (self.tree / path.name).symlink_to(path)
        (self.tree / 'build').symlink_to(build)
        self.state.write_text(f'cd {self.tree}\n')

    def start(self, text):
        """A shell where the last block left it; what it leaves is kept for the next one."""
        script = f'source {self.state}\nset -euo pipefail\n{text}\n(declare -px; echo "cd \'$PWD\'") >{self.state}.new\n'
        environment = {**os.environ, 'HOME': str(self.home), 'NO_COLOR': '1',
                       'CCACHE_DIR': os.environ.get('CCACHE_DIR', f'{os.path.expanduser("~")}/.cache/ccache')}
        if shutil.which('ccache'):
            environment['CMAKE_CXX_COMPILER_LAUNCHER'] = 'ccache'
        for name in ('TACTUS_NODE_PATH', 'TACTUS_PREFIX_PATH', 'CMAKE_PREFIX_PATH'):
            environment.pop(name, None)
        output = tempfile.TemporaryFile('w+')
        process = subprocess.Popen(['bash', '-c', script], env=environment, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, start_new_session=True)
        process.output = output
        return process

    def finish(self, process, what, interrupt=False):
        if interrupt and process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        try:
            code = process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            code = 'none: it does not end'
        process.output.seek(0)
        said = process.output.read()
        if code != 0 and not only_slow(said):
            raise Failed(f'{what}\nexit code {code}\n{said}')
        new = pathlib.Path(f'{self.state}.new')
        if new.exists():
            new.replace(self.state)
        return said

    def wait_for(self, process, what, there):
        """Until what rtctl lists is as it should be: asked again, since nothing tells other processes."""
        end = time.monotonic() + LIMIT_S
        while process.poll() is None and time.monotonic() < end:
            found = subprocess.run([self.build / 'bin/rtctl', *what, '--json'], capture_output=True, text=True, check=False)
            if found.returncode == 0 and there(json.loads(found.stdout)):
                return
            time.sleep(0.02)

    def run(self, block):
        if block.goes_on_from:
            for earlier in preparation_of(block.goes_on_from):
                self.run(earlier)
        if block.argument('file') is not None:
            self.save(block, '>', block.argument('file'))
        elif block.argument('append') is not None:
            self.save(block, '>>', block.argument('append'))
        elif block.language == 'sh':
            self.shell(block)
        elif block.language == 'yaml':
            self.check_launch_file(block)
        elif block.language == 'cpp':
            self.compile(block)

    def save(self, block, how, path):
        self.finish(self.start(f'mkdir -p "$(dirname {path})"\n'
                               f"cat {how}{path} <<'END_OF_BLOCK'\n{block.text}END_OF_BLOCK"), block.place)

    def shell(self, block):
        beside = block.argument('with')
        if beside is None:
            self.foreground(block)
            return
        background, problems = self.start(beside), []
        self.wait_for(background, ['node', 'list'], lambda nodes: nodes and all(node['state'] == 'running' for node in nodes))
        for finish in (lambda: self.foreground(block),
                       lambda: self.finish(background, f'{block.place}: beside it, {beside}', interrupt=True)):
            try:
                finish()
            except Failed as failure:
                problems.append(str(failure))
        if problems:
            raise Failed('\n'.join(problems))

    def foreground(self, block):
        text = block.text
        if block.argument('fails') is not None:
            text = text.rstrip('\n') + ' && { echo "this had to fail"; exit 1; } || true'
        process, until = self.start(text), block.argument('until')
        if until is not None:
            self.wait_for(process, ['topic', 'list'], lambda topics: until in [topic['name'] for topic in topics])
        self.finish(process, block.place, interrupt=until is not None)

    def snippet(self, suffix, text):
        self.snippets += 1
        path = self.home.parent / f'snippet_{self.snippets}{suffix}'
        path.write_text(text)
        return path

    def check_launch_file(self, block):
        for name in (SOURCE / 'launch').glob('*.yaml'):  # what it may include
            link = self.home.parent / name.name
            if not link.exists():
                link.symlink_to(name)
        text = block.whole
        entry = re.match(r'\w+:\s*({|\n\s+)use: ', text)  # one node, without the launch around it
        if entry:
            text = 'nodes:\n' + ''.join(f'  {line}\n' for line in text.splitlines())
        path = self.snippet('.launch.yaml', text)
        said = self.finish(self.start(f'{self.build}/bin/rtctl launch {path} --check' + (' || true' if entry else '')), block.place)
        if entry and any(not AROUND_A_NODE.search(line) for line in said.splitlines()):
            raise Failed(f'{block.place}\n{said}')

    def compile(self, block):
        path = self.snippet('.cpp', block.whole)
        includes = ' '.join(f'-I{folder}' for folder in (
            self.build / 'include/tactus_msgs', SOURCE / 'msg/include', SOURCE / 'middleware/include',
            SOURCE / 'scheduler/node_api/include'))
        self.finish(self.start(f'c++ -std=c++20 -Wall -Wextra -Werror -fsyntax-only {includes} {path}'), block.place)


def preparation_of(page):
    """The blocks of a page before its first file, and its files."""
    blocks = blocks_of(page, (SOURCE / page).read_text(encoding='utf-8'))
    first = next(i for i, block in enumerate(blocks) if block.argument('file') is not None)
    return [block for i, block in enumerate(blocks) if i < first or block.argument('file') is not None]


def pages():
    yield SOURCE / 'README.md'
    yield from sorted((SOURCE / 'docs').rglob('*.md'))
    yield from sorted((SOURCE / 'nodes').glob('*/README.md'))


def wanted(block, slow):
    if block.language == 'sh' and NEVER.search(block.text):
        return False
    if slow:
        return bool(block.language == 'sh' and SLOW.search(block.text))
    return not (block.language == 'sh' and SLOW.search(block.text)) and block.argument('skip') is None


def run_page(path, build, slow):
    page, ran, problems = str(path.relative_to(SOURCE)), 0, []
    folder = pathlib.Path(tempfile.mkdtemp(prefix='tactus_docs_'))
    try:
        reader = Reader(build, folder)
        for block in blocks_of(page, path.read_text(encoding='utf-8')):
            if wanted(block, slow):
                reader.run(block)
                ran += 1
    except Failed as failure:  # the blocks after it build on it
        problems.append(str(failure))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return ran, problems


def main():
    words = sys.argv[1:]
    slow = '--slow' in words
    words = [word for word in words if word != '--slow']
    build, only = pathlib.Path(words[0]).resolve(), words[1:]
    ran, problems = 0, []
    for path in pages():
        if only and str(path.relative_to(SOURCE)) not in only:
            continue
        count, bad = run_page(path, build, slow)
        if count or bad:
            print(f'{path.relative_to(SOURCE)}: {count} blocks', flush=True)
        ran, problems = ran + count, problems + bad
    print('\n\n'.join(problems))
    print(f'{ran} blocks ran, {len(problems)} pages failed')
    return 1 if problems or not ran else 0


sys.exit(main())
