"""Fails when a module imports from its own row's forbidden neighbours or from a row above it.

Imports inside functions and under `TYPE_CHECKING` count too: laziness is for speed, not for turning arrows round.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROWS: tuple[tuple[str, ...], ...] = (
    ("errors", "wire"),
    ("ir",),
    ("records", "storage", "config"),
    ("reverse_mode", "testing", "sandbox", "executors", "providers", "forward_mode"),
    ("data_synthesis", "training", "evaluation", "inference"),
    ("reports",),
    ("cli",),
)
LEVEL = {name: level for level, row in enumerate(ROWS) for name in row}
STAGES = set(ROWS[4])
ROOT = Path(__file__).resolve().parent.parent / "lift_sys"


def part(module: str) -> str | None:
    """The first part below `lift_sys` of a module name; None for anything else."""
    pieces = module.split(".")
    return pieces[1] if pieces[0] == "lift_sys" and len(pieces) > 1 else None


def imports(tree: ast.AST) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "lift_sys":
                found += [(node.lineno, f"lift_sys.{alias.name}") for alias in node.names]
            else:
                found.append((node.lineno, node.module))
    return found


def main() -> int:
    wrong = []
    for path in sorted(ROOT.rglob("*.py")):
        relative = path.relative_to(ROOT)
        own = relative.parts[0].removesuffix(".py")
        if own == "__init__":
            continue
        if own not in LEVEL:
            wrong.append(f"lift_sys/{relative}: {own} stands in no row of the layers")
            continue
        for line, module in imports(ast.parse(path.read_text(encoding="utf-8"))):
            target = part(module)
            if target is None or target not in LEVEL or target == own:
                continue
            if LEVEL[target] > LEVEL[own] or (target in STAGES and own in STAGES):
                wrong.append(f"lift_sys/{relative}:{line}: {own} may not import {target}")
    print("\n".join(wrong) if wrong else f"imports point down in {len(list(ROOT.rglob('*.py')))} modules")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
