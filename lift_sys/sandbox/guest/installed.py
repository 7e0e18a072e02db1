"""Packages that are mounted in a box: what their classes look like, and what a call does beside computing.

All of it is read from source text and from Python's own audit events (PEP 578). A hostile package can hide what it
does from this process; the box itself is what stops it. This is for honest code whose result would depend on files
or sockets.
"""

from __future__ import annotations

import ast
import json
import os
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

try:
    from lift_sys.sandbox.guest.clues import Source, survey
except ImportError:  # inside the box
    from clues import Source, survey  # type: ignore[no-redef,import-not-found]

FOLDER = "/wheels/"
_OUTWARD = ("socket.", "subprocess.", "os.", "shutil.", "tempfile.", "glob.", "ftplib.", "http.client.", "urllib.")
_HARMLESS = frozenset({"os.putenv", "os.unsetenv", "os.fork"})
_AT_A_PATH = frozenset({"open", "os.listdir", "os.scandir"})
_MOST_MODULES = 12


def mounted() -> list[str]:
    """The folders of the packages."""
    return [path for path in sys.path if path.startswith(FOLDER)]


def enrich(source: Source, tree: ast.Module) -> None:
    """Add the classes of installed modules that `tree` imports from: how objects are made is read from them."""
    if not mounted():
        return
    for name in _modules(tree)[:_MOST_MODULES]:
        found = _survey(name)
        if found is None:
            continue
        for key, function in found.functions.items():
            source.functions.setdefault(key, function)
        for key, value in found.values.items():
            source.values.setdefault(key, value)
        for key, body in found.bodies.items():
            mine = source.bodies.get(key)
            if mine is None or any(isinstance(b, ast.Attribute) and b.attr == key for b in mine.bases):
                source.bodies[key] = body
                source.classes.add(key)


def _modules(tree: ast.Module) -> list[str]:
    """The modules imported at the top, in order."""
    found: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append(node.module)
    return list(dict.fromkeys(found))


def _survey(name: str) -> Source | None:
    place = name.replace(".", "/")
    for folder in mounted():
        for path in (f"{folder}/{place}.py", f"{folder}/{place}/__init__.py"):
            if os.path.isfile(path):
                try:
                    with open(path, "rb") as file:
                        return survey(ast.parse(file.read()))
                except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
                    return None
    return None


class Watch:
    """Notes whether what runs between `start` and `stop` reaches for files, sockets or processes."""

    def __init__(self) -> None:
        self.reached = ""
        self.active = False
        if mounted():
            sys.addaudithook(self._hook)

    def start(self) -> None:
        self.reached = ""
        self.active = True

    def stop(self) -> str:
        """The first event that leads outside; "" for none, and where no packages are mounted."""
        self.active = False
        return self.reached

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.active and not self.reached and _outward(event, arguments):
            self.reached = event


def apart(action: Callable[..., Any], *arguments: Any) -> Any:
    """The result of `action`, a JSON value, computed in a fork where packages are mounted: what it leaves behind in
    them, the next one does not see.

    Raises:
        ChildProcessError: the fork ended without a result.
    """
    if not mounted():
        return action(*arguments)
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        child = os.getpid()
        found = json.dumps(action(*arguments)).encode()
        if os.getpid() == child:  # else the code forked and came back twice
            with os.fdopen(writer, "wb") as out:
                out.write(len(found).to_bytes(4, "big") + found)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:  # by length: something that the fork started may hold the pipe open
        text = answer.read(int.from_bytes(answer.read(4), "big"))
    os.waitpid(child, 0)
    if not text:
        raise ChildProcessError("the fork ended without a result")
    return json.loads(text)


@cache
def the_watch() -> Watch:
    """The one of this process: hooks can't be taken back."""
    return Watch()


def _outward(event: str, arguments: tuple[object, ...]) -> bool:
    if event in _AT_A_PATH:
        path = arguments[0]
        return not (isinstance(path, str) and path.startswith((FOLDER, "/python/", "/lift/")))
    return event.startswith(_OUTWARD) and event not in _HARMLESS
