"""Lifted signatures against `inspect.signature`, function by function, on installed packages."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from bench.common import Row
from lift_sys.data_synthesis.batch_lifter import lift_path
from lift_sys.executors.inline import InlineExecutor

PACKAGES = (
    "docstring_parser", "jinja2", "packaging", "pygments", "requests", "rich", "tenacity", "tqdm", "typer", "urllib3",
)  # fmt: skip
PROBE = Path(__file__).with_name("signature_probe.py")
Shape = list[list[object]]


@dataclass
class Agreement:
    """How many functions were compared, and the ones that differ: where, what was lifted, what runs."""

    compared: int = 0
    missing: list[str] = field(default_factory=list)
    differing: list[tuple[str, object, object]] = field(default_factory=list)

    @property
    def share(self) -> float:
        return 1 - (len(self.missing) + len(self.differing)) / self.compared if self.compared else 0.0


def compare(package: str) -> Agreement:
    """Compare every function object of an installed package with what is lifted from the file it comes from."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    root = Path(spec.origin).parent if spec.submodule_search_locations else Path(spec.origin)
    base = root.parent
    lifted: dict[tuple[str, int, str], Shape] = {}
    for result in lift_path(root, InlineExecutor()):
        for one in result.functions:
            if one.ir is not None:
                shape: Shape = [[p.name, p.kind.upper(), p.default is not None] for p in one.ir.signature.parameters]
                lifted[(result.path, one.function.lineno, one.function.qualname)] = shape
    run = subprocess.run([sys.executable, str(PROBE), package], capture_output=True, text=True, check=True)
    found = Agreement()
    for line in filter(None, run.stdout.split("\n")):
        file, first, qualname, shape = json.loads(line)
        try:
            path = Path(file).relative_to(base).as_posix()
        except ValueError:
            continue  # it came from another package
        if path.partition("/")[0] != root.name or qualname.endswith("<lambda>"):
            continue
        found.compared += 1
        place = f"{path}:{first} {qualname}"
        mine = lifted.get((path, first, qualname))
        if mine is None:
            found.missing.append(place)
        elif mine != shape:
            found.differing.append((place, mine, shape))
    return found


def run() -> list[Row]:
    results = {package: compare(package) for package in PACKAGES}
    compared = sum(result.compared for result in results.values())
    agreeing = sum(round(result.share * result.compared) for result in results.values())
    note = ", ".join(f"{name} {result.compared}" for name, result in results.items())
    return [Row("signatures: agreement with inspect.signature", agreeing / compared, "", 1.0, note=note)]


if __name__ == "__main__":
    for name in sys.argv[1:] or PACKAGES:
        result = compare(name)
        print(name, result.compared, f"{result.share:.4f}", result.missing[:6], result.differing[:4])
