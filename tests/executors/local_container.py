"""A container of Modal's, played by processes of this machine. They run unboxed: for code of the tests' own."""

from __future__ import annotations

import subprocess
import sys


class Stdin:
    def __init__(self, pipe):
        self.pipe, self.data = pipe, b""

    def write(self, data):
        self.data += data

    def drain(self):
        data, self.data = self.data, b""
        if not self.pipe.closed:
            self.pipe.write(data)
            self.pipe.flush()

    def write_eof(self):
        self.pipe.close()


class LocalCommand:
    def __init__(self, command, env):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
        self.stdin = Stdin(self.process.stdin)

    @property
    def stdout(self):
        with self.process.stdout as pipe:
            while chunk := pipe.read1(1 << 16):
                yield chunk

    def wait(self):
        return self.process.wait()


class LocalContainer:
    """Runs commands here, as `modal.Sandbox.exec` would run them there."""

    def __init__(self, config):
        self.ended = None

    def exec(self, *args, env, text):
        assert text is False
        return LocalCommand([sys.executable, *args[1:]], env)

    def poll(self):
        return self.ended

    def terminate(self):
        self.ended = 0
