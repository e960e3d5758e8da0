#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tactus-conformance finds each broken promise, and only that.

Usage: conformance_test.py BUILD_FOLDER [Class.test]
"""
import json
import pathlib
import subprocess
import sys
import unittest

BUILD = pathlib.Path(sys.argv.pop(1))
PROGRAM = BUILD / 'bin/tactus-conformance'
FAULTY = BUILD / 'lib/tactus/nodes/libtest_faulty.so'
SANITIZED = 'TACTUS_SANITIZE:STRING=a' in (BUILD / 'CMakeCache.txt').read_text() or \
    'TACTUS_SANITIZE:STRING=t' in (BUILD / 'CMakeCache.txt').read_text()


def conformance(*words):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=280, check=False)


class Conformance(unittest.TestCase):
    def broken_by(self, fault, *words):
        run = conformance(FAULTY, f'fault:={fault}', '--json', *words)
        report = json.loads(run.stdout)
        self.assertEqual(run.returncode, 1 if any(entry['outcome'] == 'BROKEN' for entry in report) else 0, run.stdout + run.stderr)
        return {entry['check']: entry['text'] for entry in report if entry['outcome'] == 'BROKEN'}

    def assert_breaks(self, fault, check, text):
        broken = self.broken_by(fault)
        self.assertEqual([*broken], [check])
        self.assertIn(text, broken[check])

    def test_a_good_node_breaks_none(self):
        self.assertEqual(self.broken_by(''), {})

    def test_a_constructor_that_does_more_than_to_declare(self):
        self.assertIn('the constructor opens a file', self.broken_by('opens', '--check', 'declares')['declares'])

    def test_a_constructor_that_declares_something_else_the_second_time(self):
        self.assert_breaks('changes', 'declares', 'it declares something else')

    @unittest.skipIf(SANITIZED, 'a sanitizer may hold it in the process')
    def test_a_shared_object_that_cannot_be_unloaded(self):
        self.assert_breaks('holds', 'unloads', 'stays in the process')

    @unittest.skipIf(SANITIZED, 'a sanitizer brings an allocator of its own')
    def test_a_life_that_leaves_memory_behind(self):
        self.assert_breaks('leaks', 'restarts', 'bytes on the heap')

    def test_a_crash_without_input(self):
        self.assert_breaks('needs input', 'no-input', 'step() of cycle 0 crashed: Aborted')

    def test_a_crash_without_memory_for_what_it_publishes(self):
        broken = self.broken_by('needs loans', '--check', 'no-loans')
        self.assertIn('threw: expected a loan that is there', broken['no-loans'])

    def test_a_state_that_is_not_handed_over(self):
        self.assert_breaks('saves otherwise', 'hands-over', 'saved twice, its state differs')
        self.assert_breaks('restores otherwise', 'hands-over', 'saved again by the one that restored it, its state differs')
        self.assert_breaks('restores nothing', 'hands-over', 'restore() leaves 4 of 4 bytes that save() wrote')

    def test_an_exception_on_input_that_is_out_of_order(self):
        broken = self.broken_by('orders')
        self.assertIn('threw: time went back', broken['unordered-input'])

    def test_an_exception_on_extreme_input(self):
        self.assert_breaks('throws', 'extreme-input', 'threw: NaN came')

    def test_a_call_that_does_not_return(self):
        broken = self.broken_by('hangs', '--check', 'extreme-input', '--limit', '2')
        self.assertIn('has not returned after 2 s', broken['extreme-input'])

    @unittest.skipIf(SANITIZED, 'a sanitizer brings an allocator of its own')
    def test_a_step_that_allocates(self):
        self.assert_breaks('allocates', 'realtime', 'step() allocates')

    def test_wrong_arguments_are_named(self):
        for words, text in ((['no_such_node'], "no node 'no_such_node'"), ([FAULTY, '--check', 'realtim'], "did you mean 'realtime'?"),
                            ([FAULTY, 'falt:=x'], "has no 'falt'")):
            run = conformance(*words)
            self.assertEqual(run.returncode, 2)
            self.assertIn(text, run.stderr)

    def test_a_table_for_people(self):
        run = conformance(FAULTY, '--check', 'declares', '--check', 'no-input')
        self.assertEqual(run.returncode, 0)
        self.assertRegex(run.stdout, r'^ok +declares +the constructor .*\nok +no-input +lives without any input\n$')


unittest.main(verbosity=2)
