"""Context slices: a function with import lines in place of what it reaches, for code that no slice can carry.

`slicing` copies everything a function needs. Where that fails (a name that is bound by running code, too many
helpers, a third-party package), the function can still run beside the installed package: its own source, unchanged,
after imports of the names that it reaches; a method in a subclass of its own class, under the same name. The wheels
that this takes are the slice's requirements.

What the code does to the world is looked for in it, in the functions and constants of the package that it reaches by
name, in the methods of its own class that it mentions, and in the constructors of the classes that it names. Beyond
that, the box watches what each call reaches for (`guest/installed.py`), and a row must come out the same under other
clocks, time zones and locales.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lift_sys.data_synthesis.class_pieces import method_of, methods_of
from lift_sys.data_synthesis.module_index import STDLIB, ModuleIndex
from lift_sys.data_synthesis.pieces import Piece, SliceModule
from lift_sys.data_synthesis.slice_plan import BUILTINS, CONSOLE_READS, MAX_LINES, REFUSED_EFFECTS, Stop
from lift_sys.records import RejectionReason

REASONS = frozenset(
    {
        RejectionReason.UNRESOLVED_NAME,
        RejectionReason.THIRD_PARTY_IMPORT,
        RejectionReason.SLICE_TOO_LARGE,
        RejectionReason.DYNAMIC_CODE,
        RejectionReason.STAR_IMPORT,
        RejectionReason.EFFECT,
    }
)
"""What stops a slice and need not stop a function beside its package: it may lie in a part that is not reached."""
MAX_REACHED = 300
"""Pieces looked at for effects; what lies further away counts as having none."""
_CONSTRUCTORS = ("__init__", "__new__", "__post_init__", "__attrs_post_init__", "__call__")


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
    _check_installed(index, module, stop)
    piece = next((p for p in module.definers.get(name, ()) if _starts(p, lineno)), None)
    if piece is None or module.definers[name][-1] is not piece:
        raise stop
    _check_alone(piece, _tree(module.text(piece)), stop)
    _check_effects(index, module, piece)
    head = _head(index, module, piece, name, stop)
    code = head + module.text(piece) + "\n"
    return ContextSlice(code, name, requirements_of(index, code, always=(_top(module),)))


def context_method(
    index: ModuleIndex, module: SliceModule, owner: str, name: str, lineno: int, stop: Stop
) -> ContextSlice:
    """The method that starts at `lineno`, in a subclass of its class and of the same name.

    Raises:
        Stop: as for `context_slice`.
    """
    _check_installed(index, module, stop)
    piece = next(
        (p for p in module.definers.get(owner, ()) if p.kind == "class" and p.first <= lineno <= p.last), None
    )
    found = method_of(module, piece, name, lineno) if piece is not None else None
    if piece is None or found is None or module.definers[owner][-1] is not piece or piece.column:
        raise stop
    _, method, part = found
    first = min([method.lineno, *(item.lineno for item in method.decorator_list)])
    text = module.source.lines(first, method.end_lineno or method.lineno)
    _check_alone(part, _tree(f"class {owner}:\n{text}"), stop)
    if {"super", "__class__"} & (part.now | part.later):
        raise stop  # in a subclass it would lead to the method itself
    _check_effects(index, module, part, piece)
    head = _head(index, module, part, owner, stop, f"import {module.name}")
    code = f"{head}class {owner}({module.name}.{owner}):\n{text}\n"
    return ContextSlice(code, f"{owner}.{name}", requirements_of(index, code, always=(_top(module),)))


def _top(module: SliceModule) -> str:
    return module.name.partition(".")[0]


def _check_installed(index: ModuleIndex, module: SliceModule, stop: Stop) -> None:
    if stop.reason not in REASONS or _top(module) not in index.provides:
        raise stop


def _check_alone(piece: Piece, tree: ast.AST, stop: Stop) -> None:
    """Raises: Stop: the source means something else outside its module."""
    if piece.dynamic or piece.last - piece.first >= MAX_LINES:
        raise stop
    if any(isinstance(part, ast.Global) for part in ast.walk(tree)):
        raise Stop(RejectionReason.UNRESOLVED_NAME, "it rebinds a global name of its module")


def _tree(text: str) -> ast.AST:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise Stop(RejectionReason.UNRESOLVED_NAME, f"its source can't stand alone: {error}") from None


def _head(index: ModuleIndex, module: SliceModule, piece: Piece, name: str, stop: Stop, *more: str) -> str:
    """What comes before the function's own source."""
    lines, future = _imports(index, module, piece, name, stop)
    lines = sorted({*lines, *more}, key=lambda line: (line.startswith("from"), line))
    head = ["from __future__ import annotations"] if future or module.future_annotations else []
    if any(item.relative for item in piece.local_imports):
        package = module.name if index.is_package(module.path) else module.name.rpartition(".")[0]
        lines.append(f'__package__ = "{package}"')
    blocks = ["\n".join(part) for part in (head, lines) if part]
    return "\n\n".join(blocks) + ("\n\n\n" if blocks else "")


