"""Guest program: run the tests of one case. The candidate is elsewhere; here its entry point is a proxy.

Tests are third-party code, so they have a box of their own. One frame comes in: a JSON object with `entry_point`,
`seed`, `max_calls` and either `tests` (a list of sources) or `prompt` and `test` (HumanEval). Frames out:

    C index LF args LF kwargs     test `index` calls the entry point; the answer comes back as a frame, as the
                                  candidate gave it (see `guest/candidate.py`)
    F {"index", "kind", "reason"} a test failed; kind `invalid` (the candidate's doing) or `error` (the test's own)
    M {"index", "reason"}         the tests can't be run at all
    P reason                      the candidate's answer is no answer
    E                             all tests were run; those without an F passed
"""

from __future__ import annotations

import builtins
import gc
import importlib
import json
import linecache
import random
import sys
import threading
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lift_sys import wire
else:
    import wire

SHOWN = 200
_BROKEN_TEST = (NameError, ImportError, SyntaxError)
_STOPS = ("StopIteration", "StopAsyncIteration")


class Malformed(BaseException):
    """The test asks for what no candidate can do."""


class CandidateFailed(BaseException):
    """The host has already counted the candidate as failed; no test may catch this and go on."""


def main(channel: Any) -> None:
    gc.set_threshold(20_000)  # as in the candidate's process
    order = json.loads(channel.receive())
    try:
        codes, namespace, sources = _compile(order)
    except BaseException as error:
        index = getattr(error, "test_index", None)
        return _send(channel, b"M", {"index": index, "reason": f"the test does not compile: {_say(error)}"})
    proxy = Proxy(channel, order["entry_point"], order["max_calls"], "\n".join(sources))
    random.seed(order["seed"])
    if "prompt" in order:
        reason = _run_prompt(order, namespace)
        if reason:
            return _send(channel, b"M", {"index": 0, "reason": reason})
    _place(namespace, order["entry_point"], proxy)
    own = set(namespace)
    for index, code in enumerate(codes):
        proxy.begin(index)
        failure = _run(code, namespace, proxy, own, sources[index])
        if failure:
            _send(channel, b"F", {"index": index, "kind": failure[0], "reason": failure[1]})
    channel.send(b"E")
    return None


def _send(channel: Any, kind: bytes, body: dict[str, Any]) -> None:
    channel.send(kind + json.dumps(body).encode())


def _compile(order: dict[str, Any]) -> tuple[list[types.CodeType], dict[str, Any], list[str]]:
    sources = order["tests"] if "tests" in order else [f"{order['test']}\ncheck({order['entry_point']})\n"]
    codes = []
    for index, source in enumerate(sources):
        try:
            codes.append(compile(source, f"<test {index}>", "exec", dont_inherit=True))
            if "assert" not in source and "raise" not in source and _decides_nothing(source):
                raise SyntaxError("an expression that is not asserted decides nothing")
        except BaseException as error:
            error.test_index = index  # type: ignore[attr-defined]
            raise
    module = types.ModuleType("tests")
    sys.modules["tests"] = module
    return codes, module.__dict__, sources


def _decides_nothing(source: str) -> bool:
    """Whether a test only computes comparisons and the like (`f(1) == 2`): a forgotten assert would pass anything."""
    body = importlib.import_module("ast").parse(source).body
    values = [type(getattr(statement, "value", None)).__name__ for statement in body]
    return "Compare" in values and all(name in ("Compare", "BoolOp", "UnaryOp", "Constant") for name in values)


def _run_prompt(order: dict[str, Any], namespace: dict[str, Any]) -> str | None:
    """Execute HumanEval's prompt for its helpers, so that a completion that redefines one gains nothing."""
    prompt = order["prompt"]
    for source in (prompt, prompt + "\n    pass\n"):
        try:
            code = compile(source, "<prompt>", "exec", dont_inherit=True)
        except BaseException:
            continue
        linecache.cache["<prompt>"] = (lambda text=source: text,)
        try:
            exec(code, namespace)
        except BaseException as error:
            return f"the prompt fails when it is run alone: {_say(error)}"
        return None
    return None  # only a completion makes it whole: then it has no helpers that a test could use


def _place(namespace: dict[str, Any], entry_point: str, proxy: Proxy) -> None:
    """Bind the entry point; `Class.method` becomes a namespace with the proxy in it."""
    *path, last = entry_point.split(".")
    if not path:
        namespace[last] = proxy
        return
    holder = namespace[path[0]] = types.SimpleNamespace()
    for part in path[1:]:
        setattr(holder, part, types.SimpleNamespace())
        holder = getattr(holder, part)
    setattr(holder, last, proxy)


