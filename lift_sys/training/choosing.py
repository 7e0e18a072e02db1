"""Which rows are made of the material: kinds in fixed shares, categories and difficulties in turn.

All candidates are looked at, and each has one fate: chosen, not needed, or cut for a reason. So the counts of a
report add up, and a length budget shows what it costs.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lift_sys.errors import ConfigError
from lift_sys.records.training import KINDS, TaskKind, TrainingRow
from lift_sys.training.material import Material

CHOSEN, NOT_NEEDED = "chosen", "not needed"
NOTHING, LONG_PROMPT, LONG_ANSWER = "nothing to make it of", "prompt too long", "completion too long"
FATES = (CHOSEN, NOT_NEEDED, LONG_PROMPT, LONG_ANSWER, NOTHING)

Fates = Counter[tuple[str, TaskKind, str]]
"""How many candidates there were, by origin, kind and fate."""


@dataclass(frozen=True)
class Recipe:
    """How many rows of what, and how long they may be."""

    train: int = 8000
    val: int = 600
    test: int = 600
    kinds: dict[TaskKind, float] = field(
        default_factory=lambda: {"prompt_to_code": 0.5, "prompt_to_ir": 0.2, "ir_to_code": 0.2, "repair": 0.1}
    )
    """Share of each kind of row; they add up to 1."""
    templates: float = 0.5
    """Share of template tasks among the training and validation rows, where there are any."""
    prompt_characters: int = 2400
    completion_characters: int = 1600
    """Longer rows are left out, and counted."""
    examples: int | None = None
    """Examples that a training prompt shows at most; None leaves prompts as they are."""
    docstrings: bool = True
    """Whether the code of training and validation rows keeps its docstrings, which say again what the prompt says."""

    def __post_init__(self) -> None:
        if set(self.kinds) - set(KINDS) or any(share < 0 for share in self.kinds.values()):
            raise ConfigError(f"kinds of rows are {', '.join(KINDS)}, with shares of 0 or more")
        if abs(sum(self.kinds.values()) - 1) > 1e-9 or not 0 <= self.templates <= 1:
            raise ConfigError("shares must add up to 1, and the share of templates lies between 0 and 1")
        if self.examples is not None and self.examples < 0:
            raise ConfigError("a prompt shows 0 examples or more")
        if min(self.train, self.val, self.test) < 0 or self.train == 0:
            raise ConfigError("give a number of training rows above 0, and none below 0")
        if min(self.prompt_characters, self.completion_characters) < 1:
            raise ConfigError("a row may have one character at least: raise the length budget")


class Candidates:
    """The rows that material of one origin could become, short enough, by kind; and what was cut."""

    def __init__(self, items: Sequence[Material], origin: str, recipe: Recipe) -> None:
        self._recipe = recipe
        self._origin = origin
        self._cut: Fates = Counter()
        self._strata: dict[TaskKind, dict[tuple[str, str], list[Material]]] = {}
        for kind in KINDS:
            if recipe.kinds.get(kind, 0) > 0:
                self._strata[kind] = self._short_enough(items, kind)

    def _short_enough(self, items: Sequence[Material], kind: TaskKind) -> dict[tuple[str, str], list[Material]]:
        strata: dict[tuple[str, str], list[Material]] = defaultdict(list)
        for item in items:
            reason = self._reason(item.row(kind))
            if reason:
                self._cut[self._origin, kind, reason] += 1
            else:
                strata[item.category, item.difficulty].append(item)
        for stratum in strata.values():
            stratum.sort(key=lambda item: hashlib.sha256(f"{kind} {item.source}".encode()).digest())
        return dict(sorted(strata.items()))

    def _reason(self, row: TrainingRow | None) -> str:
        if row is None:
            return NOTHING
        if len(row.prompt) > self._recipe.prompt_characters:
            return LONG_PROMPT
        return LONG_ANSWER if len(row.completion) > self._recipe.completion_characters else ""

    def choose(self, count: int) -> list[TrainingRow]:
        """Up to `count` rows. What is left of one kind's share goes to the kinds after it, prompt to code last."""
        found: list[TrainingRow] = []
        kinds = sorted(self._strata, key=lambda kind: kind == "prompt_to_code")
        for kind in kinds:
            want = count - len(found) if kind == kinds[-1] else round(count * self._recipe.kinds[kind])
            found += _in_turn(self._strata[kind], kind, min(want, count - len(found)))
        return found

    def fates(self, chosen: Sequence[TrainingRow]) -> Fates:
        """The fate of every candidate, given the rows that were chosen among them."""
        found = Counter(self._cut)
        taken = Counter(row.task for row in chosen if row.origin == self._origin)
        for kind, strata in self._strata.items():
            found[self._origin, kind, CHOSEN] = taken[kind]
            found[self._origin, kind, NOT_NEEDED] = sum(map(len, strata.values())) - taken[kind]
        return +found


def _in_turn(strata: dict[tuple[str, str], list[Material]], kind: TaskKind, want: int) -> Iterator[TrainingRow]:
    """Rows of one kind: the first of each stratum, then the second of each, and so on."""
    depth = 0
    while want > 0:
        layer = [items[depth] for items in strata.values() if depth < len(items)]
        if not layer:
            return
        for item in layer[:want]:
            row = item.row(kind)
            assert row is not None  # it was looked at before
            yield row
        want -= len(layer)
        depth += 1
