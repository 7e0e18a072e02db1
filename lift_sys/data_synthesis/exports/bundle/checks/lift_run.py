"""Runs the functions `test_*` of a file one by one and writes 1 to a file when every one passes, else 0.

python lift_run.py test_solution.py reward.txt
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path


def main(tests: str, reward: str) -> None:
    _write(reward, "0")
    path = Path(tests).resolve()
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = [(name, test) for name, test in vars(module).items() if name.startswith("test_")]
    failed = 0
    for name, test in found:
        try:
            test()
        except AssertionError as error:
            failed += 1
            print(f"FAILED {name}: {error}")
        else:
            print(f"PASSED {name}")
    print(f"{len(found) - failed} of {len(found)} tests pass")
    _write(reward, "1" if found and not failed else "0")


def _write(place: str, text: str) -> None:
    """A new file: whatever lies at the place, a link perhaps, is taken away first."""
    path = Path(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    with os.fdopen(handle, "w") as file:
        file.write(text + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
