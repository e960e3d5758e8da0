#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Generates C++ headers over the message block from ROS 2 .msg files.

One call per package. Types of other packages are found through --depends NAME=FOLDER, where FOLDER holds their .msg files.
Errors are printed as file:line: reason, exit code 1.
"""

import argparse
import hashlib
import json
import pathlib
import re
import sys

from rosidl_adapter.parser import parse_message_file, parse_message_string

INLINE_BYTES = 256  # tactus::kInlineBytes
POINTER_BYTES = 8  # a string or sequence in the tail: {int32 offset, uint32 size}
SEPARATOR = '=' * 80

# .msg name: (C++ type, FieldKind, bytes, ROS 2 type id)
SCALARS = {
    'bool': ('bool', 'kBool', 1, 15),
    'byte': ('std::uint8_t', 'kByte', 1, 16),
    'char': ('std::uint8_t', 'kChar', 1, 3),
    'int8': ('std::int8_t', 'kInt8', 1, 2),
    'uint8': ('std::uint8_t', 'kUint8', 1, 3),
    'int16': ('std::int16_t', 'kInt16', 2, 4),
    'uint16': ('std::uint16_t', 'kUint16', 2, 5),
    'int32': ('std::int32_t', 'kInt32', 4, 6),
    'uint32': ('std::uint32_t', 'kUint32', 4, 7),
    'int64': ('std::int64_t', 'kInt64', 8, 8),
    'uint64': ('std::uint64_t', 'kUint64', 8, 9),
    'float32': ('float', 'kFloat32', 4, 10),
    'float64': ('double', 'kFloat64', 8, 11),
}
STRING_ID, BOUNDED_STRING_ID, NESTED_ID = 17, 21, 1
ARRAY, BOUNDED_SEQUENCE, SEQUENCE = 48, 96, 144


CPP_KEYWORDS = frozenset('''
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class compl concept
    const consteval constexpr constinit const_cast continue co_await co_return co_yield decltype default delete do double
    dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable namespace new noexcept
    not not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires return short signed sizeof
    static static_assert static_cast struct switch template this thread_local throw true try typedef typeid typename union
    unsigned using virtual void volatile wchar_t while xor xor_eq NULL
'''.split())


class DefinitionError(Exception):
    pass


def round_up(value, alignment):
    return (value + alignment - 1) // alignment * alignment


def snake_case(name):
    name = re.sub(r'(.)([A-Z][a-z]+)', r'\1_\2', name)
    return re.sub(r'([a-z0-9])([A-Z])', r'\1_\2', name).lower()


def line_of(text, name):
    """Where a field or constant is defined: the name is the second word of its line."""
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r'\s*\S+\s+' + re.escape(name) + r'\b', line.split('#')[0]):
            return number
    return 1


class Field:
    def __init__(self, spec, owner, types):
        t = spec.type
        self.name, self.default = spec.name, spec.default_value
        if t.type == 'wstring':
            raise DefinitionError(
                f'{owner.path}:{line_of(owner.text, spec.name)}: field \'{spec.name}\': wstring is not supported: '
                'use string, which holds UTF-8')
        self.is_string = t.type == 'string'
        if spec.name in CPP_KEYWORDS:
            raise DefinitionError(f'{owner.path}:{line_of(owner.text, spec.name)}: field \'{spec.name}\': is a keyword of C++: '
                                  'choose another name')
        self.message = None if t.is_primitive_type() else types.get(t.pkg_name, t.type, owner, spec.name)
        self.scalar = None if self.is_string or self.message else SCALARS[t.type]
        self.string_bound = (t.string_upper_bound or 0) if self.is_string else 0
        self.shape = 'single'
        self.bound = 0
        if t.is_array:
            self.shape = 'array' if t.array_size and not t.is_upper_bound else 'sequence'
            self.bound = t.array_size or 0
        self.measure()

    def measure(self):
        """Size, alignment, and whether anything of the field lies in the tail."""
        self.inline_string = self.is_string and 0 < self.string_bound <= INLINE_BYTES
        if self.message:
            size, align, self.element_plain = self.message.size, self.message.align, self.message.plain
        elif self.scalar:
            size = align = self.scalar[2]
            self.element_plain = True
        elif self.inline_string:
            size, align, self.element_plain = round_up(4 + self.string_bound + 1, 4), 4, True
        else:
            size, align, self.element_plain = POINTER_BYTES, 4, False
        self.in_tail = self.is_string and not self.inline_string
        if self.shape == 'array':
            size *= self.bound
        elif self.shape == 'sequence':
            self.in_tail = self.bound == 0 or not self.element_plain or self.bound * size > INLINE_BYTES
            if self.in_tail:
                size, align = POINTER_BYTES, 4
            else:
                align = max(4, align)
                size = round_up(align + self.bound * size, align)
        self.size, self.align = size, align
        self.plain = not self.in_tail and self.element_plain

    def element_type(self):
        if self.message:
            return self.message.cpp_name
        if self.scalar:
            return self.scalar[0]
        if self.inline_string:
            return f'::tactus::InlineString<{self.string_bound}>'
        return f'::tactus::BasicString<{self.string_bound}>' if self.string_bound else '::tactus::String'

    def cpp_type(self):
        element = self.element_type()
        if self.shape == 'single':
            return element
        if self.shape == 'array':
            return f'std::array<{element}, {self.bound}>' if self.element_plain else f'::tactus::BlockArray<{element}, {self.bound}>'
        if not self.in_tail:
            return f'::tactus::InlineSequence<{element}, {self.bound}>'
        return f'::tactus::Sequence<{element}, {self.bound}>' if self.bound else f'::tactus::Sequence<{element}>'

    def table_row(self, owner):
        kind = 'kMessage' if self.message else 'kString' if self.is_string else self.scalar[1]
        info = f'&::tactus::TypeOf<{self.message.cpp_name}>::kInfo' if self.message else 'nullptr'
        shape = {'single': 'kSingle', 'array': 'kArray', 'sequence': 'kSequence'}[self.shape]
        return (f'{{"{self.name}", FieldKind::{kind}, FieldShape::{shape}, {str(self.in_tail).lower()}, {self.bound}, '
                f'{self.string_bound}, static_cast<std::uint32_t>(offsetof({owner}, {self.name})), {info}}}')

    def literal(self, value):
        if self.is_string:
            return cpp_text(value)
        if isinstance(value, bool):
            return str(value).lower()
        return cpp_number(self.scalar[0], value)

    def description(self):
        """The field in ROS 2's hashed type description."""
        base = NESTED_ID if self.message else self.scalar[3] if self.scalar else (
            BOUNDED_STRING_ID if self.string_bound else STRING_ID)
        offset = {'single': 0, 'array': ARRAY, 'sequence': BOUNDED_SEQUENCE if self.bound else SEQUENCE}[self.shape]
        return {'name': self.name,
                'type': {'type_id': base + offset, 'capacity': self.bound, 'string_capacity': self.string_bound,
                         'nested_type_name': self.message.full_name if self.message else ''}}


