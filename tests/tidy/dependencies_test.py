#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""package.xml names what scripts/setup installs, no more and no less."""

import pathlib
import re
import sys
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
KINDS = ('buildtool_depend', 'build_depend', 'build_export_depend', 'depend', 'exec_depend', 'test_depend')


def in_package_xml():
    package = xml.etree.ElementTree.parse(ROOT / 'package.xml').getroot()
    return {element.text for kind in KINDS for element in package.iter(kind)}


def in_setup():
    text = (ROOT / 'scripts/setup').read_text(encoding='utf-8')
    return set(re.search(r'^packages=\((.*?)^\)', text, re.S | re.M).group(1).split())


def main():
    declared, installed = in_package_xml(), in_setup()
    for name in sorted(installed - declared):
        print(f'scripts/setup installs {name}, which package.xml does not name')
    for name in sorted(declared - installed):
        print(f'package.xml names {name}, which scripts/setup does not install')
    print(f'{len(installed)} packages compared')
    return 0 if declared == installed and len(installed) > 20 else 1


sys.exit(main())
