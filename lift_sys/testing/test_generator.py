"""From templates and a seed to a suite: drafts, checked on all cores, balanced, near-duplicates left out.

    lift-sys tests generate --seed 1 --count 500 --out suite.jsonl

The same seed gives the same tasks, whatever the number of workers. Two seeds never share one (see `drawing`).
"""

from __future__ import annotations

import atexit
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice
from typing import get_args

from lift_sys.errors import ConfigError, LiftError, TemplateError
from lift_sys.executors import Executor
from lift_sys.records.tasks import Difficulty, Task
from lift_sys.sandbox.api import BoxConfig, Environment, Sandbox
from lift_sys.testing.acceptance import Refusal, accept, normal
from lift_sys.testing.drawing import SHARE, draw, numbers
from lift_sys.testing.prompts import shingles
from lift_sys.testing.suite import Suite, make_suite
from lift_sys.testing.template import Template
from lift_sys.testing.templates import all_templates, templates_of

NEAR = 0.8
"""Jaccard similarity of two prompts' shingles from which they are near-duplicates."""
REWORDINGS = 6
DIFFICULTIES = len(get_args(Difficulty))
Shingles = frozenset[tuple[str, ...]]


@dataclass(frozen=True)
class Near:
    """A task that was left out, the one before it whose prompt is like its own, and how alike they are."""

    task: str
    like: str
    similarity: float

    def __str__(self) -> str:
        return f"{self.task}: its prompt is too much like that of {self.like} (similarity {self.similarity:.2f})"


@dataclass(frozen=True)
class Order:
    """What a worker makes: up to `want` tasks of one template."""

    category: str
    template: str
    seed: int
    want: int
    before: Made | None = None
    """What an order for fewer led to, to go on from there."""