def cpp_text(text):
    """A string literal of the text's UTF-8 bytes, whatever they are."""
    return '"' + ''.join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\\\?' else f'\\{byte:03o}' for byte in text.encode()) + '"'


def cpp_number(cpp_type, value):
    if cpp_type == 'double':
        return repr(float(value))
    if cpp_type == 'float':
        return repr(float(value)) + 'f'
    if cpp_type == 'bool':
        return str(bool(value)).lower()
    if cpp_type == 'std::int64_t' and int(value) == -2**63:
        return 'INT64_MIN'
    suffix = {'std::uint64_t': 'ULL', 'std::int64_t': 'LL', 'std::uint32_t': 'U'}.get(cpp_type, '')
    return f'{int(value)}{suffix}'


class Message:
    def __init__(self, package, path, types):
        self.package, self.path = package, path
        self.name = path.stem
        self.full_name = f'{package}/msg/{self.name}'
        self.cpp_name = f'::{package}::msg::{self.name}'
        self.include = f'{package}/msg/{snake_case(self.name)}.hpp'
        self.text = path.read_text(encoding='utf-8')
        try:
            spec = parse_message_file(package, str(path))
        except Exception as error:  # rosidl raises many kinds
            raise DefinitionError(f'{path}:{self.failing_line()}: {type(error).__name__}: {error}') from error
        self.constants = spec.constants
        self.refuse_names()
        self.fields = [Field(field, self, types) for field in spec.fields]
        if not self.fields:
            self.fields = [placeholder(self, types)]
        self.layout()

    def failing_line(self):
        """The first line that does not parse by itself."""
        for number, line in enumerate(self.text.splitlines(), 1):
            try:
                parse_message_string(self.package, self.name, line)
            except Exception:  # rosidl raises many kinds
                return number
        return 1

    def refuse_names(self):
        for constant in self.constants:
            if constant.type == 'wstring':
                raise DefinitionError(f'{self.path}:{line_of(self.text, constant.name)}: constant \'{constant.name}\': '
                                      'wstring is not supported: use string, which holds UTF-8')
            if constant.name in CPP_KEYWORDS:
                raise DefinitionError(f'{self.path}:{line_of(self.text, constant.name)}: constant \'{constant.name}\': '
                                      'is a keyword of C++: choose another name')

    def layout(self):
        offset, self.align, unpadded = 0, 1, True
        for field in self.fields:
            unpadded = unpadded and offset % field.align == 0
            offset = round_up(offset, field.align) + field.size
            self.align = max(self.align, field.align)
        self.size = round_up(offset, self.align)
        self.plain = all(field.plain for field in self.fields)
        self.packed = (unpadded and self.size == offset and self.first_leaf_align() == self.align
                       and all(self.is_packed_field(field) for field in self.fields))

    def first_leaf_align(self):
        first = self.fields[0]
        return first.message.first_leaf_align() if first.message else first.align

    @staticmethod
    def is_packed_field(field):
        if field.shape == 'sequence' or field.is_string:
            return False
        return field.message.packed if field.message else field.scalar[1] != 'kBool'

    def dependencies(self):
        """Every message below this one, each once, in order of first use."""
        found = {}
        for field in self.fields:
            if field.message:
                found.setdefault(field.message.full_name, field.message)
                found.update({m.full_name: m for m in field.message.dependencies() if m.full_name not in found})
        return list(found.values())

    def schema(self):
        parts = [self.text]
        for message in self.dependencies():
            parts.append(f'{SEPARATOR}\nMSG: {message.package}/{message.name}\n{message.text}')
        return ''.join(part if part.endswith('\n') else part + '\n' for part in parts)

    def description(self):
        return {'type_name': self.full_name, 'fields': [field.description() for field in self.fields]}

    def rihs01(self):
        below = sorted(self.dependencies(), key=lambda message: message.full_name)
        text = json.dumps({'type_description': self.description(),
                           'referenced_type_descriptions': [message.description() for message in below]})
        return hashlib.sha256(text.encode()).digest()


