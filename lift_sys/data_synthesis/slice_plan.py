"""What goes into one slice: the pieces that a function reaches, and the imports and names that tie them together."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import dataclass, field

from lift_sys.data_synthesis.class_pieces import ClassParts, Member, split
from lift_sys.data_synthesis.module_index import ModuleIndex
from lift_sys.data_synthesis.pieces import Imported, Piece, SliceModule
from lift_sys.records import RejectionReason

MAX_LINES = 600
MAX_PIECES = 80
BUILTINS = frozenset(dir(builtins)) | {"__name__", "__doc__", "__class__", "__qualname__", "__module__", "__debug__"}
REFUSED_EFFECTS = frozenset({"network", "reads_file", "writes_file", "environment", "clock", "randomness", "process"})
HARMLESS = frozenset(
    {"sys.modules", "sys.modules.get", "threading.RLock", "threading.Lock", "threading.local"}
    | {f"socket.{name}" for name in ("AF_INET", "AF_INET6", "inet_aton", "inet_ntoa", "inet_pton", "inet_ntop")}
)
"""Uses of modules with effects that have none themselves, or that the re-runs of every row would show."""
CONSOLE_READS = ("input", "sys.stdin", "termios", "readline", "curses", "tty")
Owner = tuple[str, str]
"""Whose a global name of the slice is: module and name there."""


def is_refused(kind: str, what: str) -> bool:
    """Whether code that has this effect on the world can't be part of an example."""
    if kind == "console":
        return what.startswith(CONSOLE_READS)
    return kind in REFUSED_EFFECTS and what not in HARMLESS


