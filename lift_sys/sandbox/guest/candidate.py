"""Guest program: load one candidate and call it. It is given code and arguments, and answers with bytes.

Frames from the host, with a nonce of 16 bytes that the answer repeats:

    L nonce ORDER                                               -> nonce O | nonce X name LF message
    C nonce args LF kwargs        (wire texts)                  -> one of the four below
    B nonce ORDER LF args LF kwargs LF args LF kwargs ..        -> as L and then each C; a frame holds the nonce and
                                                                   one or more of (4 bytes length, answer)
    F nonce ..                    as B, but each call is made in a fork of this process as it is after loading

ORDER is one line `length result error_text entry_point`, then `length` bytes of code (UTF-8, surrogates kept); no
JSON, because each module that a child uses costs it copies of shared pages. Answers:

    nonce V value                                 the wire text of the result
    nonce R name LF base LF args LF message       it raised: class name, nearest builtin class, wire text of
                                                  `args` (empty when they have none), and `str(exception)`
    nonce U message                               the result is not made of exact plain types
    nonce S message                               the result is larger than a result may be

The candidate shares this process and can replace all of it. Nothing here is evidence of anything: whatever comes
out is a claim, and a forged answer is no more than a returned value.
"""

from __future__ import annotations

import builtins
import gc
import linecache
import os
import random
import sys
import time
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lift_sys import wire
    from lift_sys.sandbox.guest import surroundings
else:
    import surroundings
    import wire

NONCE = 16
QUICK_LOAD = 0.001
"""Seconds of loading after which its answer does not wait for that of the first call."""
_SAMPLE = """from typing import Any, Dict, List, Optional, Tuple

def f(x: List[int], y: str = "") -> List[int]:
    # of the kind that most candidates are
    total: Dict[str, int] = {}
    for i, item in enumerate(sorted(x)):
        if item % 2 == 0 and len(y) > 0:
            total[y] = total.get(y, 0) + item
    return [a * 2 for a in x if a not in total]

def g(a: List[str], b: List[float], c: Optional[int], d: Tuple[int, int], e: List[Any]) -> Optional[str]:
    return None
"""
_clock = time.monotonic
_type_name = type.__dict__["__name__"].__get__


def main(channel: Any) -> None:
    gc.set_threshold(20_000)  # a collection touches, and so copies, pages that this process shares with the zygote
    home = os.getpid()
    function: Any = None
    limits = (0, 0)
    while (frame := channel.receive()) is not None:
        kind, nonce, body = frame[:1], frame[1 : 1 + NONCE], frame[1 + NONCE :]
        if kind == b"B":
            _batch(channel, home, nonce, body)
            continue
        if kind == b"F":
            _forks(channel, home, nonce, body)
            continue
        if kind == b"L":
            code, entry_point, *sizes, _ = _order(body)
            limits = sizes[0], sizes[1]
            function, answer = _load(code, entry_point, limits[1])
        else:
            args, _, kwargs = body.partition(b"\n")
            answer = _call(function, args, kwargs, *limits)
        _stay(home)
        channel.send(nonce + answer)


def warm() -> None:
    """Run once in the zygote, with code of our own: what that fills in or specialises, no child does again."""
    order = f"{len(_SAMPLE)} 1000 1000 f\n{_SAMPLE}".encode()
    calls = b'\n{"t":[[1,2],"a"]}\n{"d":[]}' * 3
    for _ in range(4):
        _batch(_Nowhere(), os.getpid(), bytes(NONCE), order + calls)
    del sys.modules["candidate"], linecache.cache["candidate.py"]


class _Nowhere:
    def send(self, payload: bytes) -> None:
        pass


def _order(body: bytes) -> tuple[str, str, int, int, bytes]:
    """Code, entry point, largest result, longest error text, and what follows."""
    head, _, rest = body.partition(b"\n")
    length, result, error_text, entry_point = head.split(b" ")
    size = int(length)
    code = rest[:size].decode("utf-8", "surrogatepass")
    return code, entry_point.decode(), int(result), int(error_text), rest[size + 1 :]


