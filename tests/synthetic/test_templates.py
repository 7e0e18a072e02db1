"""Every template, as it is written: names, sizes, splits, what its readings cite, and how its examples are shown."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from random import Random

import pytest
from templates_on_purpose import SOUND

from lift_sys.records import Expected, TestCase
from lift_sys.testing.drawing import POOL, SHARE, Draft, draw, numbers
from lift_sys.testing.prompts import prompt
from lift_sys.testing.template import Template, fill
from lift_sys.testing.templates import all_templates, templates_of

EVERY = [template for templates in all_templates().values() for template in templates]
DRAFTS = 4
SEEDS = 18
"""Seeds for which every template has a full share, as docs/TEST_GENERATION_DESIGN.md says."""

every_template = pytest.mark.parametrize("template", EVERY, ids=lambda template: template.name)


def drafts(template: Template) -> list[Draft]:
    """The first drafts of seed 1."""
    if template.name not in _drafts:
        found = (draw(template, number, 1, turn) for turn, number in enumerate(numbers(template, 1)))
        _drafts[template.name] = list(islice((draft for draft in found if draft is not None), DRAFTS))
    return _drafts[template.name]


_drafts: dict[str, list[Draft]] = {}


def test_no_two_templates_have_one_name() -> None:
    names = Counter(template.name for template in EVERY)
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize("category", all_templates())
def test_two_templates_of_each_category_are_held_out(category: str) -> None:
    assert sum(template.held_out for template in templates_of(category)) == 2


@every_template
def test_every_seed_in_the_usable_range_has_a_full_share(template: Template) -> None:
    assert template.size >= SEEDS * SHARE


@every_template
def test_five_hundred_different_inputs_can_be_drawn(template: Template) -> None:
    assert {draft.drawn for draft in drafts(template)} == {POOL} == {500}


@every_template
def test_what_rules_a_reading_out_is_a_detail_or_more_than_a_word(template: Template) -> None:
    for draft in drafts(template):
        for misreading in template.misreadings:
            if misreading.says not in template.details and not misreading.choose:
                assert len(fill(misreading.says, draft.values).split()) >= 2, misreading


@every_template
def test_what_rules_another_option_out_would_be_another_text_under_it(template: Template) -> None:
    for draft in drafts(template):
        for cited, there in cited_under_other_options(draft):
            assert cited not in there


def cited_under_other_options(draft: Draft) -> Iterator[tuple[str, list[str]]]:
    """What the prompt holds against a reading, and what could stand there if the reading were meant."""
    for variant in draft.variants:
        if variant.values is not None:
            says = variant.misreading.says
            texts = draft.template.details.get(says, (says,))
            cited = draft.details.get(says) or fill(says, draft.values)
            yield cited, [fill(text, variant.values) for text in texts]


def shown(value: object) -> set[str]:
    """The first characters of an example's line, over many prompts of a task that returns a value."""
    draft = draw(SOUND, 0, 0, 0)
    assert draft is not None
    test = TestCase(args=([1, 2],), expected=Expected(value=value), oracle="generated", visible=True)
    prompts = [prompt(draft, [test], Random(seed)) for seed in range(50)]
    return {text.rpartition("Examples:\n")[2][:2] for text in prompts}


def test_an_example_that_gives_none_is_not_shown_as_a_session() -> None:
    assert ">>" in shown(1)
    assert shown(None) == shown(1) - {">>"}


def test_a_block_that_is_all_of_the_list_is_turned_round_as_any_other() -> None:
    template = next(t for t in templates_of("list_operations") if t.name == "move_block")
    turned = [
        draft
        for number in range(template.size)
        if (draft := draw(template, number, 0, 0)) is not None and draft.parameters["turn"] == "turned"
    ]
    assert turned
    for draft in turned:
        space: dict[str, object] = {}
        exec(draft.reference, space)
        function, block = space[draft.entry_point], list(range(draft.parameters["count"]))
        assert callable(function)
        assert function(block) == block[::-1]


DRAWN = """
import hashlib
from lift_sys import wire
from lift_sys.testing.drawing import draw, numbers
from lift_sys.testing.templates import all_templates
for template in (template for several in all_templates().values() for template in several):
    drafts = (draw(template, number, 1, 0) for number in numbers(template, 1))
    draft = next(draft for draft in drafts if draft is not None)
    told = "".join(map(wire.encode, draft.calls)) + draft.reference + draft.second + draft.request
    print(template.name, hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest())
"""


def test_drafts_are_the_same_in_another_process() -> None:
    """Whatever the hash seed and the addresses of objects there: else a seed would not give a suite again."""
    told = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", DRAWN]
        told.append(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    first, second = (text.splitlines() for text in told)
    assert len(first) == sum(map(len, all_templates().values()))
    assert [line for line in first if line not in second] == []
