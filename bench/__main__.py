"""`make bench`: every figure the project is held to, taken in one run on this machine.

python -m bench [NAME ...] [--json FILE]
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
from dataclasses import asdict
from pathlib import Path

from bench.common import Row


def names() -> list[str]:
    return sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"which of: {', '.join(names())} (all without it)")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    parser.add_argument("--strict", action="store_true", help="end with exit code 1 when a bound is missed")
    options = parser.parse_args()
    unknown = set(options.names) - set(names())
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names())}")
    print(f"Python {platform.python_version()}, {len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
    rows: list[Row] = []
    for name in options.names or names():
        print(f"\n{name}", flush=True)
        for row in importlib.import_module(f"bench.bench_{name}").run():
            rows.append(row)
            mark = {True: "ok  ", False: "MISS", None: "    "}[row.ok]
            bound = "" if row.bound is None else f"  (bound {'>=' if row.at_least else '<='} {row.bound:g})"
            print(f"  {mark} {row.name:<62} {row.value:>12,.2f} {row.unit}{bound}  {row.note}".rstrip(), flush=True)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) | {"ok": row.ok} for row in rows], indent=1) + "\n")
    missed = [row.name for row in rows if row.ok is False]
    print(f"\n{', '.join(missed)}" if missed else "")
    print(f"{len(missed)} of {sum(row.ok is not None for row in rows)} bounds missed")
    return 1 if missed and options.strict else 0


if __name__ == "__main__":
    sys.exit(main())
