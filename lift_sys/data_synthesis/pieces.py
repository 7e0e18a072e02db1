"""Statements at module level as pieces that a slice can be made of."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any, Protocol

from lift_sys.reverse_mode import effects
from lift_sys.reverse_mode.facts import Unit, UnitKind
from lift_sys.reverse_mode.lifter import absolute
from lift_sys.reverse_mode.source_text import SourceText

Name = str


@dataclass(slots=True)
class Imported:
    """One name that an import statement binds."""

    bound: Name
    module: str
    """Absolute name of the module."""
    attribute: Name | None
    """None for `import module`."""
    relative: bool
    as_name: Name | None
    line: int
    end_line: int

    @property
    def statement(self) -> str:
        tail = f" as {self.as_name}" if self.as_name else ""
        if self.attribute is None:
            return f"import {self.module}{tail}"
        return f"from {self.module} import {self.attribute}{tail}"


@dataclass(slots=True)
class Piece:
    """One statement at module level. See `facts.Unit` for the sets of names."""

    kind: UnitKind
    first: int
    last: int
    column: int
    end_column: int
    binds: frozenset[Name]
    changes: frozenset[Name]
    now: frozenset[Name]
    later: frozenset[Name]
    typing: frozenset[Name]
    imports: tuple[Imported, ...]
    local_imports: tuple[Imported, ...]
    effects: tuple[effects.Found, ...]
    dynamic: str
    """The builtin through which it runs or reads code by name ("" for none)."""
    attributes: dict[Name, frozenset[Name]]
    """First attribute taken of each free name: `utils.clamp` -> {"utils": {"clamp"}}."""
    typing_only: bool
    tangled: frozenset[Name] = frozenset()
    """Names that its functions import and bind in other ways, too."""
    fixed: frozenset[int] = frozenset()
    """Lines inside strings, which dedenting must not touch."""
    mentions: frozenset[Name] = frozenset()
    """Every attribute that it takes, of whatever object."""
    by_name: bool = False
    """Whether it may take attributes whose names are not in its text."""


@dataclass
class SliceModule:
    """One module, ready to be sliced from."""

    name: str
    path: str
    source: SourceText
    pieces: list[Piece]
    future_annotations: bool
    definers: dict[Name, list[Piece]] = field(default_factory=dict)
    changers: dict[Name, list[Piece]] = field(default_factory=dict)
    sole_imports: frozenset[int] = frozenset()
    """Lines of imports inside functions that are alone in their block."""
    stars: list[str] = field(default_factory=list)
    """Absolute names of the modules it imports everything from."""
    package: str = ""
    """Where its relative imports start from."""
    bound: frozenset[Name] = frozenset()
    """The global names that it binds."""
    risky: dict[Name, str] = field(default_factory=dict)
    """See `effects.effectful`."""
    opened: dict[tuple[int, int], Any] = field(default_factory=dict)
    """What `class_pieces.split` found in a class, by its lines: a class is in the slice of each of its methods."""

    def __post_init__(self) -> None:
        for piece in self.pieces:
            if piece.kind in ("future", "delete"):  # `del` at the end of a module only tidies up
                continue
            for name in sorted(piece.binds):
                self.definers.setdefault(name, []).append(piece)
            for name in sorted(piece.changes):
                self.changers.setdefault(name, []).append(piece)
            self.stars += [item.module for item in piece.imports if item.attribute == "*"]

    def text(self, piece: Piece, dropped: dict[int, tuple[int, str]] | None = None) -> str:
        """The piece as written, moved to the left margin where it stood in a block.

        `dropped` are imports to leave out: first line to last line, and the statement that takes their place ("" for
        none).
        """
        text = self.source.lines(piece.first, piece.last)
        lines = text.split("\n")
        before = self.source.between(piece.first, 0, piece.first, piece.column)
        after = self.source.tail(piece.last, piece.end_column)
        if before.strip() or after[:1] not in ("", "#"):  # it shares its lines with other statements
            return self.source.between(piece.first, piece.column, piece.last, piece.end_column)
        if lines[0][len(before) :].startswith("elif"):  # the rest of a choice whose first way is closed
            lines[0] = before + lines[0][len(before) + 2 :]
        if dropped:
            lines = _without(lines, piece.first, dropped)
        width = len(before)
        if not width:
            return "\n".join(line for line in lines if line is not None)
        return "\n".join(
            line if number in piece.fixed else line[min(width, len(line) - len(line.lstrip())) :]
            for number, line in enumerate(lines, piece.first)
            if line is not None
        )


def _without(lines: list[str], first: int, dropped: dict[int, tuple[int, str]]) -> list[Any]:
    """The lines of a piece without some import statements; lines that go are None."""
    kept: list[str | None] = list(lines)
    for line, (last, instead) in dropped.items():
        start = kept[line - first] or ""
        kept[line - first : last - first + 1] = [None] * (last - line + 1)
        if instead:
            kept[line - first] = start[: len(start) - len(start.lstrip())] + instead
    return kept


def imported(nodes: list[ast.Import | ast.ImportFrom], package: str) -> tuple[Imported, ...]:
    """The names that import statements bind; `package` is where relative ones start from."""
    found: list[Imported] = []
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                found.append(
                    Imported(
                        bound, alias.name, None, False, alias.asname, node.lineno, node.end_lineno or node.lineno
                    )
                )
        elif node.module != "__future__":
            module = absolute(node, package)
            for alias in node.names:
                bound = alias.asname or alias.name
                last = node.end_lineno or node.lineno
                found.append(Imported(bound, module, alias.name, node.level > 0, alias.asname, node.lineno, last))
    return tuple(found)


class Surroundings(Protocol):
    """What a module tells of itself when its pieces are made: a `LiftedModule`, or a `SliceModule`."""

    package: str
    bound: frozenset[Name]
    risky: dict[Name, str]


_GETTERS = frozenset({"getattr", "hasattr", "setattr", "delattr"})
_BY_NAME = frozenset({"attrgetter", "methodcaller", "dir", "inspect"})


def piece_of(unit: Unit, imports: tuple[Imported, ...], lifted: Surroundings) -> Piece:
    node = unit.node
    names = unit.now | unit.later
    attributes: dict[str, set[str]] = {}
    mentions = set(unit.attributes)
    by_name = not _BY_NAME.isdisjoint(names) or not _BY_NAME.isdisjoint(mentions)
    dynamic = ""
    local = imported(unit.local_imports, lifted.package) if unit.local_imports else ()
    used = names | {item.bound for item in local} if local else names
    if unit.chains:
        for root, rest, _ in unit.chains:
            if root in used:
                attributes.setdefault(root, set()).add(rest.partition(".")[0])
    for call in unit.calls:
        name = call.func.id
        if name in effects.DYNAMIC and (name != "vars" or not call.args) and name not in lifted.bound:
            dynamic = dynamic or name
        elif name in _GETTERS and len(call.args) > 1:
            attribute = getattr(call.args[1], "value", None)
            by_name |= not isinstance(attribute, str)
            mentions.add(str(attribute))
    risky = lifted.risky
    if local:
        aliases = {item.bound: f"{item.module}.{item.attribute}" if item.attribute else item.module for item in local}
        risky = {**risky, **effects.effectful(aliases)}
    last = node.end_lineno or node.lineno
    return Piece(
        unit.kind,
        unit.first,
        last,
        node.col_offset,
        node.end_col_offset or 0,
        unit.binds,
        unit.changes,
        unit.now,
        unit.later,
        unit.typing,
        imports,
        local,
        tuple(effects.find(unit, names | risky.keys(), risky, lifted.bound)),
        dynamic,
        {name: frozenset(found) for name, found in attributes.items()},
        unit.typing_only,
        frozenset(unit.tangled),
        _string_lines(node) if node.col_offset and last > unit.first else frozenset(),
        frozenset(mentions),
        by_name,
    )


def _string_lines(node: ast.stmt) -> frozenset[int]:
    """Lines that start inside a string: they are the string's own."""
    lines: set[int] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.JoinedStr) or (
            isinstance(part, ast.Constant) and isinstance(part.value, str | bytes)
        ):
            lines.update(range(part.lineno + 1, (part.end_lineno or part.lineno) + 1))
    return frozenset(lines)