@dataclass(frozen=True)
class Made:
    order: Order
    tasks: tuple[Task, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    near: tuple[Near, ...] = ()
    tried: int = 0
    """Combinations that were drawn."""


@dataclass
class Generation:
    """A suite and what did not make it."""

    suite: Suite
    refusals: list[Refusal] = field(default_factory=list)
    near: list[Near] = field(default_factory=list)
    """Tasks left out because a prompt like theirs was there before."""
    short: dict[str, int] = field(default_factory=dict)
    """Categories that have fewer tasks than their share, and how many: their templates are used up at this seed."""
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
    """A suite of `count` tasks, balanced over categories and, inside a category, over difficulties and templates.

    Args:
        training: leave out the templates that are held out.
        advance: called with a number of templates when it is known, then with 0 for each that is done.

    Raises:
        ConfigError: the templates can't give so many tasks with this seed.
        TemplateError: a template is not well-formed.
    """
    found = templates if templates is not None else all_templates()
    if training:
        found = {name: tuple(t for t in several if not t.held_out) for name, several in found.items()}
    if count < 1:
        raise ConfigError(f"--count must be 1 or more, not {count}")
    orders = _orders(found, seed, count)
    categories = {order.category for order in orders}
    share = count // max(1, len(categories))
    made = await _all(orders, executor, advance)
    again = _rare(made, share // DIFFICULTIES)
    for place, result in zip(again, await _all(list(again.values()), executor, advance), strict=True):
        made[place] = result
    tasks, near = apart([task for result in made for task in result.tasks])
    chosen = _balanced(tasks, count)
    if len(chosen) < count:
        raise ConfigError(
            f"seed {seed} gives {len(chosen)} tasks, not {count}: ask for fewer, or take a smaller seed"
        )
    have = Counter(task.category for task in chosen)
    return Generation(
        suite=make_suite(seed, chosen, training=training),
        refusals=[refusal for result in made for refusal in result.refusals],
        near=[*(one for result in made for one in result.near), *near],
        short={name: have[name] for name in sorted(categories) if have[name] < share},
        made=Counter(task.template for result in made for task in result.tasks),
    )


async def _all(orders: Sequence[Order], executor: Executor, advance: Callable[[int], None]) -> list[Made]:
    """What each order leads to, in their order."""
    if not orders:
        return []
    advance(len(orders))
    made = [Made(order) for order in orders]
    async for done in executor.map_unordered(make_tasks, orders):
        if done.failure is not None or done.result is None:
            raise LiftError(f"{orders[done.index].template}: {done.failure}")
        made[done.index] = done.result
        advance(0)
    return made


def _orders(templates: dict[str, tuple[Template, ...]], seed: int, count: int) -> list[Order]:
    filled = {category: found for category, found in templates.items() if found}
    orders = []
    for category, found in filled.items():
        want = count // (len(filled) * len(found)) + 1  # a few more than are needed, to balance with
        orders += [Order(category, template.name, seed, want) for template in found]
    return orders


def _rare(made: Sequence[Made], fair: int) -> dict[int, Order]:
    """By place, orders for half as many again of the templates that gave a difficulty of which their category has
    fewer than `fair` tasks.

    Most templates give one difficulty only. To ask all of them for more would cost minutes and bring the same.
    """
    have = Counter((task.category, task.difficulty) for result in made for task in result.tasks)
    return {
        place: replace(result.order, want=result.order.want * 3 // 2, before=result)
        for place, result in enumerate(made)
        if len(result.tasks) == result.order.want  # with fewer its combinations are used up
        and any(have[task.category, task.difficulty] < fair for task in result.tasks)
    }


def make_tasks(order: Order) -> Made:
    """Worker function: the tasks of one template, no two with prompts alike."""
    template = next(t for t in templates_of(order.category) if t.name == order.template)
    return tasks_of(template, order)


def tasks_of(template: Template, order: Order) -> Made:
    before = order.before or Made(order)
    tasks, refusals, near, tried = [*before.tasks], [*before.refusals], [*before.near], before.tried
    prompts = [shingles(task.prompt) for task in tasks]
    forms = {normal(task.solution): label(task) for task in tasks}
    warm = boxes()
    for number in islice(numbers(template, order.seed), tried, None):
        tried += 1
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
            like, most = _nearest(words, prompts)
            if most >= NEAR:
                continue
            tasks.append(task)
            prompts.append(words)
            forms[normal(draft.reference)] = label(task)
            break
        else:  # however it was told, it was like another
            near.append(Near(label(task), label(tasks[like]), most))
        if len(tasks) >= order.want:
            break
    return Made(order, tuple(tasks), tuple(refusals), tuple(near), tried)


def why_none(template: Template, made: Made) -> str:
    """Why an order led to no task, although nothing was refused."""
    seed = made.order.seed
    if made.tried:
        return f"{template.name}: it makes no task of any of its {made.tried} combinations at seed {seed}"
    last = (template.size - 1) // SHARE
    return f"{template.name}: its {template.size} combinations are used up at seed {seed}: take a seed of 0 to {last}"


def label(task: Task) -> str:
    """A task as its draw: template and parameters."""
    return f"{task.template}({', '.join(f'{name}={value!r}' for name, value in task.parameters.items())})"


def similarity(first: Shingles, second: Shingles) -> float:
    """Jaccard similarity of two prompts' shingles."""
    return len(first & second) / len(first | second)


def _nearest(words: Shingles, prompts: Sequence[Shingles]) -> tuple[int, float]:
    """The place of the prompt that is most like one, and how alike they are."""
    found = [similarity(words, other) for other in prompts]
    most = max(found, default=0.0)
    return (found.index(most) if found else 0), most


def near_duplicates(tasks: Sequence[Task]) -> int:
    """Pairs of tasks whose prompts are near-duplicates."""
    return sum(alike >= NEAR for _, _, alike in _pairs(tasks))


def nearest(tasks: Sequence[Task]) -> list[float]:
    """For each task the similarity of the prompt that is most like its own."""
    found = [0.0] * len(tasks)
    for place, before, alike in _pairs(tasks):
        found[place] = max(found[place], alike)
        found[before] = max(found[before], alike)
    return found


def apart(tasks: Sequence[Task]) -> tuple[list[Task], list[Near]]:
    """The tasks whose prompts are like none before, and those that were left out."""
    out: dict[int, Near] = {}
    for place, before, alike in _pairs(tasks):
        if alike >= NEAR and place not in out and before not in out:
            out[place] = Near(label(tasks[place]), label(tasks[before]), alike)
    return [task for place, task in enumerate(tasks) if place not in out], list(out.values())


def _pairs(tasks: Sequence[Task]) -> Iterator[tuple[int, int, float]]:
    """The places of a task and of one before it, and how alike their prompts are, for all that share anything."""
    prompts = [shingles(task.prompt) for task in tasks]
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, words in enumerate(prompts):
        shared = Counter(before for shingle in words for before in holders[shingle])
        for before, number in sorted(shared.items()):
            yield place, before, number / (len(words) + len(prompts[before]) - number)
        for shingle in words:
            holders[shingle].append(place)


def _balanced(tasks: Sequence[Task], count: int) -> list[Task]:
    """`count` tasks: categories in turn; in each the difficulty that it has fewest of, then the template."""
    left: dict[str, list[Task]] = defaultdict(list)
    for task in tasks:
        left[task.category].append(task)
    difficulties: Counter[tuple[str, str]] = Counter()
    templates: Counter[str] = Counter()
    chosen: list[Task] = []

    def rank(task: Task) -> tuple[int, int, str]:
        return difficulties[task.category, task.difficulty], templates[task.template], task.id

    while len(chosen) < count and any(left.values()):
        for category in list(left):
            if not left[category] or len(chosen) == count:
                continue
            best = min(left[category], key=rank)
            left[category].remove(best)
            chosen.append(best)
            templates[best.template] += 1
            difficulties[best.category, best.difficulty] += 1
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
