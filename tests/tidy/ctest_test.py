#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: ctest_test.py BUILD_FOLDER. Tests that are whole systems never run side by side: each holds the lock 'machine'."""

import json
import subprocess
import sys


def main():
    text = subprocess.run(['ctest', '--test-dir', sys.argv[1], '--show-only=json-v1'], capture_output=True, text=True, check=True).stdout
    tests = json.loads(text)['tests']
    without = []
    for test in tests:
        properties = {entry['name']: entry['value'] for entry in test.get('properties', [])}
        if 'system' in properties.get('LABELS', []) and 'machine' not in properties.get('RESOURCE_LOCK', []):
            without.append(test['name'])
    for name in without:
        print(f'{name} is labelled system: set_tests_properties({name} PROPERTIES RESOURCE_LOCK machine)')
    print(f'{len(tests)} tests')
    return 1 if without or len(tests) < 30 else 0


sys.exit(main())