def _batch(channel: Any, home: int, nonce: bytes, body: bytes) -> None:
    """Load, then make every call. Each answer goes out at once: the next call may be the end of this process."""
    code, entry_point, result, error_text, rest = _order(body)
    parts = rest.split(b"\n") if rest else []
    began = _clock()
    function, answer = _load(code, entry_point, error_text)
    loaded = _item(answer)
    if function is None or not parts or _clock() - began > QUICK_LOAD:
        _stay(home)
        channel.send(nonce + loaded)
        loaded = b""
    for index in range(0, len(parts) if function is not None else 0, 2):
        answer = _call(function, parts[index], parts[index + 1], result, error_text)
        _stay(home)
        channel.send(nonce + loaded + _item(answer))
        loaded = b""


def _forks(channel: Any, home: int, nonce: bytes, body: bytes) -> None:
    """Load once, then make every call in a fork of its own: no call sees what another one left behind.

    For code that imports packages, which takes longer than all its calls. The forks share this process's tree: when
    the host ends it, they end.
    """
    code, entry_point, result, error_text, rest = _order(body)
    parts = rest.split(b"\n") if rest else []
    function, answer = _load(code, entry_point, error_text)
    _stay(home)
    channel.send(nonce + _item(answer))
    for index in range(0, len(parts) if function is not None else 0, 2):
        child = os.fork()
        if not child:
            child = os.getpid()
            answer = _call(function, parts[index], parts[index + 1], result, error_text)
            _stay(child)
            channel.send(nonce + _item(answer))
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            os._exit(1)


def _item(answer: bytes) -> bytes:
    return len(answer).to_bytes(4, "big") + answer


def _stay(home: int) -> None:
    if os.getpid() != home:  # the candidate forked and came back twice: its first self answers
        os._exit(0)


def _load(code: str, entry_point: str, error_limit: int) -> tuple[Any, bytes]:
    """Execute the code as the module `candidate` and find the entry point in it."""
    try:
        module = types.ModuleType("candidate")
        sys.modules["candidate"] = module
        linecache.cache["candidate.py"] = (lambda: code,)  # for inspect.getsource
        # The same in every process of a box, so that two regimes differ by the candidate's state alone.
        random.seed(surroundings.random_seed)
        exec(compile(code, "candidate.py", "exec", dont_inherit=True), module.__dict__)
        found: Any = module
        for part in entry_point.split("."):
            found = getattr(found, part)
        if not callable(found):
            return None, b"X" + _text(f"TypeError\n{entry_point} is not callable", error_limit)
        return found, b"O"
    except BaseException as error:
        name, message = _describe(error)
        return None, b"X" + _text(f"{name}\n{message}", error_limit)


def _call(function: Any, positional: bytes, keywords: bytes, result_limit: int, error_limit: int) -> bytes:
    args: Any = wire.decode(positional.decode())
    kwargs: Any = wire.decode(keywords.decode())
    try:
        result = function(*args, **kwargs)
    except BaseException as error:
        return b"R" + _raised(error, error_limit)
    try:
        return b"V" + wire.encode(result, limit=result_limit).encode()
    except wire.WireError as error:
        message = str(error)
        return (b"S" if "larger than" in message else b"U") + _text(message, error_limit)
    except BaseException as error:  # memory ran out, or another thread changes the value while it is read
        return b"U" + _text(f"the result could not be encoded: {_describe(error)[0]}", error_limit)


def _raised(error: BaseException, limit: int) -> bytes:
    name, message = _describe(error)
    base = next((k for k in type(error).__mro__ if getattr(builtins, _type_name(k), None) is k), BaseException)
    try:
        args = wire.encode(error.args, limit=limit)
    except BaseException:
        args = ""
    return _text(f"{name}\n{_type_name(base)}\n{args}\n{message}", 2 * limit)


def _describe(error: BaseException) -> tuple[str, str]:
    """Class name and message, whatever the class's own `__str__` does."""
    name = _type_name(type(error)).replace("\n", " ")
    try:
        message = str(error)
    except BaseException:
        message = ""
    return name, message if type(message) is str else ""


def _text(text: str, limit: int) -> bytes:
    return text[:limit].encode("utf-8", "surrogatepass")
