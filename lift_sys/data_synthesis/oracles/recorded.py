"""Calls recorded while a project's own tests run: the oracle of the highest authority.

The tests run in a box of their own, one process for each test file, so a file that hangs, exits or breaks loses only
itself. A file that tells something new is run twice, and only what both runs recorded is kept: the rest depends on
more than the code. The checkout and pytest are shown read-only. Files that name the most functions of interest come
first, and the search ends where several in a row add little. What is limited is limited by count (files, tests,
calls); the clock is a backstop, and a file it cuts off yields only the tests that had ended.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence, Set
from importlib import metadata
from pathlib import Path

from lift_sys.data_synthesis.lift_worker import read_regular
from lift_sys.data_synthesis.oracles.base import ObservedCall
from lift_sys.data_synthesis.oracles.generated import read_call
from lift_sys.data_synthesis.sources.base import Checkout
from lift_sys.errors import CandidateDied, CandidateTimeout, ResultTooLarge
from lift_sys.records import Function
from lift_sys.records.base import canonical_json
from lift_sys.reverse_mode.source_text import UnusableFile
from lift_sys.sandbox.api import MIB, BoxConfig, Limits, Mount, Sandbox
from lift_sys.sandbox.environments import PLAIN

CALLS = 30
"""Distinct calls recorded of a function."""
FILES = 40
BARREN = 8
"""So many test files in a row that add nothing end the recording: what they need is missing, or enough is known."""
ENOUGH = 8
"""Calls of a function after which more of them count for nothing."""
IDLE_SECONDS = 10.0
"""A test, or the collection of a file, that takes longer ends its file."""
PROJECT, TOOLS = "/project", "/lift/tools"
DISTRIBUTIONS = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")
_WORD = re.compile(r"[^\W\d]\w*")
_TEST_FILE = re.compile(r"(^|/)(test_[^/]*|[^/]*_tests?|tests?)\.py$")


def record(
    checkout: Checkout, functions: Sequence[Function], *, seconds: float = 60.0
) -> dict[str, tuple[ObservedCall, ...]]:
    """The calls of `functions` (only those with a slice) that the project's tests make, by `Function.id`.

    Raises:
        SandboxUnavailable: no box can be opened here.
        SandboxFault: our box broke.
        RequirementMissing: a locked wheel is not in the cache.
    """
    wanted = [f for f in functions if f.slice is not None]
    files = test_files(checkout, {function.name for function in wanted})
    if not wanted or not files or checkout.repository.kind == "stdlib":
        return {}
    from lift_sys.data_synthesis.boxes import equipped
    from lift_sys.sandbox import open_sandbox

    box = open_sandbox(
        equipped(
            checkout.wheels,
            (*checkout.requirements, *checkout.test_requirements),
            box_config(checkout.folder),
        )
    )
    try:
        return _record(box, checkout, wanted, files, seconds)
    finally:
        box.close()


def test_files(checkout: Checkout, names: Set[str]) -> list[str]:
    """The test files worth running: those first that name most of `names`, then the shallow ones, the unit tests."""
    found = [path for path in checkout.files if _TEST_FILE.search(path)]
    named = {path: len(names & _words(checkout.folder / path)) for path in found}
    return sorted(found, key=lambda path: (-named[path], path.count("/"), path))[:FILES]


def _words(path: Path) -> set[str]:
    try:
        return set(_WORD.findall(read_regular(str(path)).decode(errors="replace")))
    except UnusableFile:
        return set()


test_files.__test__ = False  # type: ignore[attr-defined]  # pytest takes it for a test where it is imported


def box_config(folder: Path) -> BoxConfig:
    """A box that shows a checkout and pytest, both read-only."""
    mounts = [Mount(str(folder), PROJECT)]
    mounts += [Mount(str(path), f"{TOOLS}/{path.name}") for path in tool_paths()]
    preload = ("pytest", "recorder", "unittest.mock")
    return BoxConfig(
        environment=PLAIN, mounts=tuple(mounts), trusted_path=(TOOLS,), preload=preload, fixed_addresses=True
    )


def tool_paths() -> list[Path]:
    """The top-level packages and modules of pytest and what it needs, in the running environment."""
    found: dict[str, Path] = {}
    for name in DISTRIBUTIONS:
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        for file in distribution.files or ():
            top = file.parts[0]
            if top not in ("..", "__pycache__") and not top.endswith((".dist-info", ".pth")):
                path = Path(str(distribution.locate_file(top)))
                if path.exists():
                    found[top] = path
    return [found[top] for top in sorted(found)]


def _record(
    box: Sandbox, checkout: Checkout, functions: Sequence[Function], files: Sequence[str], seconds: float
) -> dict[str, tuple[ObservedCall, ...]]:
    targets: dict[str, list[str]] = {}
    for function in functions:
        targets.setdefault(function.path, []).append(function.qualname)
    request = {
        "folder": PROJECT,
        "roots": list(checkout.import_roots) or [""],
        "targets": {path: sorted(names) for path, names in sorted(targets.items())},
        "calls": CALLS,
    }
    end = time.monotonic() + seconds
    tapes: dict[str, dict[str, ObservedCall | None]] = {}
    barren = 0
    for file in files:
        asked = {**request, "file": file, "hypothesis": "hypothesis" in _words(checkout.folder / file)}
        rows = _run(box, asked, end)
        news = rows is not None and any(_is_new(tapes, row) for row in rows)
        again = _run(box, asked, end) if news else []
        if rows is None or again is None:
            break
        # Arguments and results that a clock or a random number had a part in don't come back in the second run.
        sure = {_identity(row) for row in again}
        before = _known(tapes)
        for row in rows:
            if _identity(row) in sure:
                _keep(tapes.setdefault(row[0], {}), row[1])
        barren = barren + 1 if _known(tapes) == before else 0
        if barren == BARREN:
            break
    found = {}
    for function in functions:
        calls = [call for call in tapes.get(f"{function.path}:{function.qualname}", {}).values() if call]
        if calls:
            found[function.id] = tuple(calls[:CALLS])
    return found


def _is_new(tapes: dict[str, dict[str, ObservedCall | None]], row: tuple[str, ObservedCall]) -> bool:
    target, call = row
    return tapes.get(target, {}).get(_arguments(call)) != call


def _known(tapes: dict[str, dict[str, ObservedCall | None]]) -> int:
    return sum(min(ENOUGH, sum(call is not None for call in tape.values())) for tape in tapes.values())


def _identity(row: tuple[str, ObservedCall]) -> str:
    target, call = row
    return canonical_json([target, list(call.args), call.kwargs, call.outcome.model_dump(mode="json")])


def _arguments(call: ObservedCall) -> str:
    return canonical_json([list(call.args), call.kwargs])


def _keep(tape: dict[str, ObservedCall | None], call: ObservedCall) -> None:
    """Add a call; two calls with equal arguments and different outcomes are both dropped."""
    key = _arguments(call)
    if key not in tape:
        tape[key] = call
    elif tape[key] != call:
        tape[key] = None


def _run(box: Sandbox, request: dict[str, object], end: float) -> list[tuple[str, ObservedCall]] | None:
    """The calls that one test file makes; None when the time was over before it ended."""
    found: list[tuple[str, ObservedCall]] = []
    try:
        with box.spawn("recorder", Limits(call_seconds=IDLE_SECONDS, memory=1024 * MIB)) as process:
            process.send(json.dumps(request).encode())
            while True:
                left = end - time.monotonic()
                if left <= 0:
                    return None
                try:
                    frame = json.loads(process.receive(min(IDLE_SECONDS, left)))
                except CandidateTimeout:
                    return found if time.monotonic() < end else None
                if not isinstance(frame, dict) or "end" in frame:
                    return found
                found += _calls(frame.get("calls", []))
    except (CandidateDied, ResultTooLarge, ValueError, RecursionError):
        return found


def _calls(rows: object) -> Iterator[tuple[str, ObservedCall]]:
    for row in rows if isinstance(rows, list) else ():
        try:
            target, args, kwargs, kind, text = row
            call = read_call(args, kwargs, kind, text, "recorded")
        except (ValueError, TypeError):
            continue
        if isinstance(target, str):
            yield target, call


__all__ = ["box_config", "record", "test_files", "tool_paths"]
