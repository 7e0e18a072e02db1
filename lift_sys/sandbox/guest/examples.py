"""Calls that a docstring's examples make, of examples whose printed result is what the docstring says."""

from __future__ import annotations

import ast
import contextlib
import re
import sys
from typing import Any

try:
    from lift_sys import wire
    from lift_sys.sandbox.guest.program import Program, cpu_limit
except ImportError:  # inside the box
    import wire  # type: ignore[no-redef,import-not-found]
    from program import Program, cpu_limit  # type: ignore[no-redef,import-not-found]

FUEL = 50_000
CALLS = 40
ARGUMENTS = 4096


def examples(docstring: str) -> list[tuple[str, str]]:
    """The `>>>` examples of a docstring: source and what is printed."""
    found: list[tuple[list[str], list[str], int]] = []
    inside = False
    for line in docstring.expandtabs(8).split("\n"):
        text = line.lstrip()
        indent = len(line) - len(text)
        if text.startswith(">>> ") or text == ">>>":
            found.append(([text[4:]], [], indent))
            inside = True
        elif inside and (text.startswith("... ") or text == "...") and indent == found[-1][2] and not found[-1][1]:
            found[-1][0].append(text[4:])
        elif inside and text:
            found[-1][1].append(line[found[-1][2] :])
        else:
            inside = False
    return [("\n".join(source), "\n".join(want)) for source, want, _ in found]


class _Namespace:
    """Stands for a module that an example imports the function from."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names

    def __getattr__(self, name: str) -> Any:
        try:
            return self._names[name]
        except KeyError:
            raise AttributeError(name) from None


def documented_calls(program: Program, docstring: str | None) -> list[tuple[str, str]]:
    """Wire texts of the arguments of the entry point's calls, in order."""
    if not docstring or ">>>" not in docstring:
        return []
    calls: dict[tuple[str, str], None] = {}
    names = _names(program, calls)
    for source, want in examples(docstring):
        before = dict(calls)
        if not _agrees(program, source, want, names):
            calls.clear()
            calls.update(before)
        if len(calls) >= CALLS:
            break
    return list(calls)[:CALLS]


def _names(program: Program, calls: dict[tuple[str, str], None]) -> dict[str, Any]:
    """The module's names, with the entry point replaced by one that notes its arguments."""
    function = program.original

    def noted(*args: Any, **kwargs: Any) -> Any:
        with contextlib.suppress(wire.WireError):
            calls[wire.encode(args, limit=ARGUMENTS), wire.encode(kwargs, limit=ARGUMENTS)] = None
        return function(*args, **kwargs)

    names = dict(program.module.__dict__)
    owner, _, name = program.entry_point.rpartition(".")
    if owner:
        names[owner] = _Namespace({name: noted})
    else:
        names[name] = noted
    return names


def _agrees(program: Program, source: str, want: str, names: dict[str, Any]) -> bool:
    """Run one example; whether it printed what the docstring says."""
    printed: list[str] = []
    try:
        tree = ast.parse(source)
        _skip_imports(tree, names)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        program.meter.reset(FUEL)
        names["print"] = lambda *args, sep=" ", end="\n", **_: printed.append(sep.join(map(str, args)) + end)
        with cpu_limit(program.meter):
            exec(compile(tree, "example.py", "exec", dont_inherit=True), names)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), "example.py", "eval", dont_inherit=True), names)
                if value is not None:
                    printed.append(repr(value) + "\n")
    except Exception as error:
        return want.startswith("Traceback") and want.split("\n")[-1].split(":")[0].endswith(type(error).__name__)
    except BaseException:
        return False
    return same("".join(printed), want)


def _skip_imports(tree: ast.Module, names: dict[str, Any]) -> None:
    """Leave out imports of the function's own package: its names are here already, in place of the module."""
    kept: list[ast.stmt] = []
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and all(alias.name in names or alias.name == "*" for alias in node.names):
            for alias in node.names:
                if alias.asname:
                    names[alias.asname] = names[alias.name]
        elif isinstance(node, ast.Import) and not any(_installed(alias.name) for alias in node.names):
            for alias in node.names:
                names[alias.asname or alias.name.split(".")[0]] = _package(alias, names)
        else:
            kept.append(node)
    tree.body = kept


def _installed(name: str) -> bool:
    return name.split(".")[0] in sys.stdlib_module_names


def _package(alias: ast.alias, names: dict[str, Any]) -> Any:
    space: Any = _Namespace(names)
    if not alias.asname:
        for part in reversed(alias.name.split(".")[1:]):
            space = _Namespace({**names, part: space})
    return space


def same(printed: str, want: str) -> bool:
    """Whether two printed results agree, white space aside; `...` in the second stands for anything."""
    got, wanted = " ".join(printed.split()), " ".join(want.split())
    if got == wanted:
        return True
    if "..." not in wanted or wanted == "...":
        return False
    return re.fullmatch(".*".join(map(re.escape, wanted.split("..."))), got) is not None
