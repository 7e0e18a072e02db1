"""From a template and a seed to drafts of tasks.

Every combination of a template's space has a place in a shuffled order that is the same for everyone. A
seed owns `SHARE` consecutive places, so two seeds never draw the same task; a template whose places are used up gives
nothing to the seeds beyond.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from lift_sys import wire
from lift_sys.errors import TemplateError
from lift_sys.testing.inputs import Inputs
from lift_sys.testing.template import Choice, Misreading, Template, Values, code, fill

SHARE = 16
"""Combinations of one template that a seed may use."""
POOL = 500
"""Different inputs that are drawn for a task, besides those at the edges."""
TRIES = 20 * POOL
"""Draws, after which an argument has too few values."""

HARNESS = """def lift_call(arguments, steps):
    subject = {name}(*arguments)
    seen = []
    for method, given in steps:
        try:
            seen.append(getattr(subject, method)(*given))
        except Exception as error:
            seen.append(("raised", type(error).__name__))
    return seen
"""
"""Drives a class: what each step returned, or the exception that it raised."""


@dataclass(frozen=True)
class Variant:
    """A misreading as a whole implementation."""

    misreading: Misreading
    code: str
    values: Values | None = None
    """Of a choice made otherwise: what the prompt would be filled with then."""


@dataclass(frozen=True)
class Draft:
    """A task that nothing is known of yet."""

    template: Template
    parameters: Mapping[str, Any]
    values: Values
    entry_point: str
    signature: str
    wording: str
    details: Mapping[str, str]
    reference: str
    second: str
    variants: tuple[Variant, ...]
    calls: tuple[tuple[Any, ...], ...]
    """Arguments: those the template asks for, those at the edges, and the drawn ones."""
    drawn: int
    """Different inputs that were drawn: `POOL`, or all that came up in `TRIES`."""
    rng: Random = field(compare=False)

    @property
    def request(self) -> str:
        """What the prompt asks, without examples."""
        return " ".join([self.wording, *self.details.values()])

    @property
    def methods(self) -> list[str]:
        return [fill(text, self.values) for text in self.template.methods]

    @property
    def harness(self) -> str:
        return HARNESS.format(name=self.entry_point) if self.template.methods else ""

    @property
    def label(self) -> str:
        chosen = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        return f"{self.template.name}({chosen})"


def numbers(template: Template, seed: int, share: int = SHARE) -> Iterator[int]:
    """The combinations that a seed owns.

    Raises:
        ValueError: the seed is negative.
    """
    if seed < 0:
        raise ValueError(f"a seed is 0 or more, not {seed}")
    order = list(range(template.size))
    Random(template.name).shuffle(order)
    yield from order[seed * share : (seed + 1) * share]


def draw(template: Template, number: int, seed: int, turn: int, attempt: int = 0) -> Draft | None:
    """The draft of a combination; None where the template says that it makes no task.

    `turn` counts the drafts of a template, so that they are worded differently; another `attempt` tells the same
    task in other words.

    Raises:
        TemplateError: a text names what has no value, a piece to swap is not there, or the template's own functions
            raise.
    """
    try:
        return _draw(template, number, seed, turn, attempt)
    except TemplateError:
        raise
    except Exception as error:  # what `derive` and `inputs` raise is the template's fault, whatever it is
        raise TemplateError(f"{template.name}, combination {number}: {type(error).__name__}: {error}") from error


def _draw(template: Template, number: int, seed: int, turn: int, attempt: int) -> Draft | None:
    parameters = template.combination(number)
    rng = Random(f"{seed} {template.name} {number} {attempt}")
    chosen = {**parameters, **{name: _pick(choice, rng, turn + attempt) for name, choice in template.surface.items()}}
    values = template.values(chosen)
    if values is None:
        return None
    wording = template.wordings[(turn + attempt) % len(template.wordings)]
    details = {name: fill(rng.choice(texts), values) for name, texts in template.details.items()}
    reference = code(template.reference, values)
    fixed, drawn = _calls(template, values)
    return Draft(
        template=template,
        parameters=parameters,
        values=values,
        entry_point=fill(str(values["name"]), values),
        signature=fill(template.signature, values),
        wording=fill(wording, values),
        details=details,
        reference=reference,
        second=code(template.second, values),
        variants=tuple(_variants(template, chosen, values, reference)),
        calls=(*fixed, *drawn),
        drawn=len(drawn),
        rng=rng,
    )


def _pick(choice: Choice, rng: Random, turn: int) -> Any:
    """One of the values or options; names in turn, so that the tasks of a template differ in them."""
    return list(choice)[(turn + rng.randrange(2)) % len(choice)]


def _variants(template: Template, chosen: Values, values: Values, reference: str) -> Iterator[Variant]:
    for misreading in template.misreadings:
        if misreading.choose:
            for option in template.space[misreading.choose]:
                if option == chosen[misreading.choose]:
                    continue
                other = template.values({**chosen, misreading.choose: option})
                if other is not None:
                    yield Variant(misreading, code(template.reference, other), other)
        elif misreading.swap:
            before, after = (fill(text, values) for text in misreading.swap)
            if before not in reference:
                raise TemplateError(f"{template.name}: the reference does not hold {before!r}, which a reading swaps")
            yield Variant(misreading, reference.replace(before, after))
        else:
            yield Variant(misreading, code(misreading.code, values))


def _calls(template: Template, values: Values) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The arguments that are tried for sure, then those that are drawn, each of these once."""
    generators = list(template.generators(values))
    told = sorted(
        str(item) for item in values.items() if not isinstance(item[1], Inputs)
    )  # whose text has an address
    rng = Random(f"inputs {template.name} {told}")
    fixed = [*_examples(template, values), *_edges(generators, rng)]
    drawn: dict[str, tuple[Any, ...]] = {}
    for _ in range(TRIES):
        arguments = tuple(generator.draw(rng) for generator in generators)
        drawn.setdefault(wire.encode(arguments), arguments)
        if len(drawn) == POOL:
            break
    return fixed, list(drawn.values())


def _examples(template: Template, values: Values) -> Iterator[tuple[Any, ...]]:
    for text in template.examples:
        source = fill(text, values)
        try:
            yield ast.literal_eval(f"({source},)")
        except (ValueError, SyntaxError):
            raise TemplateError(f"{template.name}: the example {source!r} is no list of plain arguments") from None


def _edges(generators: list[Inputs], rng: Random) -> Iterator[tuple[Any, ...]]:
    """For each edge of each argument: with the others at their first edge, and with others drawn, twice."""
    for place, generator in enumerate(generators):
        for edge in generator.edges:
            rows = [[other.edges[0] if other.edges else other.draw(rng) for other in generators]]
            rows += [[other.draw(rng) for other in generators] for _ in range(2)]
            for row in rows:
                yield (*row[:place], edge, *row[place + 1 :])
