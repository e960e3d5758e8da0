#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What tactus_generate_messages.py refuses, with file, line and reason; and texts that C++ reads differently from .msg.

Usage: generator_test.py GENERATOR COMPILER INCLUDE_FOLDER_OF_MSG
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

GENERATOR, COMPILER, INCLUDE = (sys.argv.pop(1) for _ in range(3))
FOREIGN = pathlib.Path('/usr/share/test_interface_files/msg')


class Generator(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def write(self, name, text):
        path = self.folder / f'{name}.msg'
        path.write_text(text, encoding='utf-8')
        return path

    def generate(self, *paths):
        command = [sys.executable, GENERATOR, '--package', 'probe', '--output', str(self.folder / 'out'), *map(str, paths)]
        return subprocess.run(command, capture_output=True, text=True)

    def assert_refused(self, text, line, reason):
        path = self.write('Probe', text)
        result = self.generate(path)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn(f'{path}:{line}: {reason}', result.stderr)
        self.assertNotIn('Traceback', result.stderr)
        self.assertFalse((self.folder / 'out').exists(), 'nothing is written when one file is refused')

    def compile_and_run(self, path, main):
        result = self.generate(path)
        self.assertEqual(result.returncode, 0, result.stderr)
        source = self.folder / 'main.cpp'
        source.write_text(f'#include <probe/msg/probe.hpp>\n{main}', encoding='utf-8')
        library = [str(pathlib.Path(INCLUDE).parent / 'src' / name) for name in ('block.cpp', 'check.cpp', 'elements.cpp')]
        program = self.folder / 'main'
        command = [COMPILER, '-std=c++20', '-Wall', '-Wextra', '-Wshadow', '-Werror', '-I', INCLUDE, '-I', self.folder / 'out',
                   source, *library, '-o', program]
        built = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        self.assertEqual(built.returncode, 0, built.stderr)
        self.assertEqual(subprocess.run([str(program)]).returncode, 0)

    def test_wide_strings_of_ros2_are_refused_at_their_line(self):
        path = FOREIGN / 'WStrings.msg'
        result = self.generate(path)
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"{path}:1: field 'wstring_value': wstring is not supported: use string, which holds UTF-8", result.stderr)

    def test_wide_string_behind_a_comment_that_names_it(self):
        self.assert_refused('int32 a # text\nwstring<=3[] text\n', 2, "field 'text': wstring is not supported")

    def test_wide_string_constant(self):
        self.assert_refused('int32 a\nwstring W="a"\n', 2, "constant 'W': wstring is not supported")

    def test_keyword_of_cpp(self):
        self.assert_refused('int32 a\nfloat64 default\n', 2, "field 'default': is a keyword of C++: choose another name")

    def test_syntax_error_is_named_with_its_line(self):
        self.assert_refused('int32 a\n\nint32 b c d\n', 3, 'InvalidValue')

    def test_type_that_is_not_defined(self):
        self.assert_refused('int32 a\nother_msgs/Thing thing\n', 2, "field 'thing': no definition of other_msgs/msg/Thing")

    def test_type_that_contains_itself(self):
        self.write('Other', 'Probe probe\n')
        path = self.write('Probe', 'Other other\n')
        result = self.generate(path)
        self.assertEqual(result.returncode, 1)
        self.assertIn('contains itself', result.stderr)

    def test_every_error_of_a_package_is_reported_at_once(self):
        first, second = self.write('First', 'wstring a\n'), self.write('Second', 'wstring b\n')
        result = self.generate(first, second)
        self.assertIn(f'{first}:1:', result.stderr)
        self.assertIn(f'{second}:1:', result.stderr)

    def test_texts_keep_every_byte_and_names_of_the_block_are_free(self):
        path = self.write('Probe', 'string tail "caf\u00e9 \U0001f600 ??/"\nint32[] size\nstring T="\U0001f600"\n')
        self.compile_and_run(path, '''
int main() {
  tactus::Message<probe::msg::Probe> probe;
  const bool same = probe->tail == "caf\\303\\251 \\360\\237\\230\\200 ?\\?/" && probe::msg::Probe::T == "\\360\\237\\230\\200";
  return same ? 0 : 1;
}
''')


if __name__ == '__main__':
    unittest.main()