def placeholder(owner, types):
    """ROS 2 gives a message without fields this one, in memory, in CDR and in the hash."""
    from rosidl_adapter.parser import Field as Spec, Type
    return Field(Spec(Type('uint8'), 'structure_needs_at_least_one_member'), owner, types)


class Types:
    """Messages by package and name, parsed on first use."""

    def __init__(self, folders):
        self.folders, self.known, self.parsing = folders, {}, []

    def get(self, package, name, owner, field):
        key = (package, name)
        if key in self.known:
            return self.known[key]
        where = f'{owner.path}:{line_of(owner.text, field)}: field \'{field}\''
        if key in self.parsing:
            raise DefinitionError(f'{where}: {package}/{name} contains itself')
        path = next((folder / f'{name}.msg' for folder in self.folders.get(package, ())
                     if (folder / f'{name}.msg').is_file()), None)
        if path is None:
            raise DefinitionError(f'{where}: no definition of {package}/msg/{name} in package \'{package}\' '
                                  f'(known packages: {", ".join(sorted(self.folders))})')
        return self.load(package, path)

    def load(self, package, path):
        key = (package, path.stem)
        if key not in self.known:
            self.parsing.append(key)
            self.known[key] = Message(package, path, self)
            self.parsing.remove(key)
        return self.known[key]


def string_literal(text):
    """A raw string literal; GCC and clang take them longer than the standard's minimum."""
    assert ')tactus"' not in text
    return f'R"tactus({text})tactus"'


def constants(message):
    for constant in message.constants:
        if constant.type == 'string':
            yield f'  static constexpr std::string_view {constant.name} = {cpp_text(constant.value)};'
        else:
            cpp = SCALARS[constant.type][0]
            yield f'  static constexpr {cpp} {constant.name} = {cpp_number(cpp, constant.value)};'


def default_of(field):
    if field.default is None:
        return '{}'
    if field.shape == 'single':
        return f'{{{field.literal(field.default)}}}'
    return '{' + ', '.join(field.literal(value) for value in field.default) + '}'


def plain_struct(message):
    lines = list(constants(message))
    for field in message.fields:
        initial = default_of(field)
        if field.shape == 'array' and initial != '{}':
            initial = '{' + initial + '}'
        lines.append(f'  {field.cpp_type()} {field.name}{initial};')
    return lines