class Stop(Exception):
    """The slice can't be made."""

    def __init__(self, reason: RejectionReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass
class Plan:
    """What goes into one slice."""

    index: ModuleIndex
    owners: dict[str, Owner | str] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    """Import statements by the name they bind (submodules of one package have a key each)."""
    pieces: dict[tuple[str, int, int], tuple[SliceModule, Piece]] = field(default_factory=dict)
    glue: list[tuple[str, int, str]] = field(default_factory=list)
    """Assignments that stand for imports of renamed names and of whole modules: module, line, and the text (or the
    name of the namespace)."""
    namespaces: dict[str, str] = field(default_factory=dict)
    """Names that stand for whole modules of the checkout."""
    done: set[tuple[str, str]] = field(default_factory=set)
    dropped: dict[tuple[str, int], dict[int, tuple[int, str]]] = field(default_factory=dict)
    """Imports inside functions that are left out of a piece, see `SliceModule.text`."""
    reaches: dict[str, set[str]] = field(default_factory=dict)
    lines: int = 0
    future: bool = False
    trims: bool = False
    """Whether classes are taken in parts."""
    entry: tuple[str, str, int] | None = None
    """The method that the slice is of: module, name and the line of its `def`."""
    classes: dict[tuple[str, int, int], ClassParts] = field(default_factory=dict)
    """The classes that are, by the keys of their pieces."""
    mentions: set[str] = field(default_factory=set)
    """Every attribute that some part takes."""
    by_name: bool = False
    """Whether some part may take any attribute."""

    def name(self, module: SliceModule, name: str, seen: tuple[Owner, ...] = ()) -> None:
        """Bring along what a global name of a module stands for."""
        key = (module.name, name)
        if key in self.done:
            return
        self.done.add(key)
        pieces = self.definitions(module, name)
        if not pieces:
            self.unbound(module, name, seen)
            return
        imports = [item for piece in pieces for item in piece.imports if item.bound == name]
        if imports and all(piece.kind == "import" for piece in pieces):
            self.imported(module, pieces[-1], name, imports)
            return
        self.claim(name, key)
        for piece in pieces:
            self.piece(module, piece)
        for piece in module.changers.get(name, ()):
            if not piece.typing_only:
                self.piece(module, piece)

    def definitions(self, module: SliceModule, name: str) -> list[Piece]:
        """The pieces that bind a name: its `def` or `class` where there is one, else all that bind it."""
        found = [piece for piece in module.definers.get(name, ()) if not piece.typing_only]
        own = [piece for piece in found if piece.kind in ("function", "class")]
        return own or found

    def claim(self, name: str, owner: Owner | str) -> None:
        known = self.owners.setdefault(name, owner)
        if known != owner:
            detail = f"{name} means two things: {_owner(known)} and {_owner(owner)}"
            raise Stop(RejectionReason.UNRESOLVED_NAME, detail)

    def unbound(self, module: SliceModule, name: str, seen: tuple[Owner, ...]) -> None:
        for star in module.stars:
            other = self.index.get(star)
            if other is None:
                raise Stop(RejectionReason.STAR_IMPORT, f"from {star} import * may bind {name}")
            if (star, name) not in seen and not name.startswith("_") and self.binds(other, name, seen):
                self.reaches.setdefault(module.name, set()).add(star)
                self.name(other, name, (*seen, (module.name, name)))
                return
        if name in BUILTINS:
            return
        typing_only = name in module.definers
        detail = f"{name} is imported for type checkers only" if typing_only else f"{name} is bound nowhere"
        raise Stop(RejectionReason.UNRESOLVED_NAME, detail)

    def binds(self, module: SliceModule, name: str, seen: tuple[Owner, ...]) -> bool:
        if self.definitions(module, name):
            return True
        seen = (*seen, (module.name, name))
        for star in module.stars:
            other = self.index.get(star)
            if other is not None and (star, name) not in seen and self.binds(other, name, seen):
                return True
        return False

    def piece(self, module: SliceModule, piece: Piece) -> None:
        """Take one statement, and all that it needs."""
        key = (module.name, piece.first, piece.column)
        if key in self.pieces:
            return
        self.pieces[key] = (module, piece)
        if len(self.pieces) > MAX_PIECES:
            raise Stop(RejectionReason.SLICE_TOO_LARGE, f"more than {MAX_PIECES} parts")
        parts = split(module, piece, self.is_own(module)) if self.trims and piece.kind == "class" else None
        if parts is None:
            self.part(module, piece, piece.first, piece.last - piece.first + 1)
            return
        self.classes[key] = parts
        size = piece.last - piece.first + 1 - sum(m.last - m.first + 1 for m in parts.members)
        self.part(module, parts.skeleton, piece.first, size)
        for member in parts.members:
            entry = self.entry is not None and member.is_at(*self.entry[1:]) and module.name == self.entry[0]
            if member.needed or entry:
                self.member(module, parts, member)

    def part(self, module: SliceModule, piece: Piece, home: int, lines: int) -> None:
        """Take what is in a piece, of which `home` is the first line, or in a part of it."""
        self.lines += lines
        if self.lines > MAX_LINES:
            raise Stop(RejectionReason.SLICE_TOO_LARGE, f"more than {MAX_LINES} lines")
        self.check(module, piece)
        self.future |= module.future_annotations
        self.mentions |= piece.mentions
        self.by_name |= piece.by_name
        for name in sorted(piece.binds):
            self.claim(name, (module.name, name))
        for name in sorted(piece.now | piece.later):
            self.name(module, name)
        if piece.local_imports:
            self.local_imports(module, piece, home)
        if piece.typing:
            self.annotations(module, piece)

    def member(self, module: SliceModule, parts: ClassParts, member: Member) -> None:
        """Take one method of a class that is taken in parts."""
        if member.first not in parts.taken:
            parts.taken.add(member.first)
            self.part(module, member.piece, parts.whole.first, member.last - member.first + 1)

    def leave_out(self) -> None:
        """Leave out the methods that nothing names, now that all is known."""
        for key, parts in self.classes.items():
            module = self.pieces[key][0]
            lines = parts.dropped(module.source)
            self.dropped.setdefault((module.name, parts.whole.first), {}).update(lines)

    def is_own(self, module: SliceModule) -> Callable[[str], bool]:
        """Tells whether a global name of a module stands for something of the checkout."""

        def own(name: str) -> bool:
            imports = [
                item for piece in module.definers.get(name, ()) for item in piece.imports if item.bound == name
            ]
            return name in module.definers and all(self.index.outside(item) is None for item in imports)

        return own

    def local_imports(self, module: SliceModule, piece: Piece, home: int) -> None:
        """Imports inside functions: those of the checkout's own modules become global names of the slice."""
        by_line: dict[int, list[Imported]] = {}
        for item in piece.local_imports:
            if self.index.outside(item) is False:
                raise Stop(RejectionReason.THIRD_PARTY_IMPORT, item.module.partition(".")[0] or "?")
            by_line.setdefault(item.line, []).append(item)
        for line, items in sorted(by_line.items()):
            outside = {self.index.outside(item) for item in items}
            if outside == {True} and not any(item.relative for item in items):
                continue
            place = f"{items[0].statement} inside a function at {module.path}:{line}"
            if len(outside) > 1 or any(item.bound in piece.tangled or item.attribute == "*" for item in items):
                raise Stop(RejectionReason.UNRESOLVED_NAME, place)
            text = module.source.lines(line, items[0].end_line).strip()
            if not text.startswith(("from ", "import ")) or ";" in text:
                raise Stop(RejectionReason.UNRESOLVED_NAME, place)
            if outside == {True}:
                instead = "; ".join(item.statement for item in items)
            else:
                instead = "pass" if line in module.sole_imports else ""
                for item in items:
                    self.local_name(module, piece, item, place)
            self.dropped.setdefault((module.name, home), {})[line] = (items[0].end_line, instead)

    def local_name(self, module: SliceModule, piece: Piece, item: Imported, place: str) -> None:
        """Make a global name of one that a function imports, unless the module has another of that name."""
        if item.bound in module.definers:
            others = [i for p in module.definers[item.bound] for i in p.imports if i.bound == item.bound]
            if not others or any((i.module, i.attribute) != (item.module, item.attribute) for i in others):
                raise Stop(RejectionReason.UNRESOLVED_NAME, f"{place}: the module binds that name, too")
        self.inside(module, piece, item.bound, item)

    def check(self, module: SliceModule, piece: Piece) -> None:
        if piece.dynamic:
            raise Stop(RejectionReason.DYNAMIC_CODE, f"{piece.dynamic}() at {module.path}:{piece.first}")
        for kind, what, line in piece.effects:
            if is_refused(kind, what):
                raise Stop(RejectionReason.EFFECT, f"{kind}: {what} at {module.path}:{line}")
        for item in piece.imports:
            outside = self.index.outside(item)
            if outside is False:
                raise Stop(RejectionReason.THIRD_PARTY_IMPORT, item.module.partition(".")[0] or "?")
            if outside is None or item.attribute == "*" or item.relative:
                raise Stop(RejectionReason.UNRESOLVED_NAME, f"{item.statement} inside a block of {module.path}")

    def annotations(self, module: SliceModule, piece: Piece) -> None:
        """Import what hints need where it is the standard library's; else they stay unevaluated."""
        for name in sorted(piece.typing):
            if name in BUILTINS and name not in module.definers:
                continue
            found = module.definers.get(name, [])
            imports = [item for other in found for item in other.imports if item.bound == name]
            statement = imports[0].statement if len(imports) == len(found) == 1 else ""
            if statement and self.index.outside(imports[0]) and self.owners.get(name, statement) == statement:
                self.outside(imports[0], name)
            elif imports or (module.name, name) not in self.done:
                self.future = True

    def imported(self, module: SliceModule, piece: Piece, name: str, imports: list[Imported]) -> None:
        for item in imports:
            outside = self.index.outside(item)
            if outside is False:
                raise Stop(RejectionReason.THIRD_PARTY_IMPORT, item.module.partition(".")[0] or "?")
            if outside:
                self.outside(item, name)
            elif item is imports[-1]:
                self.inside(module, piece, name, item)

    def outside(self, item: Imported, name: str) -> None:
        owner = item.statement if item.attribute is not None or item.as_name else f"import {name}"
        self.claim(name, owner)
        self.imports[item.statement] = item.statement

    def inside(self, module: SliceModule, piece: Piece, name: str, item: Imported) -> None:
        """A name from another module of the checkout."""
        reaches = self.reaches.setdefault(module.name, set())
        if item.attribute is None:
            if not item.as_name and "." in item.module:
                raise Stop(RejectionReason.UNRESOLVED_NAME, f"{item.statement}: used through its package")
            self.namespace(module, piece, name, item.module)
            return
        source = self.index.get(item.module)
        submodule = f"{item.module}.{item.attribute}"
        if self.index.has(submodule) and not (source and _defines(source, item.attribute)):
            self.namespace(module, piece, name, submodule)
            return
        if source is not None and self.binds(source, item.attribute, ()):
            reaches.add(item.module)
            self.name(source, item.attribute)
            if name != item.attribute:
                self.claim(name, (module.name, name))
                self.glue.append((module.name, piece.first, f"{name} = {item.attribute}"))
            return
        if self.index.has(item.module):
            raise Stop(RejectionReason.UNRESOLVED_NAME, f"{item.statement}: {item.attribute} is bound nowhere")
        raise Stop(RejectionReason.UNRESOLVED_NAME, f"{item.statement}: the checkout has no such module")

    def namespace(self, module: SliceModule, piece: Piece, name: str, target: str) -> None:
        """A whole module stands behind a name: a namespace of what is used of it takes its place."""
        if self.index.get(target) is None:
            raise Stop(RejectionReason.UNRESOLVED_NAME, f"{target} can't be read")
        if self.namespaces.get(name, target) != target:
            raise Stop(RejectionReason.UNRESOLVED_NAME, f"{name} means two modules")
        self.claim(name, f"the module {target}")
        self.reaches.setdefault(module.name, set()).add(target)
        if name in self.namespaces:
            return
        self.imports["from types import SimpleNamespace"] = "from types import SimpleNamespace"
        self.claim("SimpleNamespace", "from types import SimpleNamespace")
        self.glue.append((module.name, piece.first, name))
        self.namespaces[name] = target

    def used_of(self, name: str) -> list[str]:
        """The attributes that the slice takes of a global name."""
        return sorted({a for _, piece in self.pieces.values() for a in piece.attributes.get(name, ())})

    def settle(self) -> None:
        """Bring along what is used of the modules that namespaces stand for, and the methods that something names,
        until nothing more is."""
        before = (-1, -1)
        while before != (len(self.done), self.lines):
            before = (len(self.done), self.lines)
            for key, parts in sorted(self.classes.items()):
                for member in parts.left():
                    if self.by_name or member.name in self.mentions:
                        self.member(self.pieces[key][0], parts, member)
                self.pieces[key] = (self.pieces[key][0], parts.effective())
            for name, target in sorted(self.namespaces.items()):
                other = self.index.get(target)
                assert other is not None
                used = self.used_of(name)
                if not used:
                    raise Stop(RejectionReason.UNRESOLVED_NAME, f"the module {target} itself is used as {name}")
                for attribute in used:
                    if not self.binds(other, attribute, ()):
                        raise Stop(RejectionReason.UNRESOLVED_NAME, f"{target}.{attribute} is bound nowhere")
                    self.name(other, attribute)


def _defines(module: SliceModule, name: str) -> bool:
    """Whether a module binds a name itself, or imports it from elsewhere than its own submodule of that name."""
    for piece in module.definers.get(name, ()):
        imports = [item for item in piece.imports if item.bound == name]
        if not imports or any((i.module, i.attribute) != (module.name, name) for i in imports):
            return True
    return False


def _owner(owner: Owner | str) -> str:
    return owner if isinstance(owner, str) else ".".join(owner)
