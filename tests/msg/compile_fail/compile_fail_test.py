#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What must not compile does not, and the compiler prints what to write instead.

Usage: compile_fail_test.py COMPILER INCLUDE_FOLDER...
"""

import subprocess
import sys

PROLOGUE = '''
#include <nav_msgs/msg/path.hpp>
#include <sensor_msgs/msg/image.hpp>
void read(std_msgs::msg::Header);
void use(sensor_msgs::msg::Image& image, const nav_msgs::msg::Path& path) {
  (void)image; (void)path;
%s
}
'''
ADVICE = 'bind it with const auto&, or keep a copy with tactus::Message<'

# (what a user might write, what the compiler's message holds)
REFUSED = [
    ('auto header = image.header;', ADVICE),
    ('read(image.header);', ADVICE),
    ('auto held = [header = image.header] {};', ADVICE),
    ('for (auto pose : path.poses) { (void)pose; }', ADVICE),
    ('sensor_msgs::msg::Image moved = std::move(image);', ADVICE),
    ('auto text = image.encoding;', 'lives in a message block'),
    ('auto bytes = image.data;', 'lives in a message block'),
    ('std_msgs::msg::Header header;', 'no matching function'),
    ('auto* header = new std_msgs::msg::Header;', 'no matching function'),
    ('path.poses[0].pose.position.x = 1;', 'read-only'),
]
ACCEPTED = [
    'const auto& header = image.header; (void)header;',
    'tactus::Message<std_msgs::msg::Header> kept{image.header};',
    'for (const auto& pose : path.poses) { (void)pose; }',
    'auto position = path.poses[0].pose.position; (void)position;',
    'std::string text{image.encoding};',
    'image.header = path.header;',
]


def compile_text(compiler, includes, body):
    command = [compiler, '-std=c++20', '-fsyntax-only', '-x', 'c++', '-', *[f'-I{folder}' for folder in includes]]
    return subprocess.run(command, input=PROLOGUE % body, text=True, capture_output=True, env={'LC_ALL': 'C', 'PATH': '/usr/bin:/bin'})


def main():
    compiler, *includes = sys.argv[1:]
    failures = []
    for body in ACCEPTED:
        result = compile_text(compiler, includes, body)
        if result.returncode != 0:
            failures.append(f'must compile: {body}\n{result.stderr[:800]}')
    for body, advice in REFUSED:
        result = compile_text(compiler, includes, body)
        if result.returncode == 0:
            failures.append(f'must not compile: {body}')
        elif advice not in result.stderr:
            failures.append(f'does not say "{advice}": {body}\n{result.stderr[:800]}')
    print('\n'.join(failures) or f'{len(REFUSED)} refused, {len(ACCEPTED)} accepted')
    return 1 if failures else 0


sys.exit(main())