def bound_struct(message):
    name = message.name
    tail_fields, body = [], []
    lines = list(constants(message))
    members = []
    for field in message.fields:
        if field.plain:
            initial = default_of(field)
            if field.shape == 'array' and initial != '{}':
                initial = '{' + initial + '}'
            members.append(f'  {field.cpp_type()} {field.name}{initial};')
            continue
        members.append(f'  {field.cpp_type()} {field.name};')
        if field.default is not None and field.shape == 'single':
            tail_fields.append(f'{field.name}{{tail_, {field.literal(field.default)}}}')
            continue
        tail_fields.append(f'{field.name}{{tail_}}')  # no field's name ends in _
        if field.default is None:
            continue
        if field.element_plain:
            body.append(f'{field.name} = {default_of(field)};')
        else:
            if field.shape == 'sequence':
                body.append(f'{field.name}.resize({len(field.default)});')
            body += [f'{field.name}[{i}] = {field.literal(value)};' for i, value in enumerate(field.default)]
    lines += [f'  explicit {name}(::tactus::Tail tail_) : {", ".join(tail_fields)} {{ {" ".join(body)} }}',
              f'  {name}(const {name}&) = delete;  // lives in a message block: bind it with const auto&, or keep a copy '
              f'with tactus::Message<{name}>',
              f'  {name}& operator=(const {name}&) = default;']
    return lines + members


def header(message):
    guard = '__'.join([message.package.upper(), 'MSG', snake_case(message.name).upper() + '_HPP_'])
    includes = sorted({field.message.include for field in message.fields if field.message})
    struct = plain_struct(message) if message.plain else bound_struct(message)
    rows = ',\n      '.join(field.table_row(message.cpp_name) for field in message.fields)
    digest = ', '.join(str(byte) for byte in message.rihs01())
    construct = ('new (root) Type();' if message.plain else 'new (root) Type(Tail{block});')
    unused = '[[maybe_unused]] ' if message.plain else ''
    return f'''// Generated from {message.package}/{message.name}.msg: do not edit.
#pragma once

#ifdef {guard}
#error "{message.include} of ROS 2 was included before Tactus' header of the same name: put tactus_msgs first in the include path"
#endif

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <tactus/msg/message.hpp>
{''.join(f'#include <{include}>' + chr(10) for include in includes)}
namespace {message.package}::msg {{
inline namespace tactus_v1 {{

struct {message.name} {{
{chr(10).join(struct)}

  friend bool operator==(const {message.name}&, const {message.name}&) = default;
}};

}}  // namespace tactus_v1
}}  // namespace {message.package}::msg

template <>
struct tactus::TypeOf<{message.cpp_name}> {{
  using Type = {message.cpp_name};
  static_assert(sizeof(Type) == {message.size} && alignof(Type) == {message.align});
  static_assert(std::is_trivially_copyable_v<Type> == {str(message.plain).lower()});

  static constexpr Field kFields[] = {{
      {rows}}};
  static constexpr TypeInfo kInfo{{
      .name = "{message.full_name}",
      .size = sizeof(Type),
      .alignment = alignof(Type),
      .plain = {str(message.plain).lower()},
      .fields = kFields,
      .schema = {string_literal(message.schema())},
      .hash = {{{digest}}},
      .packed = {str(message.packed).lower()},
      .construct = [](std::byte* root, {unused}BlockHeader& block) {{ {construct} }}}};
  static const TypeInfo& info() noexcept {{ return kInfo; }}
}};
'''


def types_header(package, messages):
    includes = ''.join(f'#include <{message.include}>\n' for message in messages)
    rows = ',\n    '.join(f'&::tactus::TypeOf<{message.cpp_name}>::kInfo' for message in messages)
    return f'''// Generated: every type of {package}.
#pragma once

{includes}
namespace {package}::msg {{

inline constexpr const ::tactus::TypeInfo* kTypes[] = {{
    {rows}}};

}}  // namespace {package}::msg
'''


def write_if_changed(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text(encoding='utf-8') != text:
        path.write_text(text, encoding='utf-8')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--package', required=True)
    parser.add_argument('--output', required=True, type=pathlib.Path, help='include root to write into')
    parser.add_argument('--depends', action='append', default=[], metavar='NAME=FOLDER')
    parser.add_argument('files', nargs='+', type=pathlib.Path)
    arguments = parser.parse_args()

    folders = {}
    for entry in arguments.depends:
        name, _, folder = entry.partition('=')
        folders.setdefault(name, []).append(pathlib.Path(folder))
    for path in arguments.files:
        if path.parent not in folders.setdefault(arguments.package, []):
            folders[arguments.package].append(path.parent)

    types, messages, errors = Types(folders), [], []
    for path in arguments.files:
        try:
            messages.append(types.load(arguments.package, path))
        except (DefinitionError, OSError) as error:
            errors.append(str(error))
    if errors:
        print('\n'.join(errors), file=sys.stderr)
        return 1
    for message in messages:
        write_if_changed(arguments.output / message.include, header(message))
    write_if_changed(arguments.output / arguments.package / 'msg' / 'types.hpp', types_header(arguments.package, messages))
    return 0


if __name__ == '__main__':
    sys.exit(main())
