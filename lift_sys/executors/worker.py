"""A worker process: takes pickled calls from standard input, one at a time, and answers each.

A message is its length in 8 bytes and that many bytes. What the function prints goes to standard error.
"""

from __future__ import annotations

import gc
import os
import pickle
import struct
from typing import BinaryIO

LENGTH = struct.Struct(">Q")


def read(stream: BinaryIO) -> bytes | None:
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    size = LENGTH.unpack(head)[0]
    body = stream.read(size)
    return body if len(body) == size else None


def die_with_parent() -> None:
    """Have the kernel end this process when the one that started it ends, however that comes about."""
    import ctypes
    import signal

    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


COLLECT = 256
"""Items after which cycles are looked for."""


def answer(message: bytes) -> bytes:
    """The pickle of (function, item) -> the pickle of (True, result) or of (False, (kind of error, message))."""
    try:
        function, item = pickle.loads(message)
        return pickle.dumps((True, function(item)), 5)
    except Exception as error:  # the boundary: a failed item is data
        return pickle.dumps((False, (type(error).__name__, str(error))), 5)


def main() -> None:
    die_with_parent()
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    # Records hold no cycles, and looking for some after every few hundred of them took a tenth of the time.
    gc.disable()
    answered = 0
    while (message := read(source)) is not None:
        body = answer(message)
        answered += 1
        if answered % COLLECT == 0:
            gc.collect()
        sink.write(LENGTH.pack(len(body)))
        sink.write(body)
        sink.flush()


if __name__ == "__main__":
    main()
