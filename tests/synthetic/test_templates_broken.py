"""Templates that are broken on purpose are refused, with the input on which they fail."""

from __future__ import annotations

import re

import pytest
from templates_on_purpose import SOUND, broken

from lift_sys.errors import TemplateError
from lift_sys.testing.acceptance import Refusal, accept
from lift_sys.testing.drawing import draw, numbers
from lift_sys.testing.inputs import integers, lists
from lift_sys.testing.template import Misreading, Template
from lift_sys.testing.test_generator import NEAR, Order, WarmBoxes, label, tasks_of, why_none


def refusal(template: Template, warm: WarmBoxes) -> Refusal:
    draft = draw(template, next(numbers(template, 0)), 0, 0)
    assert draft is not None
    with pytest.raises(Refusal) as caught:
        accept(draft, "list_operations", warm)
    return caught.value


def test_the_sound_one_is_taken(warm: WarmBoxes) -> None:
    draft = draw(SOUND, next(numbers(SOUND, 0)), 0, 0)
    assert draft is not None
    task = accept(draft, "list_operations", warm)
    assert task.mutation.score == 1.0
    assert all(reading.told_by is not None for reading in task.readings)
    assert task.inputs >= 500


WRONG_REFERENCE = {
    "a wrong reference": "def $name($xs):\n    return sum(1 for value in $xs if value $op $limit)\n",
    "one that is off by one": (
        "def $name($xs):\n    if not $xs:\n        return -1\n    return sum(1 for v in $xs if v $op $limit + 1)\n"
    ),
}


@pytest.mark.parametrize("code", WRONG_REFERENCE.values(), ids=WRONG_REFERENCE)
def test_a_wrong_reference_is_refused_with_the_input_it_fails_on(warm: WarmBoxes, code: str) -> None:
    found = refusal(broken(reference=code, misreadings=(SOUND.misreadings[0],)), warm)
    assert found.check == "second implementation"
    assert "(" in found.detail
    assert "the reference gives" in found.detail


def test_a_second_implementation_that_is_the_first_in_other_words_is_refused(warm: WarmBoxes) -> None:
    again = SOUND.reference.replace("value", "item")
    assert refusal(broken(second=again), warm).check == "second implementation"


def test_a_prompt_that_leaves_a_reading_open_is_refused_with_both_answers(warm: WarmBoxes) -> None:
    silent = broken(details={"empty": SOUND.details["empty"]})
    found = refusal(silent, warm)
    assert found.check == "ambiguous"
    assert "bounds" in found.detail
    assert "the reference" in found.detail


def test_a_reference_that_depends_on_its_surroundings_is_refused_as_flaky(warm: WarmBoxes) -> None:
    code = (
        "def $name($xs):\n    if not $xs:\n        return -1\n    return next(iter({str(value) for value in $xs}))\n"
    )
    found = refusal(broken(reference=code, properties=()), warm)
    assert found.check == "flaky"
    assert "in another" in found.detail


def test_an_edge_case_that_the_prompt_forgets_is_refused_with_the_input(warm: WarmBoxes) -> None:
    code = "def $name($xs):\n    $xs[0]\n    return sum(1 for value in $xs if value $op $limit)\n"
    other = "def $name($xs):\n    next(iter($xs), None) or $xs[0]\n    return len([v for v in $xs if v $op $limit])\n"
    found = refusal(broken(reference=code, second=other, misreadings=(SOUND.misreadings[0],)), warm)
    assert found.check == "edge case"
    assert "([]) raises IndexError" in found.detail


def test_an_exception_that_is_announced_and_never_raised_is_refused(warm: WarmBoxes) -> None:
    assert refusal(broken(raises={"ValueError": "empty"}), warm).check == "edge case"


def test_inputs_that_miss_the_border_leave_a_mutant_alive_and_are_refused(warm: WarmBoxes) -> None:
    far = broken(
        inputs=lambda values: (lists(integers(-9, 0), 0, 7),),
        misreadings=(SOUND.misreadings[1],),
    )
    found = refusal(far, warm)
    assert found.check == "mutants"
    assert re.search(r"none of \d+ inputs tells it", found.detail)


