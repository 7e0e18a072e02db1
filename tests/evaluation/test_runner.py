"""A measurement is made once: it goes on where it was killed, and what it knows it does not ask again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from evaluation_kit import Model, knowing, make_task, questions_of, right, wrong

from lift_sys.errors import ConfigError, StorageError
from lift_sys.evaluation import runner
from lift_sys.evaluation.answers import AnswerFile, Head, folder_of, read_head
from lift_sys.evaluation.judging import Examiner
from lift_sys.evaluation.questions import Question
from lift_sys.evaluation.runner import Measured, Setting, evaluate
from lift_sys.evaluation.summary import summarise
from lift_sys.evaluation.targets import of_task
from lift_sys.providers import Completion, Request
from lift_sys.providers.base import FULL

QUESTIONS = questions_of(10)


@pytest.fixture(scope="module")
def examiner() -> Iterator[Examiner]:
    with Examiner() as opened:
        yield opened


def run(
    path: Path,
    model: Model | None,
    examiner: Examiner,
    questions: list[Question] = QUESTIONS,
    *,
    head: Head | None = None,
    **settings: Any,
) -> Measured:
    owner = head or (model.head if model else Head(provider="model", model="m"))
    with AnswerFile(path, owner) as file:
        return evaluate(questions, model, file, examiner, Setting(**settings))


def solved(found: Measured) -> list[bool | None]:
    answers = [found.greedy(question) for question in found.questions]
    return [answer.finding.solved if answer is not None else None for answer in answers]


def test_every_answer_is_judged_and_kept(tmp_path: Path, examiner: Examiner) -> None:
    path = tmp_path / "a" / "answers.jsonl"
    found = run(path, knowing(QUESTIONS, lambda place: place % 2 == 0), examiner)
    assert solved(found) == [place % 2 == 0 for place in range(10)]
    head, *lines = map(json.loads, path.read_text().splitlines())
    assert (head["provider"], head["model"]) == ("model", "m")
    assert [line["name"] for line in lines] == [question.name for question in QUESTIONS]
    assert lines[0]["completion"] == right(QUESTIONS[0])
    assert lines[1]["finding"]["failing"]["got"] == "returns 'no'"


def test_what_is_known_is_not_asked_again(tmp_path: Path, examiner: Examiner) -> None:
    path = tmp_path / "answers.jsonl"
    first = run(path, knowing(QUESTIONS), examiner)
    before = path.read_bytes()
    again = knowing(QUESTIONS)
    second = run(path, again, examiner)
    assert again.asked == []
    assert (second.known, second.asked) == (10, 0)
    assert solved(second) == solved(first)
    assert path.read_bytes() == before


def test_other_parameters_are_another_answer(tmp_path: Path, examiner: Examiner) -> None:
    path = tmp_path / "answers.jsonl"
    run(path, knowing(QUESTIONS), examiner)
    longer = knowing(QUESTIONS)
    run(path, longer, examiner, max_tokens=600)
    assert len(longer.asked) == 10


def test_more_samples_only_ask_for_the_new_ones(tmp_path: Path, examiner: Examiner) -> None:
    path = tmp_path / "answers.jsonl"
    run(path, knowing(QUESTIONS), examiner, samples=2)
    more = knowing(QUESTIONS)
    found = run(path, more, examiner, samples=4)
    assert len(more.asked) == 20
    assert all(len(found.drawn(question)) == 4 for question in QUESTIONS)
    assert {(request.seed, request.temperature) for request in more.asked} == {(2, 0.8), (3, 0.8)}


def test_batches_are_no_larger_than_set(tmp_path: Path, examiner: Examiner) -> None:
    model = knowing(QUESTIONS)
    run(tmp_path / "answers.jsonl", model, examiner, batch=4)
    assert model.calls == [4, 4, 2]


KILLED = """
import sys, time
from pathlib import Path
sys.path.insert(0, {folder!r})
from evaluation_kit import knowing, questions_of
from lift_sys.evaluation.answers import AnswerFile
from lift_sys.evaluation.judging import Examiner
from lift_sys.evaluation.runner import Setting, evaluate

questions = questions_of(40)
model = knowing(questions)
answer = model.answer

def slowly(request):
    time.sleep(0.05)
    with open({log!r}, "a") as log:
        log.write(request.prompt.split("`")[1] + "\\n")
    return answer(request)

model.answer = slowly
with AnswerFile(Path({path!r}), model.head) as file, Examiner() as examiner:
    evaluate(questions, model, file, examiner, Setting(batch=8))
