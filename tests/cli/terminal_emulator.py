# SPDX-License-Identifier: Apache-2.0
"""A terminal for tests: a pseudo terminal, and what its screen shows after the few control sequences that rtctl uses. Lines that
are longer than the terminal is wide take several rows and are wrapped anew when it is resized, as today's terminals do."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

SEQUENCE = re.compile(r'\x1b\[([0-9;?]*)([A-Za-z])')


class Screen:
    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.lines = ['']  # as printed, whatever the width
        self.at = 0  # line of the cursor
        self.problems = []

    def rows_of(self, line):
        return max(1, -(-len(line) // self.columns))

    def up(self, count):
        while count > 0 and self.at > 0:
            self.at -= 1
            count -= self.rows_of(self.lines[self.at])
        if count < 0:
            self.problems.append('the cursor went up into the middle of a line: ' + self.lines[self.at])

    def feed(self, text):
        while text:
            sequence = SEQUENCE.match(text)
            if sequence:
                argument, letter = sequence.groups()
                if letter == 'F':
                    self.up(int(argument or 1))
                elif letter == 'J':
                    self.lines[self.at:] = ['']
                elif letter != 'm':
                    self.problems.append('unknown sequence ' + repr(sequence.group(0)))
                text = text[sequence.end():]
            elif text[0] == '\n':
                self.at += 1
                if self.at == len(self.lines):
                    self.lines.append('')
                text = text[1:]
            else:
                if text[0] != '\r':
                    self.lines[self.at] += text[0]
                text = text[1:]


class Terminal:
    """Runs a program on a terminal of its own, whose Ctrl-C it hears."""

    def __init__(self, words, rows=24, columns=100, stderr=None):
        self.screen = Screen(rows, columns)
        self.raw = ''
        self.main, side = pty.openpty()
        self.set_size(rows, columns)
        environment = {**os.environ, 'TERM': 'xterm-256color'}
        environment.pop('NO_COLOR', None)
        self.process = subprocess.Popen(words, stdin=side, stdout=side, stderr=side if stderr is None else stderr,
                                        env=environment, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(side)
        self.rest = b''

    def type(self, text):
        os.write(self.main, text.encode())

    def set_size(self, rows, columns):
        fcntl.ioctl(self.main, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
        self.screen.rows, self.screen.columns = rows, columns

    def resize(self, rows, columns):
        self.read_for(0.1)  # what was drawn for the old size
        self.set_size(rows, columns)
        self.process.send_signal(signal.SIGWINCH)

    def read_for(self, seconds):
        """Feeds the screen; False at the end."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.main], [], [], left)[0]:
                return True
            try:
                data = os.read(self.main, 65536)
            except OSError:
                return False
            if not data:
                return False
            data = self.rest + data
            cut = data.rfind(b'\x1b', max(0, len(data) - 20))
            whole = cut < 0 or SEQUENCE.match(data[cut:].decode(errors='replace'))
            self.rest = b'' if whole else data[cut:]
            text = (data if whole else data[:cut]).decode(errors='replace')
            self.raw += text
            self.screen.feed(text)
        return True

    def wait_for(self, condition, what, seconds=20):
        end = time.monotonic() + seconds
        while not condition(self.screen.lines):
            if time.monotonic() > end or not self.read_for(0.05) and not condition(self.screen.lines):
                raise AssertionError(f'not in time: {what}\n' + '\n'.join(self.screen.lines[-60:]))

    def finish(self, seconds=20):
        end = time.monotonic() + seconds
        while self.read_for(0.2) and time.monotonic() < end:
            pass
        self.process.wait(timeout=5)
        os.close(self.main)
        return self.process.returncode

    def end(self):
        """Only where a test failed on the way."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.finish()
