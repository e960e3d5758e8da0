#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the generator refuses, with file, line and reason. Usage: generator_test.py GENERATOR"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

GENERATOR = sys.argv.pop(1)


class Generator(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(lambda: subprocess.run(['rm', '-rf', str(self.folder)], check=True))

    def generate(self, **files):
        paths = []
        for name, text in files.items():
            path = self.folder / f'{name}.msg'
            path.write_text(text)
            paths.append(str(path))
        return subprocess.run(['/usr/bin/python3', GENERATOR, '--package', 'my_msgs', '--output', str(self.folder / 'out'), *paths],
                              text=True, capture_output=True)

    def test_wide_strings_are_refused_with_file_line_and_reason(self):
        result = self.generate(Wide='int32 number\nwstring text\n')
        self.assertEqual(result.returncode, 1)
        self.assertIn("Wide.msg:2: field 'text': wstring is not supported: use string", result.stderr)

    def test_debians_wide_string_message_is_refused(self):
        result = subprocess.run(['/usr/bin/python3', GENERATOR, '--package', 'test_interface_files', '--output', str(self.folder),
                                 '/usr/share/test_interface_files/msg/WStrings.msg'], text=True, capture_output=True)
        self.assertEqual(result.returncode, 1)
        self.assertIn('WStrings.msg:', result.stderr)

    def test_an_unknown_type_is_named_with_the_packages_that_are_known(self):
        result = self.generate(Uses='int32 a\nother_msgs/Thing thing\n')
        self.assertIn("Uses.msg:2: field 'thing': no definition of other_msgs/msg/Thing", result.stderr)
        self.assertIn('known packages: my_msgs', result.stderr)

    def test_a_type_that_contains_itself_is_refused(self):
        result = self.generate(Loop='Loop again\n')
        self.assertEqual(result.returncode, 1)
        self.assertIn('contains itself', result.stderr)

    def test_all_files_are_reported_at_once(self):
        result = self.generate(A='wstring a\n', B='wstring b\n')
        self.assertIn('A.msg:1', result.stderr)
        self.assertIn('B.msg:1', result.stderr)

    def test_unchanged_headers_are_not_written_again(self):
        self.assertEqual(self.generate(Thing='int32 a\nstring text "hello"\nfloat64[3] p [1.0, 2.0, 3.0]\n').returncode, 0)
        header = self.folder / 'out/my_msgs/msg/thing.hpp'
        before = header.stat().st_mtime_ns
        self.generate(Thing='int32 a\nstring text "hello"\nfloat64[3] p [1.0, 2.0, 3.0]\n')
        self.assertEqual(header.stat().st_mtime_ns, before)


unittest.main()
