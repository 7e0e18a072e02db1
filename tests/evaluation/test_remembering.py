"""What a model has answered in one search is not asked again by another, or by the same one after a kill."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from evaluation_kit import Model, questions_of, right, wrong

from lift_sys.evaluation.remembering import Remembering
from lift_sys.evaluation.searching import Searching
from lift_sys.forward_mode.synthesis import ForwardConfig
from lift_sys.providers import Request
from lift_sys.sandbox import open_sandbox
from lift_sys.sandbox.api import Sandbox
from lift_sys.storage import Checkpoint

QUESTION = questions_of(1)[0]
FULL = ForwardConfig(specification=False, samples=4, repairs=1)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as box:
        yield box


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Checkpoint]:
    with Checkpoint(tmp_path / "candidates.sqlite") as opened:
        yield opened


def test_a_search_without_an_element_asks_for_nothing_that_the_whole_search_has_asked(
    sandbox: Sandbox, store: Checkpoint
) -> None:
    model = Model(lambda request: wrong(QUESTION))
    (whole,) = Searching(model, sandbox, FULL, store=store).complete([QUESTION.request(90)])
    assert len(model.asked) == 4 + 2  # candidates, and half as many repairs
    (less,) = Searching(model, sandbox, FULL.without(["repair"]), store=store).complete([QUESTION.request(90)])
    assert len(model.asked) == 6
    assert less.text == whole.text
    assert 0 < less.tokens < whole.tokens


def test_kept_answers_cost_a_search_the_time_that_they_took(sandbox: Sandbox, store: Checkpoint) -> None:
    model = Model(lambda request: right(QUESTION))
    searching = Searching(model, sandbox, FULL.without(["repair"]), store=store)
    list(searching.complete([QUESTION.request(90)]))
    (again,) = searching.complete([QUESTION.request(90)])
    assert again.seconds >= 4 * 0.01  # as the model says of each answer


def test_another_model_another_seed_and_another_prompt_are_asked(store: Checkpoint) -> None:
    first, second = Model(lambda request: "a", "one"), Model(lambda request: "b", "two")
    asked = [Request("p", temperature=1.0, seed=1), Request("p", temperature=1.0, seed=2), Request("q")]
    assert [answer.text for answer in Remembering(first, store).complete(asked)] == ["a"] * 3
    assert [answer.text for answer in Remembering(second, store).complete(asked)] == ["b"] * 3
    assert first.asked == second.asked == asked


def test_answers_come_in_the_order_of_the_requests(store: Checkpoint) -> None:
    model = Remembering(Model(lambda request: request.prompt), store)
    list(model.complete([Request("b"), Request("d")]))
    found = model.complete([Request(prompt) for prompt in "abcdab"])
    assert [answer.text for answer in found] == list("abcdab")


def test_a_failure_is_not_kept(store: Checkpoint) -> None:
    failing = Remembering(Model(lambda request: None), store)
    assert [answer.finish for answer in failing.complete([Request("p")])] == ["error"]
    assert [answer.text for answer in Remembering(Model(lambda request: "a"), store).complete([Request("p")])] == [
        "a"
    ]


def test_what_has_come_is_kept_where_the_rest_is_left(store: Checkpoint) -> None:
    model = Model(lambda request: request.prompt)
    answers = Remembering(model, store).complete([Request(str(number)) for number in range(9)])
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert len(model.asked) == 1  # the provider was told to stop
    list(Remembering(model, store).complete([Request("0"), Request("1")]))
    assert [request.prompt for request in model.asked] == ["0", "1"]
