"""From templates and a seed to a suite: drafts, checked on all cores, balanced, near-duplicates left out.

    lift-sys tests generate --seed 1 --count 500 --out suite.jsonl

The same seed gives the same tasks, whatever the number of workers. Two seeds never share one (see `drawing`).
"""

from __future__ import annotations

import atexit
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from lift_sys.errors import ConfigError, LiftError, TemplateError
from lift_sys.executors import Executor
from lift_sys.records.tasks import Task
from lift_sys.sandbox.api import BoxConfig, Environment, Sandbox
from lift_sys.testing.acceptance import Refusal, accept, normal
from lift_sys.testing.drawing import draw, numbers
from lift_sys.testing.prompts import shingles
from lift_sys.testing.suite import Suite, make_suite
from lift_sys.testing.template import Template
from lift_sys.testing.templates import all_templates, templates_of

NEAR = 0.8
"""Jaccard similarity of two prompts' shingles from which they are near-duplicates."""
REWORDINGS = 6


@dataclass(frozen=True)
class Order:
    """What a worker makes: up to `want` tasks of one template."""

    category: str
    template: str
    seed: int
    want: int


@dataclass(frozen=True)
class Made:
    order: Order
    tasks: tuple[Task, ...] = ()
    refusals: tuple[Refusal, ...] = ()


@dataclass
class Generation:
    """A suite and what did not make it."""

    suite: Suite
    refusals: list[Refusal] = field(default_factory=list)
    duplicates: int = 0
    """Tasks left out because a prompt like theirs was there before."""
    made: Counter[str] = field(default_factory=Counter)
    """Accepted tasks of each template, those that were not needed included."""


async def generate(
    seed: int,
    count: int,
    executor: Executor,
    *,
    templates: dict[str, tuple[Template, ...]] | None = None,
    training: bool = False,
    advance: Callable[[int], None] = lambda total: None,
) -> Generation:
    """A suite of `count` tasks, balanced over categories and, inside a category, over templates and difficulties.

    Args:
        training: leave out the templates that are held out.
        advance: called with the number of templates when it is known, then with 0 for each that is done.

    Raises:
        ConfigError: the templates can't give so many tasks with this seed.
        TemplateError: a template is not well-formed.
    """
    found = templates if templates is not None else all_templates()
    if training:
        found = {name: tuple(t for t in several if not t.held_out) for name, several in found.items()}
    if count < 1:
        raise ConfigError(f"--count must be 1 or more, not {count}")
    orders = list(_orders(found, seed, count))
    advance(len(orders))
    made: list[Made] = [Made(order) for order in orders]
    async for done in executor.map_unordered(make_tasks, orders):
        if done.failure is not None or done.result is None:
            raise LiftError(f"{orders[done.index].template}: {done.failure}")
        made[done.index] = done.result
        advance(0)
    tasks, duplicates = _apart([task for result in made for task in result.tasks])
    chosen = _balanced(tasks, count)
    if len(chosen) < count:
        raise ConfigError(
            f"seed {seed} gives {len(chosen)} tasks, not {count}: ask for fewer, or take a smaller seed"
        )
    return Generation(
        suite=make_suite(seed, chosen, training=training),
        refusals=[refusal for result in made for refusal in result.refusals],
        duplicates=duplicates,
        made=Counter(task.template for result in made for task in result.tasks),
    )


def _orders(templates: dict[str, tuple[Template, ...]], seed: int, count: int) -> list[Order]:
    filled = {category: found for category, found in templates.items() if found}
    orders = []
    for category, found in filled.items():
        want = count // (len(filled) * len(found)) + 1  # a few more than are needed, to balance with
        orders += [Order(category, template.name, seed, want) for template in found]
    return orders


def make_tasks(order: Order) -> Made:
    """Worker function: the tasks of one template, no two with prompts alike."""
    template = next(t for t in templates_of(order.category) if t.name == order.template)
    return tasks_of(template, order)


