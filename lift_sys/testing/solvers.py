"""Solvers that know nothing: what they score is what a suite gives away. None may pass 5 % of a suite."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import log

from lift_sys.records import TestCase, wire_literal
from lift_sys.records.tasks import Task
from lift_sys.testing.blank import blank

Solver = Callable[[Task], str]


def empty(task: Task) -> str:
    """The signature with an empty body (of a class: every method)."""
    code = task.solution
    for entry in entries(task):
        code = blank(code, entry)
    return code


def constant(task: Task) -> str:
    """Whatever the first example returns."""
    return _answering(task, lambda shown: _body(shown[0]))


def majority(task: Task) -> str:
    """What most examples return; `None` without examples."""

    def most(shown: list[TestCase]) -> str:
        bodies = Counter(_body(test) for test in shown)
        return bodies.most_common(1)[0][0]

    return _answering(task, most)


def echo(task: Task) -> str:
    """The first argument, handed back."""
    return f"def {task.driver}(first=None, *others):\n    return first\n"


def lookup(task: Task) -> str:
    """The examples by heart; `None` for anything else."""
    pairs = [(wire_literal({"t": list(test.args)}), _body(test)) for test in _shown(task)]
    lines = [f"    if repr(arguments) == {text!r}:\n        {body}" for text, body in pairs]
    return f"def {task.driver}(*arguments):\n" + "\n".join([*lines, "    return None"]) + "\n"


@dataclass(frozen=True)
class Nearest:
    """The code of the dataset's row whose prompt is most like the task's (BM25), under the task's name.

    `rows` are (prompt, code, entry point).
    """

    rows: tuple[tuple[str, str, str], ...]
    counts: tuple[Counter[str], ...]
    weights: Mapping[str, float]

    @classmethod
    def of(cls, lines: Iterable[str]) -> Nearest:
        """From the lines of a dataset's `examples.jsonl`."""
        rows = []
        for line in lines:
            data = json.loads(line)
            if not data["harness"]:
                rows.append((data["prompt"], data["code"], data["entry_point"]))
        counts = tuple(Counter(_words(prompt)) for prompt, _, _ in rows)
        seen = Counter(word for count in counts for word in count)
        weights = {word: log(1 + (len(rows) - n + 0.5) / (n + 0.5)) for word, n in seen.items()}
        return cls(tuple(rows), counts, weights)

    def __call__(self, task: Task) -> str:
        if not self.rows:
            return empty(task)
        asked = set(_words(task.prompt))
        best = max(range(len(self.rows)), key=lambda place: self._score(asked, self.counts[place]))
        _, code, entry = self.rows[best]
        return f"{code.rstrip()}\n\n\n{task.driver} = {entry}\n"

    def _score(self, asked: set[str], count: Counter[str]) -> float:
        """BM25 with the usual k1 = 1.2 and b = 0.75 (Robertson and Zaragoza 2009), for a mean length of 120 words."""
        length = 0.25 + 0.75 * count.total() / 120
        return sum(self.weights[w] * count[w] * 2.2 / (count[w] + 1.2 * length) for w in asked if w in count)


SOLVERS: Mapping[str, Solver] = {
    "empty body": empty,
    "constant": constant,
    "majority": majority,
    "echo": echo,
    "examples by heart": lookup,
}


def entries(task: Task) -> list[str]:
    """What a solver has to write: the function, or each method of the class."""
    if not task.harness:
        return [task.entry_point]
    for node in ast.parse(task.solution).body:
        if isinstance(node, ast.ClassDef) and node.name == task.entry_point:
            return [f"{node.name}.{item.name}" for item in node.body if isinstance(item, ast.FunctionDef)]
    return []


def _shown(task: Task) -> list[TestCase]:
    return [test for test in task.tests if test.visible]


def _answering(task: Task, body: Callable[[list[TestCase]], str]) -> str:
    shown = _shown(task)
    return f"def {task.driver}(*arguments):\n    {body(shown) if shown else 'return None'}\n"


def _body(test: TestCase) -> str:
    if test.expected.raises:
        return f"raise {test.expected.raises}"
    return f"return {wire_literal(test.expected.value)}"


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())
