#!/usr/bin/env python3
"""Functions whose rows two builds of one lock made otherwise, as a lock names them.

    scripts/compare_builds.py build/synthetic_v1 ../other/build/synthetic_v1 --lock training_data/X.lock.json

Time decides of a few rows: a test of the project or a mutant comes near its limit of processor time, or threads
race. On another machine, or beside other work, they may come out otherwise, and then the dataset is not the same
bytes. With --lock they are written into the lock (`unsteady`), and left out from then on.

Exit codes: 0 the same rows, 1 some differ, 2 a file can't be read.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lift_sys.data_synthesis.assembly import place_of
from lift_sys.data_synthesis.sources import Lock
from lift_sys.errors import LiftError
from lift_sys.training.material import read_examples


def rows(folder: Path) -> dict[str, str]:
    """The id of each row, by its function."""
    return {place_of(example): example.id for example in read_examples(folder)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--lock", type=Path, help="write them into this lock")
    given = parser.parse_args()
    try:
        first, second = rows(given.first), rows(given.second)
        differing = sorted(place for place in first.keys() | second.keys() if first.get(place) != second.get(place))
        print("\n".join(differing) or "the same rows")
        if given.lock and differing:
            leave_out(given.lock, differing)
    except LiftError as error:
        print(error, file=sys.stderr)
        return 2
    return 1 if differing else 0


def leave_out(path: Path, places: list[str]) -> None:
    lock = Lock.load(path)
    entries = []
    for entry in lock.sources:
        own = {place.partition(":")[2] for place in places if place.partition(":")[0] == entry.name}
        entries.append(entry.model_copy(update={"unsteady": tuple(sorted({*entry.unsteady, *own}))}))
    lock.model_copy(update={"sources": tuple(entries)}).save(path)


if __name__ == "__main__":
    sys.exit(main())