"""


def test_an_evaluation_that_is_killed_redoes_no_more_than_a_batch(tmp_path: Path, examiner: Examiner) -> None:
    log, path = tmp_path / "log", tmp_path / "answers.jsonl"
    script = KILLED.format(folder=str(Path(__file__).parent), log=str(log), path=str(path))
    for wanted in (9, 26):
        process = subprocess.Popen([sys.executable, "-c", script])
        end = time.monotonic() + 60
        while time.monotonic() < end and (not log.is_file() or len(log.read_text().splitlines()) < wanted):
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with path.open("ab") as file:
        file.write(b'{"id": "cut o')  # killed while it wrote
    asked = len(log.read_text().splitlines())
    questions = questions_of(40)
    last = knowing(questions)
    found = run(path, last, examiner, questions)
    assert all(solved(found))
    assert asked + len(last.asked) <= 40 + 2 * 8
    assert 0 < len(last.asked) < 40
    assert all(map(json.loads, path.read_text().splitlines()))


def test_requests_that_fail_are_not_wrong_and_are_asked_again(tmp_path: Path, examiner: Examiner) -> None:
    path = tmp_path / "answers.jsonl"
    texts = {question.prompt: right(question) for question in QUESTIONS}
    ill = {QUESTIONS[2].prompt, QUESTIONS[7].prompt}
    found = run(path, Model(lambda r: None if r.prompt in ill else texts[r.prompt]), examiner)
    assert [place for place, ok in enumerate(solved(found)) if ok is None] == [2, 7]
    assert [(question.name, why) for question, why in found.missing] == [
        (QUESTIONS[2].name, "HTTP 503: no capacity"),
        (QUESTIONS[7].name, "HTTP 503: no capacity"),
    ]
    well = knowing(QUESTIONS)
    assert all(solved(run(path, well, examiner)))
    assert [request.prompt for request in well.asked] == [QUESTIONS[2].prompt, QUESTIONS[7].prompt]


def test_a_provider_that_fails_every_time_is_given_up_and_nothing_counts(tmp_path: Path, examiner: Examiner) -> None:
    dead = Model(lambda request: None)
    found = run(tmp_path / "answers.jsonl", dead, examiner, batch=3)
    assert len(dead.asked) == 3
    assert solved(found) == [None] * 10
    assert len(found.missing) == 10
    assert found.missing[-1][1] == "not asked: all 3 requests before failed (HTTP 503: no capacity)"


def test_prompts_that_are_too_long_do_not_stop_a_run(tmp_path: Path, examiner: Examiner) -> None:
    class Small(Model):
        def complete(self, requests: Any) -> Any:
            for completion, request in zip(super().complete(requests), requests, strict=True):
                long = request.prompt in {question.prompt for question in QUESTIONS[:3]}
                yield Completion("", "error", detail=FULL) if long else completion

    found = run(tmp_path / "answers.jsonl", Small(knowing(QUESTIONS).answer), examiner, batch=3)
    assert solved(found) == [None] * 3 + [True] * 7


def test_what_a_batch_was_waited_for_is_shared_out(tmp_path: Path, examiner: Examiner) -> None:
    # An engine may be done with the last first, and hands all of them out when the first is done.
    class Late(Model):
        def complete(self, requests: Any) -> Any:
            found = list(super().complete(requests))
            end = time.monotonic() + 0.2
            while time.monotonic() < end:
                pass
            yield from found

    found = run(tmp_path / "answers.jsonl", Late(knowing(QUESTIONS).answer), examiner)
    waits = [answer.waited for answers in found.answers.values() for answer in answers.values()]
    assert len(set(waits)) == 1
    assert sum(waits) >= 0.2


def test_a_provider_that_ends_early_leaves_no_answer_in_the_wrong_place(tmp_path: Path, examiner: Examiner) -> None:
    class Short(Model):
        def complete(self, requests: Any) -> Any:
            yield from list(super().complete(requests))[:6]

    found = run(tmp_path / "answers.jsonl", Short(knowing(QUESTIONS).answer), examiner)
    assert solved(found) == [True] * 6 + [None] * 4
    assert "ended before" in found.missing[0][1]


def test_a_provider_that_raises_loses_nothing_that_was_there(tmp_path: Path, examiner: Examiner) -> None:
    path = tmp_path / "answers.jsonl"
    model = knowing(QUESTIONS)
    texts = model.answer

    def answer(request: Request) -> str | None:
        if len(model.asked) == 7:
            raise OSError("the machine is on fire")
        return texts(request)

    model.answer = answer
    with pytest.raises(OSError, match="on fire"):
        run(path, model, examiner)
    later = knowing(QUESTIONS)
    assert all(solved(run(path, later, examiner)))
    assert len(later.asked) == 4


def test_a_newer_judge_judges_again_and_does_not_ask(
    tmp_path: Path, examiner: Examiner, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "answers.jsonl"
    run(path, knowing(QUESTIONS), examiner)
    monkeypatch.setattr(runner, "VERSION", 99)
    again = knowing(QUESTIONS)
    assert all(solved(run(path, again, examiner)))
    assert again.asked == []
    assert sum(json.loads(line).get("judge") == 99 for line in path.read_text().splitlines()) == 10


def test_other_tests_judge_the_same_answer_again(tmp_path: Path, examiner: Examiner) -> None:
    path = tmp_path / "answers.jsonl"
    task = make_task(1)
    weak = task.model_copy(update={"tests": task.tests[:2]})
    code = "```python\ndef add_1(x):\n    return 1\n```"
    run(path, Model(lambda request: code), examiner, [of_task(weak)])
    model = Model(lambda request: code)
    found = run(path, model, examiner, [of_task(weak), of_task(task)])
    assert solved(found) == [True, False]
    assert model.asked == []


def test_an_answer_with_half_a_character_is_kept(tmp_path: Path, examiner: Examiner) -> None:
    path = tmp_path / "answers.jsonl"
    run(path, Model(lambda request: "\ud83d\0" + wrong(QUESTIONS[0])), examiner)
    assert solved(run(path, None, examiner)) == [False] * 10


def test_without_a_provider_what_is_not_there_is_not_measured(tmp_path: Path, examiner: Examiner) -> None:
    path = tmp_path / "answers.jsonl"
    run(path, knowing(QUESTIONS), examiner, QUESTIONS[:4])
    found = run(path, None, examiner)
    assert solved(found) == [True] * 4 + [None] * 6
    assert {why for _, why in found.missing} == {"the file holds no answer"}


def test_answers_of_another_model_are_not_mixed_in(tmp_path: Path, examiner: Examiner) -> None:
    path = tmp_path / "answers.jsonl"
    run(path, knowing(QUESTIONS), examiner)
    with pytest.raises(StorageError, match="holds answers of model: m, not of model: n"):
        run(path, None, examiner, head=Head(provider="model", model="n"))
    assert read_head(path).model == "m"
    assert folder_of("local", "a/b@1") != folder_of("local", "c/b@1")


DAMAGE = {
    "a line that is no JSON": (2, b"{\n", "line 3, is not an answer"),
    "an answer that was changed": (2, None, "changed after it was written"),
    "no head": (0, b'{"a": 1}\n', "line 1, is not the head"),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_file_is_refused_with_the_line(tmp_path: Path, examiner: Examiner, what: str) -> None:
    path = tmp_path / "answers.jsonl"
    run(path, knowing(QUESTIONS), examiner)
    place, line, message = DAMAGE[what]
    lines = path.read_bytes().splitlines(keepends=True)
    lines[place] = line if line is not None else lines[place].replace(b'"sample": 0', b'"sample": 1')
    path.write_bytes(b"".join(lines))
    with pytest.raises(StorageError, match=message):
        run(path, None, examiner)
    assert path.read_bytes() == b"".join(lines)


def test_two_runs_do_not_write_to_one_file(tmp_path: Path, examiner: Examiner) -> None:
    path = tmp_path / "answers.jsonl"
    head = Head(provider="model", model="m")
    with AnswerFile(path, head), pytest.raises(StorageError, match="another run is writing"):
        AnswerFile(path, head)
    AnswerFile(path, head).close()


def test_a_full_disk_says_so_and_the_next_run_goes_on(
    tmp_path: Path, examiner: Examiner, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "answers.jsonl"
    model = knowing(QUESTIONS)
    with AnswerFile(path, model.head) as file:
        real = file._file

        class Full:
            def writelines(self, lines: Any) -> None:
                if len(path.read_bytes().splitlines()) > 5:
                    real.write(next(iter(lines))[:20])
                    real.flush()
                    raise OSError(28, "No space left on device")
                real.writelines(lines)

            def __getattr__(self, name: str) -> Any:
                return getattr(real, name)

        file._file = Full()  # type: ignore[assignment]
        with pytest.raises(StorageError, match="no space left"):
            evaluate(QUESTIONS, model, file, examiner, Setting(batch=5))
    later = knowing(QUESTIONS)
    assert all(solved(run(path, later, examiner)))
    assert len(later.asked) == 5


def test_settings_that_make_no_sense_are_refused() -> None:
    for wrong_ones in ({"samples": -1}, {"batch": 0}, {"samples": 2, "temperature": 0.0}):
        with pytest.raises(ConfigError):
            Setting(**wrong_ones)


def test_drawn_answers_that_fail_are_counted_and_leave_pass_at_k_open(tmp_path: Path, examiner: Examiner) -> None:
    texts = {question.prompt: right(question) for question in QUESTIONS}
    ill = Model(lambda r: None if r.temperature and r.prompt == QUESTIONS[3].prompt else texts[r.prompt])
    found = run(tmp_path / "answers.jsonl", ill, examiner, samples=2)
    assert (found.missing, found.undrawn) == ([], 2)
    assert summarise(found, QUESTIONS).pass_at == {}
    assert run(tmp_path / "answers.jsonl", knowing(QUESTIONS), examiner, samples=2).undrawn == 0
