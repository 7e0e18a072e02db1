"""Guest program of the conformance suite: runs Python source that the host sends, with `channel` in scope.

First frame in: the source. What the source does with `channel` is its own business; `reply(value)` sends
`repr(value)`. It shows what a boxed process could do if it tried, so it does nothing to protect itself.
"""

from __future__ import annotations

import traceback

from channel import Channel  # type: ignore[import-not-found]


def main(channel: Channel) -> None:
    source = channel.receive()
    if source is None:
        return

    def reply(value: object) -> None:
        channel.send(repr(value).encode("utf-8", "backslashreplace"))

    scope = {"__name__": "__main__", "channel": channel, "reply": reply}
    try:
        exec(compile(source, "<probe>", "exec"), scope)
    except BaseException:
        reply(traceback.format_exc())
