"""Classes in parts: what every instance may need, and the methods that a slice takes only where something names them.

A method's slice holds its class with what the method can reach: whatever is no plain method (attributes, nested
classes), the methods that Python calls by itself (`__init__`, `__eq__`, ..), and each other method whose name some
part of the slice takes as an attribute, of any object: too many rather than too few.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from lift_sys.data_synthesis.phrasing import word_set
from lift_sys.data_synthesis.pieces import Piece, SliceModule, imported, piece_of
from lift_sys.reverse_mode.module_visit import gather
from lift_sys.reverse_mode.source_text import SourceText

_OPEN_BASES = word_set(
    """
    object ABC Generic Protocol NamedTuple Enum IntEnum StrEnum Flag IntFlag Hashable Sized Iterable Iterator
    Container Collection Callable Mapping MutableMapping Sequence Set ItemsView KeysView ValuesView Reversible
    dict list set frozenset tuple str int float bytes complex OrderedDict defaultdict Counter deque UserDict
    UserList UserString SimpleNamespace BaseException Exception ValueError TypeError KeyError IndexError
    LookupError AttributeError RuntimeError NotImplementedError ArithmeticError OSError StopIteration Warning
    UserWarning AssertionError ImportError SyntaxError NameError UnicodeError ZeroDivisionError OverflowError
    """
)
"""Bases from outside that call no method of a subclass but those that Python calls by itself."""
_SELDOM = word_set(
    """
    __del__ __reduce__ __reduce_ex__ __getstate__ __setstate__ __getnewargs__ __copy__ __deepcopy__ __sizeof__
    __dir__ __enter__ __exit__ __aenter__ __aexit__ __await__ __aiter__ __anext__ __class_getitem__
    """
)
"""Methods that Python calls by itself, but whose lack shows at once where they are needed."""
Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Member:
    """One method of a class, ready to be taken or left."""

    name: str
    first: int
    """With its decorators."""
    last: int
    piece: Piece
    needed: bool
    """Whether every slice with the class takes it."""

    def is_at(self, name: str, line: int) -> bool:
        return self.name == name and self.first <= line <= self.last


@dataclass
class ClassParts:
    """A class that is taken part by part."""

    whole: Piece
    skeleton: Piece
    members: list[Member]
    bare: bool
    """Whether nothing but methods is in its body."""
    taken: set[int] = field(default_factory=set)
    """First lines of the members that were taken."""

    def left(self) -> list[Member]:
        return [member for member in self.members if member.first not in self.taken]

    def effective(self) -> Piece:
        """The class with the names that what was taken needs."""
        parts = [self.skeleton, *(m.piece for m in self.members if m.first in self.taken)]
        return replace(
            self.whole,
            now=frozenset().union(*(part.now for part in parts)),
            later=frozenset().union(*(part.later for part in parts)),
            attributes=_joined(parts),
        )

    def dropped(self, source: SourceText) -> dict[int, tuple[int, str]]:
        """The lines to leave out, see `SliceModule.text`; blank ones after a member go with it."""
        found: dict[int, tuple[int, str]] = {}
        for member in self.left():
            last = member.last
            while last < self.whole.last and not source.lines(last + 1, last + 1).strip():
                last += 1
            found[member.first] = (last, "")
        if self.bare and found and not self.taken:
            first = min(found)
            found[first] = (found[first][0], "pass")
        return found


def _joined(parts: list[Piece]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for part in parts:
        for name, attributes in part.attributes.items():
            found[name] = found.get(name, frozenset()) | attributes
    return found


@dataclass(frozen=True)
class _Opened:
    """A class as it is read once, for all the slices it is in."""

    node: ast.ClassDef
    skeleton: Piece
    members: list[Member]
    bare: bool


def split(module: SliceModule, piece: Piece, own: Callable[[str], bool]) -> ClassParts | None:
    """The parts of a class; None where it has to be taken as a whole. `own`: whether a base is the checkout's."""
    place = piece.first, piece.last
    if place not in module.opened:
        module.opened[place] = _opened(module, piece)
    found: _Opened | None = module.opened[place]
    if found is None or not _open(found.node, own):
        return None
    return ClassParts(piece, found.skeleton, found.members, found.bare)


