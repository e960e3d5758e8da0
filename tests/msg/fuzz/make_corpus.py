#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the fuzz targets: small valid messages. Run by hand when a type of the targets changes."""

import pathlib
import struct

FOLDER = pathlib.Path(__file__).parent / 'corpus'
CDR = b'\x00\x01\x00\x00'
header = struct.pack('<iII', 1, 2, 4) + b'map\x00'
path = CDR + header + struct.pack('<I', 1) + header + struct.pack('<7d', 1, 2, 3, 0, 0, 0, 1)
joints = CDR + header + struct.pack('<I', 1) + struct.pack('<I', 2) + b'a\x00\x00\x00' + struct.pack('<I', 0) * 3
block = struct.pack('<iIII', -8, 0, 64, 64) + struct.pack('<iIiI', 1, 2, 16, 3) + struct.pack('<iI', -40, 0) + \
    struct.pack('<iI', -56, 8) + b'map\x00\x00\x00\x00\x00'
for name, content in {'cdr/path': b'\x00' + path, 'cdr/joints': b'\x02' + joints, 'block/path': b'\x00' + block}.items():
    (FOLDER / name).write_bytes(content)

# The border's: room for 2 kB, a gateway's tag, a time.
BORDER = pathlib.Path(__file__).parents[2] / 'middleware/gateway/corpus/border'
for number, (name, cdr) in {0: ('path', path), 2: ('joints', joints)}.items():
    (BORDER / name).write_bytes(bytes([number, 3]) + b'TAC2' + struct.pack('<Iqq', 7, 1, 2) + cdr)
