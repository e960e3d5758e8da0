#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""No file holds what a merge left behind, and every link of a page leads to a file and a heading that exist."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ('.ci', 'benchmarks', 'cli', 'cmake', 'docs', 'launch', 'middleware', 'msg', 'nodes', 'scheduler', 'scripts', 'tests')
LEFT_BY_A_MERGE = re.compile(r'^(<{7} |={7}$|>{7} )', re.M)
LINK = re.compile(r'(?<!!)\[[^\]]*\]\(([^)\s]+)\)')


def files():
    yield from (path for path in ROOT.iterdir() if path.is_file() and path.name != '.git')
    for folder in FOLDERS:
        yield from (path for path in (ROOT / folder).rglob('*') if path.is_file() and 'corpus' not in path.parts)


def anchors(page):
    """The headings of a page, as links name them."""
    headings = re.findall(r'^#+ (.*)$', page.read_text(encoding='utf-8'), re.M)
    return {re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-') for heading in headings}


def problems_of_links(page, text):
    for target in LINK.findall(re.sub(r'^```.*?^```', '', text, flags=re.M | re.S)):
        if '://' in target:
            continue
        name, _, anchor = target.partition('#')
        path = (page.parent / name) if name else page
        if not path.exists():
            yield f'{target} does not exist'
        elif anchor and anchor not in anchors(path):
            yield f'{target}: no such heading'


def main():
    # The rules themselves: each must find what it is for.
    assert LEFT_BY_A_MERGE.search('a\n' + '<' * 7 + ' HEAD\n') and not LEFT_BY_A_MERGE.search('Title\n========\n')
    assert list(problems_of_links(ROOT / 'README.md', '[a](nowhere.md)')) and list(problems_of_links(ROOT / 'README.md', '[a](#nothing)'))
    assert not list(problems_of_links(ROOT / 'README.md', '[a](docs/README.md#documentation)'))
    problems, count = [], 0
    for path in files():
        try:
            text = path.read_text(encoding='utf-8')
        except UnicodeDecodeError:
            continue
        count += 1
        if LEFT_BY_A_MERGE.search(text):
            problems.append(f'{path.relative_to(ROOT)}: a merge was not finished')
        if path.suffix == '.md':
            problems += [f'{path.relative_to(ROOT)}: {problem}' for problem in problems_of_links(path, text)]
    print('\n'.join(problems))
    print(f'{count} files read, {len(problems)} problems')
    return 1 if problems or count < 300 else 0


sys.exit(main())