def _opened(module: SliceModule, piece: Piece) -> _Opened | None:
    node = _definition(module, piece)
    if node is None:
        return None
    methods = [part for part in node.body if isinstance(part, Definition)]
    rest = [part for part in node.body if not isinstance(part, Definition)]
    names = {part.name for part in methods}
    shell = ast.ClassDef(node.name, node.bases, node.keywords, rest or [ast.Pass()], node.decorator_list)
    skeleton = _part(module, piece, ast.copy_location(shell, node))
    mentions = skeleton.mentions | (names & skeleton.now)
    skeleton = replace(skeleton, now=skeleton.now - names, mentions=mentions)
    bound = names | _bound(rest)
    return _Opened(node, skeleton, [_member(module, piece, node, part, bound) for part in methods], bare=not rest)


def method_of(
    module: SliceModule, piece: Piece, name: str, line: int
) -> tuple[ast.ClassDef, Definition, Piece] | None:
    """A class, one of its methods, and that method as a piece: what it needs, changes and mentions."""
    node = _definition(module, piece)
    methods = [part for part in node.body if isinstance(part, Definition)] if node else []
    for method in methods:
        if node is not None and method.name == name and method.lineno <= line <= (method.end_lineno or line):
            return node, method, _member(module, piece, node, method, {part.name for part in methods}).piece
    return None


def methods_of(module: SliceModule, piece: Piece) -> list[tuple[str, Piece]]:
    """The methods of a class by name, as pieces; none where it can't be read."""
    node = _definition(module, piece)
    methods = [part for part in node.body if isinstance(part, Definition)] if node else []
    bound = {part.name for part in methods}
    return [(part.name, _member(module, piece, node, part, bound).piece) for part in methods if node is not None]


def _definition(module: SliceModule, piece: Piece) -> ast.ClassDef | None:
    if piece.column or piece.typing_only:
        return None
    text = "\n" * (piece.first - 1) + module.source.lines(piece.first, piece.last)
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return body[0] if len(body) == 1 and isinstance(body[0], ast.ClassDef) else None


def _open(node: ast.ClassDef, own: Callable[[str], bool]) -> bool:
    """Whether methods that nothing names can be left out."""
    for base in node.bases:
        base = base.value if isinstance(base, ast.Subscript) else base
        last = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
        if last not in _OPEN_BASES and not (isinstance(base, ast.Name) and own(last)):
            return False
    return all(keyword.arg == "metaclass" and _is_abc(keyword.value) for keyword in node.keywords)


def _is_abc(node: ast.expr) -> bool:
    return (node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")) == "ABCMeta"


def _bound(body: list[ast.stmt]) -> set[str]:
    """The names that the statements of a class body bind."""
    found: set[str] = set()
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            found.add(statement.name)
            continue
        for part in ast.walk(statement):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                found.add(part.id)
    return found


def _member(module: SliceModule, piece: Piece, node: ast.ClassDef, method: Definition, bound: set[str]) -> Member:
    shell = ast.ClassDef(node.name, [], [], [method], [])
    found = _part(module, piece, ast.copy_location(shell, node))
    first = min([method.lineno, *(item.lineno for item in method.decorator_list)])
    last = method.end_lineno or method.lineno
    found = replace(
        found,
        first=first,
        last=last,
        binds=frozenset(),
        now=found.now - bound,
        mentions=found.mentions | (found.now & bound),
    )
    dunder = method.name.startswith("__") and method.name.endswith("__")
    return Member(method.name, first, last, found, dunder and method.name not in _SELDOM)


def _part(module: SliceModule, piece: Piece, shell: ast.ClassDef) -> Piece:
    unit = gather(ast.Module([shell], [])).units[0]
    unit.node = shell
    made = piece_of(unit, imported(unit.imports, module.package), module)
    return replace(made, first=piece.first, last=piece.last, column=piece.column, end_column=piece.end_column)


__all__ = ["ClassParts", "Member", "method_of", "methods_of", "split"]
