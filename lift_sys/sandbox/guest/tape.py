"""Tapes: the calls of one function of a project, as they are made under its tests.

A function is recorded by giving it the code of a trampoline, so that it stays the same object wherever it was
imported to. The trampoline takes itself away after enough distinct calls.

A method's object is recorded as the first argument, as harnesses take it (`data_synthesis/projections.py`): a dict of
its attributes, or a tuple of what it was made of where these are no plain values. Objects of subclasses are left out.
"""

from __future__ import annotations

import contextlib
import inspect
import re
import types
import warnings
from collections.abc import Callable
from typing import Any

try:
    from lift_sys import wire
except ImportError:  # inside the box
    import wire  # type: ignore[no-redef,import-not-found]

ARGUMENTS = 2048
RESULT = 4096
"""Characters of wire text of the arguments and of the result of a call."""
MISSES = 60
"""Calls that have no encoding, after which a function is not recorded any longer."""
_UNRECORDED = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{9}|(?<![\d.])(9[34]\d{12}|1[34]\d{13})(?!\d)")
"""Where an object lies in memory: a number that no two runs share. Calls that are given one are left out."""
UNKNOWN = "null"
"""Stands for a result that has no encoding, such as an iterator: only the arguments of such a call are of use."""
Shown = Callable[[tuple[Any, ...]], tuple[Any, ...]]
"""The arguments of a call as they are recorded; raises when they can't be."""
MADE = 5000
"""So many objects are remembered with what they were made of."""
_HOLDERS = (dict, list, tuple, set, frozenset, str, bytes, int, float, BaseException)


def as_given(args: tuple[Any, ...]) -> tuple[Any, ...]:
    return args


def without_first(args: tuple[Any, ...]) -> tuple[Any, ...]:
    return args[1:]


class Objects:
    """The objects of one class, as a harness can make them again."""

    def __init__(self, owner: type) -> None:
        self.owner = owner
        self.made: dict[int, tuple[Any, str]] = {}
        """By identity: the object, so that it stays, and the wire text of what it was made of."""

    def __call__(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        found = args[0]
        if type(found) is not self.owner:
            raise ValueError("of another class")
        try:
            if isinstance(found, _HOLDERS):
                raise ValueError("its attributes are not all of it")
            receiver: Any = state(found)
            wire.encode(receiver, limit=ARGUMENTS)
        except Exception:
            receiver = wire.decode(self.made[id(found)][1])
        return receiver, *args[1:]

    def remember(self, function: types.FunctionType) -> None:
        """Note what objects are made of, from now on."""
        signature = inspect.signature(function)

        def noted(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            if type(args[0]) is self.owner and len(self.made) < MADE:
                bound = signature.bind(*args, **kwargs)
                if kwargs:
                    bound.apply_defaults()
                if not bound.kwargs:
                    with contextlib.suppress(Exception):
                        self.made[id(args[0])] = args[0], wire.encode(bound.args[1:], limit=ARGUMENTS)
            return original(*args, **kwargs)

        if not function.__code__.co_freevars:
            original = _copy(function)
            _divert(function, noted)


def state(found: Any) -> dict[str, Any]:
    """The attributes of an object, in `__dict__` and in slots, by name; its own code has no part in it."""
    names = dict(object.__getattribute__(found, "__dict__")) if hasattr(found, "__dict__") else {}
    for kind in type(found).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            member = kind.__dict__.get(name)
            if isinstance(member, types.MemberDescriptorType):
                with contextlib.suppress(AttributeError):
                    names[name] = member.__get__(found)
    return {name: names[name] for name in sorted(names)}


class Tape:
    """The calls of one function."""

    def __init__(self, target: str, wanted: int, out: list[list[str]], shown: Shown) -> None:
        self.target = target
        self.shown = shown
        self.left = wanted
        self.misses = MISSES
        self.seen: set[str] = set()
        self.out = out
        self.active = False
        self.original: Callable[..., Any] = len
        self.remove: Callable[[], None] = lambda: None

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self.active:  # a call from within itself
            return self.original(*args, **kwargs)
        try:
            shown = self.shown(args)
            given = wire.encode(shown, limit=ARGUMENTS), wire.encode(kwargs, limit=ARGUMENTS)
            if _ADDRESS.search(given[0] + given[1]):
                raise ValueError("an address")
        except Exception:
            self.miss()
            return self.original(*args, **kwargs)
        identity = given[0] + given[1]
        if identity in self.seen:
            return self.original(*args, **kwargs)
        self.seen.add(identity)
        self.active = True
        try:
            result = self.original(*args, **kwargs)
        except Exception as error:
            self.note(given, "raise", type(error).__name__)
            raise
        finally:
            self.active = False
        try:
            text = wire.encode(result, limit=RESULT)
        except Exception:
            text = UNKNOWN
        if _ADDRESS.search(text):
            text = UNKNOWN
        self.note(given, "value", text)
        return result

    def note(self, given: tuple[str, str], kind: str, text: str) -> None:
        self.out.append([self.target, *given, kind, text])
        self.left -= 1
        if self.left == 0:
            self.remove()

    def miss(self) -> None:
        self.misses -= 1
        if self.misses == 0:
            self.remove()


def _template() -> types.CodeType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names: dict[str, Any] = {}
        exec("def trampoline(*args, **kwargs): return 'tape'(args, kwargs)", names)
    code: types.CodeType = names["trampoline"].__code__
    return code


_TEMPLATE = _template()


def attach(function: types.FunctionType, tape: Tape) -> bool:
    """Record `function` on `tape`; False when its kind can't be recorded."""
    code = function.__code__
    if code.co_freevars or code.co_flags & _UNRECORDED:
        return False
    tape.original = _copy(function)
    tape.remove = _divert(function, tape)
    return True


def _copy(function: types.FunctionType) -> types.FunctionType:
    made = types.FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    made.__kwdefaults__ = function.__kwdefaults__
    return made


def _divert(function: types.FunctionType, to: Callable[..., Any]) -> Callable[[], None]:
    """Send calls to `to(args, kwargs)`; what is returned ends that."""
    code = function.__code__
    constants = tuple(to if item == "tape" else item for item in _TEMPLATE.co_consts)
    signature = inspect.signature(function)
    had = function.__dict__.get("__signature__")

    def remove() -> None:
        function.__code__ = code
        if had is None:
            function.__dict__.pop("__signature__", None)

    if had is None:
        function.__signature__ = signature  # type: ignore[attr-defined]
    function.__code__ = _TEMPLATE.replace(
        co_consts=constants,
        co_name=code.co_name,
        co_filename=code.co_filename,
        co_firstlineno=code.co_firstlineno,
    )
    return remove
