"""Slicing: a function and everything it reaches in its own package, as one module that runs alone.

The source text of every part is kept as written. What can't be resolved for certain ends the slice with an
`Obstacle`; nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass

from lift_sys.data_synthesis.module_index import ModuleIndex
from lift_sys.data_synthesis.pieces import Piece, SliceModule
from lift_sys.data_synthesis.slice_plan import Plan, Stop
from lift_sys.records import RejectionReason


@dataclass(frozen=True)
class Sliced:
    code: str
    entry_point: str
    includes: tuple[str, ...]


def slice_function(index: ModuleIndex, module: SliceModule, name: str, lineno: int) -> Sliced:
    """The slice of the function that starts (its `def` line) at `lineno` of a module.

    Raises:
        Stop: it can't stand alone; `reason` and `detail` say why.
    """
    entry = next(
        (p for p in module.definers.get(name, ()) if p.kind == "function" and p.first <= lineno <= p.last), None
    )
    if entry is None or entry.typing_only:
        raise Stop(RejectionReason.UNRESOLVED_NAME, f"{name} is defined inside a block")
    if module.definers[name][-1] is not entry and any(p.kind == "function" for p in _after(module, name, entry)):
        raise Stop(RejectionReason.UNRESOLVED_NAME, f"{name} is defined again below")
    try:
        return _taken(Plan(index), module, entry, name, name)
    except Stop:
        if not any(p.kind == "class" for pieces in module.definers.values() for p in pieces):
            raise
    return _taken(Plan(index, trims=True), module, entry, name, name)


def slice_method(index: ModuleIndex, module: SliceModule, owner: str, name: str, lineno: int) -> Sliced:
    """The slice of the method that starts (its `def` line) at `lineno`, with what it may need of its class.

    Raises:
        Stop: it can't stand alone; `reason` and `detail` say why.
    """
    classes = [piece for piece in module.definers.get(owner, ()) if piece.kind == "class"]
    entry = next((piece for piece in classes if piece.first <= lineno <= piece.last), None)
    if entry is None or entry.typing_only:
        raise Stop(RejectionReason.UNRESOLVED_NAME, f"{owner} is defined inside a block")
    if classes[-1] is not entry:
        raise Stop(RejectionReason.UNRESOLVED_NAME, f"{owner} is defined again below")
    plan = Plan(index, trims=True, entry=(module.name, name, lineno))
    sliced = _taken(plan, module, entry, owner, f"{owner}.{name}")
    parts = plan.classes.get((module.name, entry.first, entry.column))
    if parts is not None and any(
        m.name == name and m.first > lineno for m in parts.members if m.first in parts.taken
    ):
        raise Stop(RejectionReason.UNRESOLVED_NAME, f"{owner}.{name} is defined again below")
    return sliced


def _taken(plan: Plan, module: SliceModule, entry: Piece, name: str, entry_point: str) -> Sliced:
    plan.done.add((module.name, name))
    plan.claim(name, (module.name, name))
    plan.piece(module, entry)
    for piece in module.changers.get(name, ()):
        plan.piece(module, piece)
    return _assemble(plan, module, name, entry_point)


def _after(module: SliceModule, name: str, entry: Piece) -> list[Piece]:
    return [piece for piece in module.definers[name] if piece.first > entry.first]


def _assemble(plan: Plan, module: SliceModule, name: str, entry_point: str) -> Sliced:
    plan.settle()
    plan.leave_out()
    needed_now = {needed for _, piece in plan.pieces.values() for needed in piece.now}
    ranks = {found: rank for rank, found in enumerate(_module_order(plan, module.name))}
    parts: list[tuple[int, int, str, Piece | None]] = [
        (
            ranks.get(owner.name, len(ranks)),
            piece.first,
            owner.text(piece, plan.dropped.get((owner.name, piece.first))),
            piece,
        )
        for owner, piece in plan.pieces.values()
    ]
    for owner_name, line, text in plan.glue:
        if text in plan.namespaces:
            place = 0 if text in needed_now else len(ranks) + 1  # functions need it when they are called only
            text = f"{text} = SimpleNamespace({', '.join(f'{a}={a}' for a in plan.used_of(text))})"
            parts.append((place or ranks.get(owner_name, len(ranks)), line, text, None))
            continue
        place = 0 if text.partition(" ")[0] in needed_now else len(ranks) + 1
        parts.append((place or ranks.get(owner_name, len(ranks)), line, text, None))
    parts.sort(key=lambda part: (part[0], part[1], part[3].column if part[3] else 0, part[2]))
    _check_order(plan, parts)
    head = ["from __future__ import annotations"] if plan.future else []
    imports = sorted(plan.imports, key=lambda line: (line.startswith("from"), line))
    blocks = ["\n".join(head)] if head else []
    if imports:
        blocks.append("\n".join(imports))
    code = "\n\n".join(blocks) + "\n" if blocks else ""
    previous: Piece | None = None
    for position, (_, _, text, piece) in enumerate(parts):
        tight = position and _is_small(piece) and _is_small(previous)
        gap = "" if tight or (not position and not blocks) else "\n" if not position and _is_small(piece) else "\n\n"
        code += f"{gap}{text}\n"
        previous = piece
    includes = [n for _, _, _, p in parts if p is not None for n in sorted(p.binds) if n != name]
    return Sliced(code, entry_point, tuple(dict.fromkeys(includes)))


def _is_small(piece: Piece | None) -> bool:
    return piece is None or piece.kind not in ("function", "class")


def _module_order(plan: Plan, start: str) -> list[str]:
    """Modules in the order in which they must run: those that others import come first."""
    order: list[str] = []
    state: dict[str, int] = {}

    def visit(name: str) -> None:
        state[name] = 1
        for other in sorted(plan.reaches.get(name, ())):
            if other not in state:
                visit(other)
        order.append(name)

    visit(start)
    return order


def _check_order(plan: Plan, parts: list[tuple[int, int, str, Piece | None]]) -> None:
    """Every name that a part needs when it runs must be bound by then."""
    bound_later: set[str] = set()
    for _, _, _, piece in reversed(parts):
        if piece is not None:
            bound_later |= piece.binds
    for _, _, text, piece in parts:
        if piece is None:
            names = set(text.replace("(", " ").replace(")", " ").replace(",", " ").replace("=", " ").split()[1:])
        else:
            names = set(piece.now)
            bound_later -= piece.binds
        late = names & bound_later
        if late:
            raise Stop(RejectionReason.UNRESOLVED_NAME, f"{min(late)} is needed before it is defined")
