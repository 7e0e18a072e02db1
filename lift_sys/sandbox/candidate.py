"""The host's side of a boxed candidate: code and arguments go in, claims come out.

What comes back is compared or passed on, never decoded here. Each frame carries a nonce that the host chooses when
it asks, so an answer that was sent before its question, or a second answer, is a breach of the protocol.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Literal, Self

from lift_sys.errors import CandidateDied, CandidateLoadFailed, ResultTooLarge
from lift_sys.sandbox.api import BoxConfig, Limits, Process, Sandbox
from lift_sys.wire import EXPANSION

Regime = Literal["one_process", "fresh_process"]
REGIMES: tuple[Regime, ...] = ("one_process", "fresh_process")
NONCE = 16
FRAMING = 1 << 17
"""What a frame may hold besides one result of the largest size: a batch's small answers, and the marks around."""


@dataclass(frozen=True)
class Call:
    """Arguments in the wire format: the encoding of a tuple, and of a dict with string keys."""

    args: str
    kwargs: str = '{"d":[]}'


@dataclass(frozen=True)
class Outcome:
    """What the candidate claims one call did: a result, an exception, or (neither) a result with no encoding."""

    value: str | None
    raises: str | None
    message: str = ""


class Candidate:
    """One boxed process with one candidate in it.

    Methods raise CandidateTimeout, CandidateDied (CandidateLoadFailed when the code did not load), ResultTooLarge
    or SandboxFault; after any of them the process is of no more use.
    """

    def __init__(self, sandbox: Sandbox, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        frames = replace(self.limits, result=EXPANSION * self.limits.result + FRAMING)
        self._process: Process = sandbox.spawn("candidate", frames)
        self._nonce = b""
        self._dead = False
        self.out_of_memory = False
        """Whether the kernel ended something in this process tree for its memory; known after `close`."""

    def load(self, code: str, entry_point: str) -> None:
        self.send_load(code, entry_point)
        self.finish_load()

    def send_load(self, code: str, entry_point: str) -> None:
        """Start loading without waiting for it."""
        self._send(b"L", load_order(code, entry_point, self.limits))

    def finish_load(self, seconds: float | None = None) -> None:
        self._check_loaded(self.receive(seconds))

    def call(self, args: str, kwargs: str = '{"d":[]}') -> Outcome:
        return read_outcome(self.exchange(f"{args}\n{kwargs}".encode()), self.limits)

    def exchange(self, arguments: bytes) -> bytes:
        """One call, in bytes: the two wire texts with a line feed between them -> the answer, nonce removed."""
        self.send_call(arguments)
        return self.receive()

    def send_call(self, arguments: bytes) -> None:
        self._send(b"C", arguments)

    def run(self, code: str, entry_point: str, calls: Sequence[bytes]) -> list[bytes]:
        """Load and make every call (as for `exchange`) with one frame to the process: the answers, in order."""
        answers: list[bytes] = []
        self.run_into(answers, code, entry_point, calls)
        return answers

    def run_forked(self, code: str, entry_point: str, calls: Sequence[bytes]) -> list[bytes]:
        """As `run`, but each call is made in a fork of the process as it was after loading."""
        answers: list[bytes] = []
        self.run_into(answers, code, entry_point, calls, kind=b"F")
        return answers

    def run_into(
        self, answers: list[bytes], code: str, entry_point: str, calls: Sequence[bytes], *, kind: bytes = b"B"
    ) -> None:
        """As `run`; when it raises, `answers` holds those that came before."""
        self._send(kind, b"\n".join((load_order(code, entry_point, self.limits), *calls)))
        self.read_into(answers, len(calls))

    def read_into(self, answers: list[bytes], expected: int) -> None:
        loaded = False
        while not loaded or len(answers) < expected:
            found = _split(self.receive())
            if not loaded and found:
                self._check_loaded(found.pop(0))
                loaded = True
            answers.extend(found)
        if len(answers) > expected:
            raise CandidateDied("the candidate broke the protocol: more answers than questions")

    def _check_loaded(self, answer: bytes) -> None:
        if answer[:1] == b"X":
            name, _, message = _decode(answer[1:]).partition("\n")
            raise CandidateLoadFailed(clean(f"the code does not load: {name}: {message}", self.limits.error_text))
        if answer != b"O":
            raise CandidateDied("the candidate broke the protocol: no answer to loading")

    def _send(self, kind: bytes, body: bytes) -> None:
        self._nonce = os.urandom(NONCE // 2).hex().encode()
        try:
            self._process.send(kind + self._nonce + body)
        except CandidateDied as error:
            self._fail(error)

    def receive(self, seconds: float | None = None) -> bytes:
        """The answer to what was sent last."""
        try:
            frame = self._process.receive(self.limits.call_seconds if seconds is None else seconds)
        except CandidateDied as error:
            self._fail(error)
        if frame[:NONCE] != self._nonce or len(frame) <= NONCE:
            raise CandidateDied("the candidate broke the protocol: an answer to no question")
        return frame[NONCE:]

    def _fail(self, error: CandidateDied) -> None:
        self.close()
        if self.out_of_memory:
            raise CandidateDied("the candidate ran out of memory") from error
        raise error

    def close(self) -> None:
        """End the whole process tree. Safe to call twice."""
        if not self._dead:
            self._dead = True
            self.out_of_memory = self._process.close().out_of_memory

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def load_order(code: str, entry_point: str, limits: Limits) -> bytes:
    text = code.encode("utf-8", "surrogatepass")
    return f"{len(text)} {limits.result} {limits.error_text} {entry_point}\n".encode() + text


def run_calls(
    sandbox: Sandbox,
    code: str,
    entry_point: str,
    calls: Sequence[Call],
    *,
    regime: Regime,
    limits: Limits | None = None,
) -> list[Outcome]:
    """The outcome of each call, in the order given.

    `one_process` makes the calls in that order in one process; `fresh_process` makes each in a process of its own,
    in another order that is the same every time. In a box with packages to import, those processes are forks of one
    that has loaded the code and its packages: importing them anew would cost far more than the calls.

    Raises:
        CandidateTimeout, CandidateDied, ResultTooLarge: the candidate failed as a whole. CandidateLoadFailed is
            a CandidateDied: the code does not load, or has no such entry point.
        SandboxFault: nothing is known about the candidate; try again.
    """
    texts = [f"{call.args}\n{call.kwargs}".encode() for call in calls]
    order = shuffled(len(texts))
    forked = regime == "fresh_process" and _imports_packages(sandbox)
    groups = [list(range(len(texts)))] if regime == "one_process" else [[index] for index in order]
    found: dict[int, Outcome] = {}
    for group in [order] if forked else groups:
        with Candidate(sandbox, limits) as candidate:
            run = candidate.run_forked if forked else candidate.run
            answers = run(code, entry_point, [texts[index] for index in group])
        _check_memory(candidate)
        found |= {i: read_outcome(answer, candidate.limits) for i, answer in zip(group, answers, strict=True)}
    return [found[index] for index in range(len(texts))]


def _imports_packages(sandbox: Sandbox) -> bool:
    config = getattr(sandbox, "config", None)
    return isinstance(config, BoxConfig) and bool(config.python_path)


def _check_memory(candidate: Candidate) -> None:
    if candidate.out_of_memory:
        raise CandidateDied("the candidate ran out of memory")


def _split(frame: bytes) -> list[bytes]:
    """The answers of a frame of a batch."""
    found, position = [], 0
    while position < len(frame):
        start = position + 4
        position = start + int.from_bytes(frame[position:start], "big")
        found.append(frame[start:position])
    if position != len(frame) or not found:
        raise CandidateDied("the candidate broke the protocol: a frame that is cut short")
    return found


def shuffled(count: int) -> list[int]:
    """The numbers below `count` in another order, the same order every time. Two are always swapped."""
    order = list(range(count))
    random.Random(count).shuffle(order)
    return order[::-1] if order == sorted(order) else order


def read_outcome(answer: bytes, limits: Limits) -> Outcome:
    """The outcome that an answer claims.

    Raises:
        ResultTooLarge: the answer says that the result was.
        CandidateDied: it is no answer.
    """
    kind, body = answer[:1], answer[1:]
    if kind == b"V" and body.isascii():
        return Outcome(body.decode(), None)
    if kind == b"R" and body.count(b"\n") >= 3:
        name, _, _, message = _decode(body).split("\n", 3)
        return Outcome(None, clean(name, 200), clean(message, limits.error_text))
    if kind == b"U":
        return Outcome(None, None, clean(_decode(body), limits.error_text))
    if kind == b"S":
        raise ResultTooLarge(f"the result is larger than {limits.result} bytes")
    raise CandidateDied("the candidate broke the protocol: an answer of no known kind")


def _decode(body: bytes) -> str:
    return body.decode("utf-8", "backslashreplace")


def clean(text: str, limit: int) -> str:
    """`text` cut to `limit` characters, escaped where it is not printable (controls, surrogates, directions)."""
    cut = text if len(text) <= limit else text[: max(0, limit - 3)] + "..."
    if cut.isprintable():
        return cut
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)
