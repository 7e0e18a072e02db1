"""Adds to a lock's entry the wheels beside which its functions can run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lift_sys.data_synthesis.sources import wheels
from lift_sys.data_synthesis.sources.index import Settings
from lift_sys.data_synthesis.sources.lock import LockEntry
from lift_sys.data_synthesis.sources.resolve import resolve
from lift_sys.errors import CandidateDied, CandidateTimeout, ConfigError, LiftError, ResultTooLarge, SourceError
from lift_sys.records import Requirement

if TYPE_CHECKING:
    from lift_sys.sandbox.api import BoxConfig

PROBE = "def probe():\n    return 1\n"


def check_names(entries: Sequence[LockEntry], names: Sequence[str]) -> None:
    """Raises: ConfigError: a name that no source of the package index has."""
    known = {entry.name for entry in entries if entry.kind == "sdist"}
    for name in names:
        if name != "all" and name not in known:
            raise ConfigError(f"--with-wheels {name}: no project of the package index of that name is in the lock")


def equip(
    entry: LockEntry, extra: Sequence[str], cache: Path, settings: Settings | None = None
) -> tuple[LockEntry, list[str]]:
    """The entry with its wheels, fetched into `cache` and tried; and, in words, what was left out.

    A project without wheels that fit stays as it is: what can be sliced needs none.

    Raises:
        StorageError: the cache can't be written.
        SandboxError: no box can be opened here, so nothing can be tried.
    """
    notes: list[str] = []
    own = _usable([f"{entry.name}=={entry.version}"], cache, settings, notes)
    pinned = [f"{r.name}=={r.version}" for r in own]
    tests = [r for r in _usable([*pinned, *extra], cache, settings, notes) if r not in own] if extra else []
    return entry.model_copy(update={"requirements": tuple(own), "test_requirements": tuple(tests)}), notes


def _usable(wanted: Sequence[str], cache: Path, settings: Settings | None, notes: list[str]) -> list[Requirement]:
    """What can be fetched, and imported beside the others."""
    try:
        found, left_out = resolve(wanted, settings)
    except SourceError as error:
        notes.append(str(error))
        return []
    notes += left_out
    fetched: list[Requirement] = []
    for requirement in found:
        try:
            wheels.fetch(cache, requirement, settings=settings)
            fetched.append(requirement)
        except SourceError as error:
            notes.append(str(error))
    return probe(fetched, cache / wheels.FOLDER, notes)


def probe(requirements: Sequence[Requirement], root: Path, notes: list[str]) -> list[Requirement]:
    """Those that can be imported in a box, with all of them mounted: their main module, or any where none is.

    Raises:
        SandboxError: no box can be opened here.
    """
    from lift_sys.data_synthesis.boxes import equipped
    from lift_sys.sandbox import open_sandbox
    from lift_sys.sandbox.candidate import Call, run_calls

    usable: list[Requirement] = []
    with open_sandbox(equipped(root, requirements, _with_pytest())) as box:
        for requirement in requirements:
            why = "it has no modules"
            tops = wheels.find(root, requirement).tops
            for top in [top for top in tops if wheels.normal(top) == requirement.name] or tops:
                code = f"import {top}\n\n\n{PROBE}"
                try:
                    run_calls(box, code, "probe", [Call('{"t":[]}')], regime="one_process")
                except (CandidateDied, CandidateTimeout, ResultTooLarge) as error:
                    why = _line(error)
                else:
                    usable.append(requirement)
                    break
            else:
                notes.append(f"{requirement.filename}: it can't be imported in the sandbox ({why})")
    return usable


def _with_pytest() -> BoxConfig:
    """What the box in which tests run holds, too."""
    from lift_sys.data_synthesis.oracles.recorded import TOOLS, tool_paths
    from lift_sys.sandbox.api import BoxConfig, Mount

    mounts = tuple(Mount(str(path), f"{TOOLS}/{path.name}") for path in tool_paths())
    return BoxConfig(mounts=mounts, python_path=(TOOLS,))


def _line(error: LiftError) -> str:
    return " ".join(str(error).split())[:200]
