"""What a search went through is kept with its answer, in bounds, and files of answers without it are still read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from evaluation_kit import Model, make_tasks, measured, questions_of, right

from lift_sys.errors import StorageError
from lift_sys.evaluation.answers import Answer, AnswerFile, Head, Searched
from lift_sys.evaluation.questions import Question
from lift_sys.evaluation.searching import Searching
from lift_sys.evaluation.targets import of_specification, of_true_ir
from lift_sys.forward_mode.asking import fenced
from lift_sys.forward_mode.candidates import Candidate
from lift_sys.forward_mode.kept import LINES, LONGEST, WIDE, Search, Tried, search_of
from lift_sys.forward_mode.synthesis import ForwardConfig, Synthesis
from lift_sys.providers import Request
from lift_sys.records.training import SYSTEM
from lift_sys.reports.evaluation import Facts, Side, write_answers
from lift_sys.sandbox import open_sandbox
from lift_sys.sandbox.api import Sandbox

QUESTION = questions_of(1)[0]
HEAD = Head(provider="made up", model="m")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as box:
        yield box


def searched(sandbox: Sandbox, model: Model, question: Question = QUESTION, **settings: object) -> Searched:
    config = ForwardConfig(**{"specification": False, "samples": 4, "repairs": 0, **settings})  # type: ignore[arg-type]
    (found,) = Searching(model, sandbox, config).complete([question.request(90)])
    assert isinstance(found, Searched)
    return found


def answer_of(question: Question = QUESTION, search: Search | None = None) -> Answer:
    found = measured([question], lambda place: True).answers[question.id][0]
    return found.model_copy(update={"search": search})


def test_every_candidate_is_kept_once_with_its_count_and_what_it_lacks(sandbox: Sandbox) -> None:
    bad = fenced(f"def {QUESTION.entry_point}(x):\n    return 'no'")
    found = searched(sandbox, Model(lambda r: right(QUESTION) if r.seed == 2 else bad)).search
    assert found is not None
    assert found.examples > 0
    assert [(tried.route, tried.count, tried.chosen) for tried in found.tried] == [
        ("direct", 3, False),
        ("direct", 1, True),
    ]
    assert "but it returns 'no'" in found.tried[0].unmet[0]
    assert found.tried[1].unmet == ()
    assert found.tried[1].code in right(QUESTION)


def test_the_specification_and_the_repairs_are_kept(sandbox: Sandbox) -> None:
    texts = {SYSTEM["prompt_to_ir"]: "sorry", SYSTEM["repair"]: right(QUESTION)}
    model = Model(lambda r: texts.get(r.system, fenced("def other(): pass")))
    found = searched(sandbox, model, specification=True, repairs=1).search
    assert found is not None
    assert (found.specification, "begins with its signature" in found.unread) == ("sorry", True)
    assert [(tried.route, tried.chosen) for tried in found.tried] == [("direct", False), ("repair", True)]
    assert found.tried[0].unmet == (f"it defines no {QUESTION.entry_point}",)


def test_what_is_kept_is_bounded_and_can_be_written() -> None:
    long = Candidate("x" * (LONGEST + 5) + "\ud800", "ir", mistyped=("y" * 2_000,) * 50)
    found = search_of(Synthesis("p", long, (long,)))
    assert found.tried[0].code.endswith("\n... 6 characters more")
    assert len(found.tried[0].unmet) == LINES
    assert all(len(line) <= WIDE for line in found.tried[0].unmet)
    assert Search.from_line(found.to_line()) == found
    assert search_of(Synthesis("p", None, ())).tried == ()


def test_a_search_is_read_again_from_its_file_and_goes_with_the_answer_that_is_judged_again(tmp_path: Path) -> None:
    search = Search(specification="s", tried=(Tried(code="c", route="ir", count=2, unmet=("no",)),))
    answer = answer_of(search=search)
    for _ in range(2):
        with AnswerFile(tmp_path / "a", HEAD) as file:
            if not file.find(answer.key, answer.question):
                file.add([answer])
            found = file.said(answer.key)
    assert found is not None
    assert found.search == search
    assert found.as_completion().search == search


def test_a_file_of_answers_that_knows_no_searches_is_read(tmp_path: Path) -> None:
    answer = answer_of()
    line = json.loads(answer.to_line())
    assert "search" not in line  # so the id is the one that it had before there were searches
    (tmp_path / "a").write_text(f"{HEAD.to_line()}\n{json.dumps(line)}\n")
    with AnswerFile(tmp_path / "a", HEAD) as file:
        assert file.find(answer.key, answer.question) == answer
    (tmp_path / "b").write_text(f"{HEAD.to_line()}\n{json.dumps(line | {'search': Search().model_dump()})}\n")
    with pytest.raises(StorageError, match="was changed after it was written"):
        AnswerFile(tmp_path / "b", HEAD)


def test_every_candidate_can_be_read_on_the_page_of_answers(tmp_path: Path) -> None:
    bad = Tried(code="def f(): return '<bad>'", route="direct", count=3, unmet=("f() should return 2",), agreeing=3)
    good = Tried(code="def f(): return 2", route="repair", count=1, chosen=True)
    side = measured([QUESTION], lambda place: True)
    side.answers[QUESTION.id][0] = answer_of(search=Search(specification="def f()", examples=2, tried=(bad, good)))
    facts = Facts([Side(side)], [QUESTION], None, None, {}, "lift-sys evaluate", "0")
    write_answers(tmp_path / "answers.html", facts)
    text = (tmp_path / "answers.html").read_text()
    assert "4 candidates" in text
    assert "3x from the prompt, 3 behave so" in text
    assert "f() should return 2" in text
    assert '<b>taken</b> <span class="soft">1x mended' in text
    assert "&lt;bad&gt;" in text


def test_a_question_from_the_true_specification_is_searched_for_from_it(sandbox: Sandbox) -> None:
    task = make_tasks(1)[0]
    question = of_true_ir(QUESTION, task.ir)
    bad = fenced(f"def {QUESTION.entry_point}(x):\n    return 'no'")
    model = Model(lambda r: right(QUESTION) if r.seed == 3 else bad)
    found = searched(sandbox, model, question, specification=True, repairs=1)
    assert found.search is not None
    assert found.text == right(QUESTION)
    assert found.search.specification == question.prompt.partition("\n\nExamples:")[0]
    assert [(tried.route, tried.count, tried.chosen) for tried in found.search.tried] == [
        ("ir", 3, False),
        ("ir", 1, True),
    ]
    assert [(request.prompt, request.system) for request in model.asked] == [
        (question.prompt, SYSTEM["ir_to_code"])
    ] * 4


def test_requests_of_all_kinds_keep_their_places(sandbox: Sandbox) -> None:
    task = make_tasks(1)[0]
    asked = [
        question.request(90)
        for question in (QUESTION, of_specification(QUESTION, task.ir), of_true_ir(QUESTION, task.ir))
    ]

    def answer(request: Request) -> str:
        return "IR" if request.system == SYSTEM["prompt_to_ir"] else right(QUESTION)

    config = ForwardConfig(specification=False, samples=2, repairs=0)
    found = list(Searching(Model(answer), sandbox, config).complete(asked))
    assert [isinstance(one, Searched) for one in found] == [True, False, True]
    assert found[1].text == "IR"


def test_code_from_the_specification_of_a_method_defines_a_class_of_any_name(sandbox: Sandbox) -> None:
    code = fenced("class Purse:\n    def add(self, k):\n        return k")
    question = replace(QUESTION, prompt="def add(self, k: int) -> int\nintent: Add.", asked="ir_to_code")
    found = searched(sandbox, Model(lambda r: code), question).search
    assert found is not None
    assert [tried.unmet for tried in found.tried] == [()]
