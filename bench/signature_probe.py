"""Runs alone: imports one package and prints the signature of every function object that it holds, as JSON lines.

    python signature_probe.py PACKAGE

A line is [file, first line, qualified name, [[name, kind, has a default], ..]]. Functions are found by their code
objects, so decorated ones count by what they wrap. Modules that can't be imported are left out.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import json
import pkgutil
import sys
import types
import warnings
from collections.abc import Iterator
from typing import Any


def modules(name: str) -> Iterator[types.ModuleType]:
    package = importlib.import_module(name)
    yield package
    for found in pkgutil.walk_packages(getattr(package, "__path__", []), name + ".", onerror=lambda _: None):
        if found.name.rpartition(".")[2] in ("__main__", "conftest") or ".tests" in found.name:
            continue
        with contextlib.suppress(BaseException):
            yield importlib.import_module(found.name)


def functions(holder: Any, seen: set[int]) -> Iterator[types.FunctionType]:
    """The function objects in a module or class, through the wrappers that hide them."""
    for value in list(vars(holder).values()):
        yield from unwrapped(value, holder, seen)


def unwrapped(value: Any, holder: Any, seen: set[int]) -> Iterator[types.FunctionType]:
    while value is not None and id(value) not in seen:
        seen.add(id(value))
        if isinstance(value, types.FunctionType):
            yield value
        if isinstance(value, property):
            for part in (value.fset, value.fdel):
                yield from unwrapped(part, holder, seen)
            value = value.fget
        elif isinstance(value, type):
            if value.__module__.partition(".")[0] == sys.argv[1].partition(".")[0]:
                yield from functions(value, seen)
            return
        else:
            inner = None
            for name in ("__func__", "__wrapped__", "func"):
                with contextlib.suppress(BaseException):
                    inner = inner or inspect.getattr_static(value, name, None)
            if isinstance(inner, types.MemberDescriptorType | types.GetSetDescriptorType):
                with contextlib.suppress(BaseException):
                    inner = value.__func__ if hasattr(value, "__func__") else value.func
            value = inner


def has_default(function: types.FunctionType, parameter: inspect.Parameter) -> bool:
    """As `inspect` says, but for defaults that are `inspect.Parameter.empty` themselves."""
    if parameter.default is not parameter.empty:
        return True
    defaults = function.__defaults__ or ()
    positional = function.__code__.co_varnames[: function.__code__.co_argcount]
    named = positional[len(positional) - len(defaults) :]
    return parameter.name in named or parameter.name in (function.__kwdefaults__ or {})


def main() -> None:
    warnings.simplefilter("ignore")
    seen: set[int] = set()
    lines = []
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for module in modules(sys.argv[1]):
            for function in functions(module, seen):
                code = function.__code__
                signature = inspect.signature(function, follow_wrapped=False)
                if getattr(function, "__signature__", None) is not None:
                    continue  # it claims another signature than its own
                row = [[p.name, p.kind.name, has_default(function, p)] for p in signature.parameters.values()]
                name = code.co_qualname if hasattr(code, "co_qualname") else function.__qualname__
                lines.append(json.dumps([code.co_filename, code.co_firstlineno, name, row]))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