def test_generators_with_too_few_values_are_refused(warm: WarmBoxes) -> None:
    found = refusal(broken(inputs=(lists(integers(0, 4), 0, 2),)), warm)
    assert found.check == "inputs"
    assert "only 31 different inputs can be drawn, 500 are needed" in found.detail


def test_a_text_that_stands_there_in_any_case_rules_no_other_option_out(warm: WarmBoxes) -> None:
    found = refusal(broken(misreadings=(Misreading(kind="bounds", says="$limit", choose="edge"),)), warm)
    assert found.check == "ambiguous"


def test_a_predicate_that_does_not_hold_is_refused_with_the_call(warm: WarmBoxes) -> None:
    found = refusal(broken(properties=("result >= 0",)), warm)
    assert found.check == "IR"
    assert "([])" in found.detail


def test_a_constant_is_refused(warm: WarmBoxes) -> None:
    code = "def $name($xs):\n    return len($xs) - len($xs)\n"
    other = "def $name($xs):\n    return 0\n"
    wrong = (Misreading(kind="empty", says="empty", code="def $name($xs):\n    return 1\n"),)
    assert refusal(broken(reference=code, second=other, misreadings=wrong, properties=()), warm).check in (
        "mutants",
        "trivial",
    )


def test_a_prompt_like_one_before_is_left_out(warm: WarmBoxes) -> None:
    alike = broken(
        surface={"name": ("count_above",), "xs": ("values",)},
        wordings=SOUND.wordings[:1],
        details={name: texts[:1] for name, texts in SOUND.details.items()},
    )
    made = tasks_of(alike, Order("list_operations", alike.name, 0, 14))
    assert 0 < len(made.tasks) <= 10  # five frames, and a word for each of two edges
    assert not made.refusals
    assert len(made.tasks) + len(made.near) == made.tried
    notice = made.near[0]
    assert notice.similarity >= NEAR
    assert str(notice).startswith("list_operations.count_above(limit=")
    assert any(label(task) == notice.like for task in made.tasks)
    assert f"(similarity {notice.similarity:.2f})" in str(notice)


def test_a_combination_that_asks_the_same_as_another_is_refused(warm: WarmBoxes) -> None:
    twins = broken(space={"unused": (1, 2), **SOUND.space, "limit": (7,)})
    made = tasks_of(twins, Order("list_operations", twins.name, 0, 6))
    assert [refusal.check for refusal in made.refusals] == ["duplicate", "duplicate"]
    assert "count_above(" in made.refusals[0].detail


def test_a_template_that_makes_no_task_of_what_a_seed_draws_says_so(warm: WarmBoxes) -> None:
    idle = broken(derive=lambda values: None)
    made = tasks_of(idle, Order("list_operations", idle.name, 0, 3))
    assert (made.tasks, made.refusals) == ((), ())
    assert why_none(idle, made) == "count_above: it makes no task of any of its 16 combinations at seed 0"


def test_a_template_whose_combinations_are_used_up_says_which_seeds_have_some(warm: WarmBoxes) -> None:
    made = tasks_of(SOUND, Order("list_operations", SOUND.name, 5, 3))
    assert (made.tasks, made.refusals) == ((), ())
    assert "its 76 combinations are used up at seed 5: take a seed of 0 to 4" in why_none(SOUND, made)
    last = tasks_of(SOUND, Order("list_operations", SOUND.name, 4, 1))
    assert last.tasks


MALFORMED = {
    "a name without a value": {"wordings": ("Count what is above $nothing.",) * 3},
    "a swap that swaps nothing": {"misreadings": (Misreading(kind="ties", says="edge", swap=("max(", "min(")),)},
    "an example that is no argument": {"examples": ("open('x')",)},
    "code that is no Python": {"second": "def $name($xs):\n    return $limit +\n"},
    "a function of its own that fails": {"derive": lambda values: {"share": 1 // 0}},
    "a lone dollar sign": {"wordings": ("Costs $ 5.",) * 3},
}


@pytest.mark.parametrize("changes", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_template_says_what_is_wrong(changes: dict[str, object]) -> None:
    with pytest.raises(TemplateError):
        draw(broken(**changes), 0, 0, 0)
