"""Context slices: a function with import lines in place of what it reaches, for code that no slice can carry.

`slicing.slice_function` copies everything a function needs. Where that fails (a name that is bound by running code,
too many helpers, a third-party package), the function can still run beside the installed package: its own source,
unchanged, after imports of the names that it reaches. The wheels that this takes are the slice's requirements.

What the function does to the world is looked for in it and in the package's functions and constants that it reaches
by name; methods are not followed, so what is found there is left to the box and to the re-runs that a row must pass.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lift_sys.data_synthesis.module_index import STDLIB, ModuleIndex
from lift_sys.data_synthesis.pieces import Imported, Piece, SliceModule
from lift_sys.data_synthesis.slice_plan import BUILTINS, CONSOLE_READS, MAX_LINES, REFUSED_EFFECTS, Stop
from lift_sys.records import RejectionReason

REASONS = frozenset(
    {
        RejectionReason.UNRESOLVED_NAME,
        RejectionReason.THIRD_PARTY_IMPORT,
        RejectionReason.SLICE_TOO_LARGE,
        RejectionReason.DYNAMIC_CODE,
        RejectionReason.STAR_IMPORT,
    }
)
"""What stops a slice and need not stop a function beside its package."""
MAX_REACHED = 300
"""Pieces looked at for effects; what lies further away counts as having none."""


@dataclass(frozen=True)
class ContextSlice:
    code: str
    entry_point: str
    requirements: tuple[dict[str, str], ...]
    """As `records.Requirement`, plain."""


def context_slice(index: ModuleIndex, module: SliceModule, name: str, lineno: int, stop: Stop) -> ContextSlice:
    """The function that starts (its `def` line) at `lineno` of a module, to be run beside its package.

    `stop` is why it could not be sliced.

    Raises:
        Stop: it can't run that way either; where that says no more, `stop` itself.
    """
    top = module.name.partition(".")[0]
    if stop.reason not in REASONS or top not in index.provides:
        raise stop
    piece = next((p for p in module.definers.get(name, ()) if _starts(p, lineno)), None)
    if piece is None or module.definers[name][-1] is not piece:
        raise stop
    if piece.dynamic or piece.last - piece.first >= MAX_LINES:
        raise stop
    node = _definition(module, piece)
    if any(isinstance(part, ast.Global) for part in ast.walk(node)):
        raise Stop(RejectionReason.UNRESOLVED_NAME, f"{name} rebinds a global name of its module")
    _check_effects(index, module, piece)
    lines, future = _imports(index, module, piece, name, stop)
    head = ["from __future__ import annotations"] if future or module.future_annotations else []
    if any(item.relative for item in piece.local_imports):
        package = module.name if index.is_package(module.path) else module.name.rpartition(".")[0]
        lines.append(f'__package__ = "{package}"')
    blocks = [*("\n".join(part) for part in (head, lines) if part)]
    code = "\n\n".join(blocks) + ("\n\n\n" if blocks else "") + module.text(piece) + "\n"
    return ContextSlice(code, name, requirements_of(index, code, always=(top,)))


def _starts(piece: Piece, lineno: int) -> bool:
    return piece.kind == "function" and piece.first <= lineno <= piece.last and not piece.typing_only


def _definition(module: SliceModule, piece: Piece) -> ast.AST:
    try:
        return ast.parse(module.text(piece))
    except (SyntaxError, ValueError) as error:
        raise Stop(RejectionReason.UNRESOLVED_NAME, f"its source can't stand alone: {error}") from None


def _imports(index: ModuleIndex, module: SliceModule, piece: Piece, name: str, stop: Stop) -> tuple[list[str], bool]:
    """The import lines that bring what a function reaches, and whether its hints must stay unevaluated."""
    lines: set[str] = set()
    future = False
    needed = piece.now | piece.later
    for used in sorted(needed | piece.typing):
        if used == name or (used in BUILTINS and used not in module.definers):
            continue
        line = _bring(index, module, used)
        if line is not None:
            lines.add(line)
        elif used in needed:
            raise stop
        else:
            future = True
    return sorted(lines, key=lambda line: (line.startswith("from"), line)), future


def _bring(index: ModuleIndex, module: SliceModule, name: str) -> str | None:
    """The import of what a global name of a module stands for; None where it has none at run time."""
    pieces = [piece for piece in module.definers.get(name, ()) if not piece.typing_only]
    if not pieces:
        return f"from {module.name} import {name}" if module.stars and name not in module.definers else None
    imports = [item for piece in pieces for item in piece.imports if item.bound == name]
    if len(pieces) == 1 and len(imports) == 1 and pieces[0].kind == "import":
        item = imports[0]
        if index.outside(item) is not False and item.module.partition(".")[0] in {*STDLIB, *index.provides}:
            return item.statement
    return f"from {module.name} import {name}"


def _check_effects(index: ModuleIndex, module: SliceModule, piece: Piece) -> None:
    """Raises: Stop: the function, or one that it reaches, does something to the world."""
    for owner, found in _reached(index, module, piece):
        for kind, what, line in found.effects:
            if kind in REFUSED_EFFECTS or (kind == "console" and what.startswith(CONSOLE_READS)):
                raise Stop(RejectionReason.EFFECT, f"{kind}: {what} at {owner.path}:{line}")


def _reached(index: ModuleIndex, module: SliceModule, piece: Piece) -> Iterator[tuple[SliceModule, Piece]]:
    """The function, and the functions and constants of the package that it reaches by name; classes left out."""
    todo = [(module, piece)]
    seen = {(module.name, piece.first, piece.column)}
    while todo and len(seen) < MAX_REACHED:
        owner, found = todo.pop(0)
        yield owner, found
        for name in sorted(found.now | found.later):
            for other_module, other in _definitions(index, owner, name):
                key = (other_module.name, other.first, other.column)
                if key not in seen and other.kind != "class":
                    seen.add(key)
                    todo.append((other_module, other))


def _definitions(
    index: ModuleIndex, module: SliceModule, name: str, depth: int = 0
) -> Iterator[tuple[SliceModule, Piece]]:
    """Where a global name gets its meaning, through imports from the package's own modules."""
    for piece in module.definers.get(name, ()):
        items = [item for item in piece.imports if item.bound == name]
        if not items:
            yield module, piece
        for item in items:
            if index.outside(item) is None and item.attribute is not None and depth < 8:
                other = index.get(item.module)
                if other is not None:
                    yield from _definitions(index, other, item.attribute, depth + 1)


def requirements_of(index: ModuleIndex, code: str, always: Sequence[str] = ()) -> tuple[dict[str, str], ...]:
    """What must be mounted so that everything which `code` imports can be: the union, by name."""
    if not index.provides:
        return ()
    tops = {*always, *(item.partition(".")[0] for item in _imported_modules(ast.parse(code)))}
    found = {rule["name"]: rule for top in sorted(tops) for rule in index.provides.get(top, ())}
    return tuple(found[name] for name in sorted(found))


def _imported_modules(tree: ast.AST) -> Iterable[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


Plain = dict[str, Any]
__all__ = ["ContextSlice", "Imported", "context_slice", "requirements_of"]
