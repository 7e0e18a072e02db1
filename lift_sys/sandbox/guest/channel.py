"""A guest program's only way out: frames of bytes over one file descriptor.

A frame is its length (4 bytes, big-endian) and that many bytes.
"""

from __future__ import annotations

import os

LARGEST = (1 << 32) - 1


class Channel:
    """Both ends of the conversation with the host, seen from inside the box."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def receive(self) -> bytes | None:
        """The next frame; None when the host has closed the channel."""
        header = self._read(4)
        return None if header is None else self._read(int.from_bytes(header, "big"))

    def send(self, payload: bytes) -> None:
        """Send one frame.

        Raises:
            ValueError: it is 4 GiB or larger.
            OSError: the host has closed the channel.
        """
        if len(payload) > LARGEST:
            raise ValueError("a frame holds less than 4 GiB")
        rest = memoryview(len(payload).to_bytes(4, "big") + payload)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]

    def _read(self, size: int) -> bytes | None:
        parts: list[bytes] = []
        while size:
            part = os.read(self._descriptor, min(size, 1 << 20))
            if not part:
                return None
            parts.append(part)
            size -= len(part)
        return b"".join(parts)