def tasks_of(template: Template, order: Order) -> Made:
    tasks: list[Task] = []
    refusals: list[Refusal] = []
    prompts: list[frozenset[tuple[str, ...]]] = []
    forms: dict[str, str] = {}
    warm = boxes()
    for number in numbers(template, order.seed):
        for attempt in range(REWORDINGS):
            try:
                draft = draw(template, number, order.seed, len(tasks), attempt)
                if draft is None:
                    break
                same = forms.get(normal(draft.reference))
                if same is not None and attempt == 0:
                    raise Refusal(draft.label, "duplicate", f"its reference is that of {same} in other words")
                task = accept(draft, order.category, warm)
            except (Refusal, TemplateError) as error:
                known = error if isinstance(error, Refusal) else Refusal(template.name, "template", str(error))
                refusals.append(known)
                break
            words = shingles(task.prompt)
            if any(alike(words, other) for other in prompts):
                continue
            tasks.append(task)
            prompts.append(words)
            forms[normal(draft.reference)] = draft.label
            break
        if len(tasks) == order.want:
            break
    return Made(order, tuple(tasks), tuple(refusals))


def alike(first: frozenset[tuple[str, ...]], second: frozenset[tuple[str, ...]]) -> bool:
    """Whether two prompts are near-duplicates: the Jaccard similarity of their shingles."""
    return len(first & second) >= NEAR * len(first | second)


def near_duplicates(tasks: Sequence[Task]) -> int:
    """Pairs of tasks whose prompts are near-duplicates."""
    return sum(len(pairs) for _, pairs in _alike(tasks))


def _apart(tasks: Sequence[Task]) -> tuple[list[Task], int]:
    """The tasks whose prompts are like none before, and how many were left out."""
    out: set[int] = set()
    for place, before in _alike(tasks):
        if before - out:
            out.add(place)
    return [task for place, task in enumerate(tasks) if place not in out], len(out)


def _alike(tasks: Sequence[Task]) -> Iterator[tuple[int, set[int]]]:
    """The place of each task that is like earlier ones, and their places."""
    prompts = [shingles(task.prompt) for task in tasks]
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, words in enumerate(prompts):
        near = {at for shingle in words for at in holders[shingle]}
        if found := {at for at in near if alike(words, prompts[at])}:
            yield place, found
        for shingle in words:
            holders[shingle].append(place)


def _balanced(tasks: Sequence[Task], count: int) -> list[Task]:
    """`count` tasks: categories in turn; in each the difficulty that has fewest, of the template that has fewest."""
    left: dict[str, list[Task]] = defaultdict(list)
    for task in tasks:
        left[task.category].append(task)
    difficulties: Counter[str] = Counter()
    templates: Counter[str] = Counter()
    chosen: list[Task] = []
    while len(chosen) < count and any(left.values()):
        for category in list(left):
            if not left[category] or len(chosen) == count:
                continue
            best = min(left[category], key=lambda t: (templates[t.template], difficulties[t.difficulty], t.id))
            left[category].remove(best)
            chosen.append(best)
            templates[best.template] += 1
            difficulties[best.difficulty] += 1
    place = {category: number for number, category in enumerate(left)}
    return sorted(chosen, key=lambda task: (place[task.category], task.template, task.id))


class WarmBoxes:
    """A sandbox for each environment, opened when first used."""

    def __init__(self) -> None:
        self._open: dict[Environment, Sandbox] = {}

    def __getitem__(self, where: Environment) -> Sandbox:
        if where not in self._open:
            from lift_sys.sandbox import open_sandbox

            self._open[where] = open_sandbox(BoxConfig(environment=where))
        return self._open[where]

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()


@cache
def boxes() -> WarmBoxes:
    """The boxes of this process, closed when it ends."""
    warm = WarmBoxes()
    atexit.register(warm.close)
    return warm