class Proxy:
    """What the tests call: sends the arguments out and brings back exact plain values, or raises."""

    def __init__(self, channel: Any, name: str, max_calls: int, source: str) -> None:
        self.__name__ = self.__qualname__ = name
        self._channel, self._max_calls, self._source = channel, max_calls, source
        self._lock = threading.Lock()
        self._calls = 0
        self.begin(0)

    def begin(self, index: int) -> None:
        self._index = index
        self._failed: BaseException | None = None
        self.made = 0
        self.last = ""
        self.raised: list[BaseException] = []

    def __call__(self, *args: object, **kwargs: object) -> object:
        with self._lock:
            if self._failed:
                raise self._failed
            try:
                texts = wire.encode(args), wire.encode(kwargs)
            except wire.WireError as error:
                self._failed = Malformed(f"an argument can't be sent to the candidate: {error}")
                raise self._failed from None
            if self._calls >= self._max_calls:
                self._failed = Malformed(f"the tests make more than {self._max_calls} calls")
                raise self._failed
            self._calls += 1
            self.made += 1
            self._channel.send(f"C{self._index}\n{texts[0]}\n{texts[1]}".encode())
            return self._read(self._channel.receive())

    def _read(self, answer: bytes) -> object:
        kind, body = answer[:1], answer[1:]
        if kind == b"V":
            try:
                text = body.decode("ascii")
                value = wire.decode(text)
            except (wire.WireError, ValueError, RecursionError) as error:
                self._breach(f"the candidate broke the protocol: {error}")
            self.last = text
            return value
        if kind == b"R":
            raised = self._rebuild(*body.decode("utf-8", "replace").split("\n", 3))
            self.raised.append(raised)
            raise raised
        said = body.decode("utf-8", "replace")[:1000]
        self._failed = CandidateFailed(f"the result is {'no plain value' if kind == b'U' else 'too large'}: {said}")
        raise self._failed

    def _breach(self, reason: str) -> None:
        self._channel.send(b"P" + reason.encode("utf-8", "replace"))
        self._failed = CandidateFailed(reason)
        raise self._failed

    def _rebuild(self, name: str, base: str, args: str, message: str) -> BaseException:
        """The builtin exception of that name, or a new class that derives from the builtin one it came from."""
        kind = _builtin(name) if name == base else None
        if kind is not None and name in _STOPS and name not in self._source:
            # Let through, it would end a `map` or an `iter` of the test early, and `all(map(f, xs))` would pass.
            return RuntimeError(f"{name}: {message}")
        if kind is None:
            parent = _builtin(base) or Exception
            if base in _STOPS or not issubclass(parent, Exception) or issubclass(parent, BaseExceptionGroup):
                parent = Exception
            safe = name if name.isidentifier() and len(name) <= 100 else "CandidateError"
            kind = type(safe, (parent,), {"__module__": "candidate", "__str__": lambda _: message})
        try:
            values = wire.decode(args) if args else (message,)
            return kind(*values)  # type: ignore[misc]
        except Exception:  # its class asks for other arguments
            stand_in: type[Exception] = type(kind.__name__, (Exception,), {"__module__": "candidate"})
            return stand_in(message)


def _builtin(name: str) -> type[BaseException] | None:
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def _run(
    code: types.CodeType, namespace: dict[str, Any], proxy: Proxy, own: set[str], source: str
) -> tuple[str, str] | None:
    """Run one test: None when it passed, else whose doing it was (`invalid` or `error`) and why."""
    try:
        exec(code, namespace)
    except BaseException as error:
        failed = proxy._failed
        if failed is not None:
            return ("error" if type(failed) is Malformed else "invalid"), str(failed)
        return _attribute(error, code, namespace, proxy, own, source)
    return ("error", str(proxy._failed)) if type(proxy._failed) is Malformed else None


def _attribute(
    error: BaseException,
    code: types.CodeType,
    namespace: dict[str, Any],
    proxy: Proxy,
    own: set[str],
    source: str,
) -> tuple[str, str]:
    where = _line(error, source)
    if any(error is raised for raised in proxy.raised):
        return "invalid", f"{where}: the candidate raised {_say(error)}"
    if type(error) is not UnboundLocalError and isinstance(error, _BROKEN_TEST) and _is_own(error, proxy):
        return "error", f"the test itself fails: {_say(error)}"
    earlier = (set(namespace) - own) & set(code.co_names)
    if not proxy.made and not earlier:
        return "error", f"the test fails without a call of {proxy.__name__}: {_say(error)}"
    returned = f"; the last call returned {_show(proxy.last)}" if proxy.last else ""
    if type(error) is AssertionError:
        said = _text_of(error)
        return "invalid", f"{where} failed{': ' + said[:SHOWN] if said else ''}{returned}"
    return "invalid", f"{where}: {_say(error)}{returned}"


def _is_own(error: BaseException, proxy: Proxy) -> bool:
    """Whether the test's own source is broken; else what the candidate returned was evaluated or imported."""
    if not proxy.made or isinstance(error, SyntaxError):  # the test itself has been compiled already
        return not proxy.made
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is None or trace.tb_frame.f_code.co_filename.startswith(("<test ", "<prompt>"))


def _line(error: BaseException, source: str) -> str:
    """The line of the test that was running."""
    number, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith("<test "):
            number = trace.tb_lineno
        trace = trace.tb_next
    lines = source.splitlines()
    line = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    return line if len(line) <= SHOWN else line[: SHOWN - 3] + "..."


def _show(text: str) -> str:
    if len(text) > SHOWN:
        return f"{text[:SHOWN]}... ({len(text)} characters)"
    return wire.literal(wire.decode(text))


def _say(error: BaseException) -> str:
    return f"{type(error).__name__}: {_text_of(error)[:1000]}".rstrip(": ")


def _text_of(error: BaseException) -> str:
    try:
        return str(str(error))
    except BaseException:
        return ""