def _starts(piece: Piece, lineno: int) -> bool:
    return piece.kind == "function" and piece.first <= lineno <= piece.last and not piece.typing_only


def _imports(index: ModuleIndex, module: SliceModule, piece: Piece, name: str, stop: Stop) -> tuple[list[str], bool]:
    """The import lines that bring what a function reaches, and whether its hints must stay unevaluated."""
    lines: set[str] = set()
    future = False
    needed = piece.now | piece.later
    for used in sorted(needed | piece.typing):
        if used == name or (used in BUILTINS and used not in module.definers):
            continue
        line = _bring(index, module, used)
        if line is not None and (used in needed or used in module.definers):
            lines.add(line)
        elif used in needed:
            raise stop
        else:
            future = True
    return sorted(lines), future


def _bring(index: ModuleIndex, module: SliceModule, name: str) -> str | None:
    """The import of what a global name of a module stands for; None where it has none at run time."""
    pieces = [piece for piece in module.definers.get(name, ()) if not piece.typing_only]
    if not pieces:  # bound by running code, or by a star: whether it is there shows when it is loaded
        return f"from {module.name} import {name}" if name not in module.definers else None
    imports = [item for piece in pieces for item in piece.imports if item.bound == name]
    if len(pieces) == 1 and len(imports) == 1 and pieces[0].kind == "import":
        item = imports[0]
        if index.outside(item) is not False and item.module.partition(".")[0] in {*STDLIB, *index.provides}:
            return item.statement
    return f"from {module.name} import {name}"


def _check_effects(index: ModuleIndex, module: SliceModule, piece: Piece, owner: Piece | None = None) -> None:
    """Raises: Stop: the function, or one that it reaches, does something to the world."""
    for place, found in _reached(index, module, piece, owner):
        for kind, what, line in found.effects:
            if kind in REFUSED_EFFECTS or (kind == "console" and what.startswith(CONSOLE_READS)):
                raise Stop(RejectionReason.EFFECT, f"{kind}: {what} at {place.path}:{line}")


def _reached(
    index: ModuleIndex, module: SliceModule, piece: Piece, owner: Piece | None
) -> Iterator[tuple[SliceModule, Piece]]:
    """The function, and what of the package it reaches by name. `owner` is its class, where it is a method."""
    todo: list[tuple[SliceModule, Piece, Piece | None]] = [(module, piece, owner)]
    seen = {(module.name, piece.first, piece.column)}
    while todo and len(seen) < MAX_REACHED:
        place, found, of = todo.pop(0)
        yield place, found
        nearby: list[tuple[SliceModule, Piece, Piece | None]] = []
        for name in sorted(found.now | found.later):
            for where, other in _definitions(index, place, name, found.attributes.get(name, frozenset())):
                if other.kind == "class":
                    nearby += [(where, part, other) for part in _members(where, other, _CONSTRUCTORS)]
                else:
                    nearby.append((where, other, None))
        if of is not None:
            nearby += [(place, part, of) for part in _members(place, of, found.mentions)]
        for where, other, its in nearby:
            key = (where.name, other.first, other.column)
            if key not in seen:
                seen.add(key)
                todo.append((where, other, its))


def _members(module: SliceModule, owner: Piece, names: Iterable[str]) -> list[Piece]:
    """The methods of a class that bear one of those names."""
    return [piece for name, piece in methods_of(module, owner) if name in names]


def _definitions(
    index: ModuleIndex, module: SliceModule, name: str, taken: frozenset[str] = frozenset(), depth: int = 0
) -> Iterator[tuple[SliceModule, Piece]]:
    """Where a global name gets its meaning, through imports from the package's own modules.

    `taken` are the attributes that are taken of it: where it stands for a module, they are what is reached.
    """
    for piece in module.definers.get(name, ()):
        items = [item for item in piece.imports if item.bound == name]
        if not items:
            yield module, piece
        for item in items:
            if index.outside(item) is not None or depth >= 8:
                continue
            submodule = f"{item.module}.{item.attribute}" if item.attribute else item.module
            other = index.get(item.module)
            if index.has(submodule):
                other = index.get(submodule)
                for attribute in sorted(taken):
                    if other is not None:
                        yield from _definitions(index, other, attribute, depth=depth + 1)
            elif other is not None and item.attribute is not None:
                yield from _definitions(index, other, item.attribute, taken, depth + 1)


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
