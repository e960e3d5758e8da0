#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Fails when a layer is crossed: reads every #include and compares it with who may see what."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAYERS = {'msg': 0, 'middleware': 1, 'scheduler': 2, 'nodes': 3, 'cli': 3}
# Where a third party's headers may be included.
CONFINED = {
    r'iceoryx_(posh|hoofs)/': ('middleware/iceoryx/', 'middleware/broker/', 'benchmarks/'),
    r'yaml-cpp/': ('scheduler/launch_file/',),
    r'openssl/': ('middleware/security/',),
    r'dds/': ('middleware/dds/', 'benchmarks/network_cyclone.cpp'),
    r'spng\.h': ('nodes/', 'cli/src/transport_module.cpp'),
    r'opencv2/': ('nodes/',),
    r'CLI/': ('cli/', 'scheduler/programs/', 'scheduler/conformance/', 'middleware/gateway/main.cpp', 'benchmarks/'),
}
# What a node may include of ours.
NODE_HEADERS = re.compile(r'tactus/((node|state|coroutine|program)\.hpp|testing/|msg/)')


def layer_of_header(header):
    if header.startswith('tactus/msg/'):
        return 'msg'
    if header.startswith('tactus/middleware/'):
        return 'middleware'
    if header.startswith('tactus/'):
        return 'scheduler'
    return None


def problems_of(path, lines):
    layer = path.parts[0]
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s*[<"]([^">]+)[">]', line)
        if not match:
            continue
        header = match.group(1)
        for pattern, allowed in CONFINED.items():
            if re.match(pattern, header) and not str(path).startswith(allowed):
                yield f'{path}:{number}: {header} belongs into {" or ".join(allowed)} only'
        seen = layer_of_header(header)
        if seen and layer in LAYERS and LAYERS[seen] > LAYERS[layer]:
            yield f'{path}:{number}: {layer} may not include {header}: it lies above'
        if layer == 'nodes' and seen and not NODE_HEADERS.match(header):
            yield f'{path}:{number}: nodes see the node API and the messages only, not {header}'


def main():
    # The rules themselves: each must find what it is for.
    assert list(problems_of(pathlib.Path('msg/a.cpp'), ['#include "tactus/middleware/names.hpp"']))
    assert list(problems_of(pathlib.Path('cli/a.cpp'), ['#include <iceoryx_posh/runtime/posh_runtime.hpp>']))
    assert list(problems_of(pathlib.Path('nodes/a.cpp'), ['#include <tactus/scheduler/plan.hpp>']))
    assert not list(problems_of(pathlib.Path('nodes/a.cpp'), ['#include <tactus/node.hpp>']))
    problems, files = [], 0
    for layer in [*LAYERS, 'benchmarks']:
        for path in sorted((ROOT / layer).rglob('*')):
            if path.suffix in ('.hpp', '.cpp'):
                files += 1
                problems += problems_of(path.relative_to(ROOT), path.read_text(encoding='utf-8').splitlines())
    print('\n'.join(problems))
    print(f'{files} files read, {len(problems)} crossings')
    return 1 if problems or files < 50 else 0


sys.exit(main())
