"""The prompts of many functions at once, scored and put to retrieval: from source files or from a dataset."""

from __future__ import annotations

import ast
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lift_sys.data_synthesis.prompt_scorer import score_prompt
from lift_sys.data_synthesis.prompt_synthesizer import PromptSet, PromptSynthesizer
from lift_sys.data_synthesis.retrieval import Encoder, Query, RetrievalReport, retrieval
from lift_sys.ir import IntermediateRepresentation
from lift_sys.records import Example, Function, Quality, TestCase
from lift_sys.records.models import Slice


@dataclass(frozen=True)
class PromptedFunction:
    """A function with its prompts and what they were made of."""

    function: Function
    ir: IntermediateRepresentation
    tests: tuple[TestCase, ...]
    prompts: PromptSet

    def scores(self) -> dict[str, Quality]:
        """Quality by register."""
        return {
            register: score_prompt(text, self.function, self.ir, self.tests, register=register)
            for register, text in self.prompts.prompts.items()
        }


@dataclass(frozen=True)
class PromptReport:
    functions: int
    levels: dict[str, int]
    scores: dict[str, float]
    """Mean score by register."""
    components: dict[str, dict[str, float]]
    """Mean of each component by register."""
    leaks: int
    """Prompts with something of the body in them."""
    retrieval: RetrievalReport

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "retrieval": self.retrieval.as_json()}


def prompted_files(path: Path, seed: int = 0) -> Iterator[PromptedFunction]:
    """Prompts for every function that could be lifted in a file or folder; no tests, so no test is shown."""
    from lift_sys.data_synthesis.batch_lifter import lift_path

    synthesizer = PromptSynthesizer(seed)
    for result in lift_path(path):
        for lifted in result.functions:
            if lifted.ir is not None:
                prompts = synthesizer.synthesize(lifted.function, lifted.ir)
                yield PromptedFunction(lifted.function, lifted.ir, (), prompts)


def prompted_examples(examples: Iterable[Example], seed: int = 0) -> Iterator[PromptedFunction]:
    """Prompts for the functions of a dataset, made anew under the seed."""
    synthesizer = PromptSynthesizer(seed)
    for example in examples:
        function = function_of(example)
        prompts = synthesizer.synthesize(function, example.ir, example.tests)
        yield PromptedFunction(function, example.ir, example.tests, prompts)


def function_of(example: Example) -> Function:
    """The function record that an example's self-contained code amounts to."""
    node = next(
        node
        for node in reversed(ast.parse(example.code).body)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == example.entry_point
    )
    return Function(
        repository=example.provenance.repository,
        path=example.provenance.path,
        module=Path(example.provenance.path).stem,
        qualname=example.provenance.qualname,
        name=node.name,
        kind="function",
        lineno=example.provenance.first_line,
        end_lineno=example.provenance.last_line,
        is_async=isinstance(node, ast.AsyncFunctionDef),
        docstring=ast.get_docstring(node),
        source=ast.get_source_segment(example.code, node) or "",
        slice=Slice(code=example.code, entry_point=example.entry_point),
    )


def code_document(function: Function) -> str:
    """The code that a prompt has to find: without docstrings and comments, which the prompt was made of."""
    try:
        tree = ast.parse(textwrap.dedent(function.source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return function.source
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and first.value.value.__class__ is str
            ):
                node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def report(items: Sequence[PromptedFunction], encoder: Encoder) -> PromptReport:
    """Mean scores, leaks, and retrieval of each prompt's code among the codes of all `items`."""
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    totals: Counter[str] = Counter()
    leaks = 0
    queries: list[Query] = []
    for position, item in enumerate(items):
        for register, quality in item.scores().items():
            sums[register].update(quality.components)
            totals[register] += 1
            sums[register]["score"] += quality.score  # type: ignore[assignment]
            leaks += quality.components["no_leak"] == 0
        queries += [
            Query(text, position, item.function.name, register, item.prompts.level)
            for register, text in item.prompts.prompts.items()
        ]
    means = {
        register: {key: round(value / totals[register], 4) for key, value in sorted(counter.items())}
        for register, counter in sums.items()
    }
    return PromptReport(
        functions=len(items),
        levels=dict(sorted(Counter(item.prompts.level for item in items).items())),
        scores={register: values.pop("score") for register, values in means.items()},
        components=means,
        leaks=leaks,
        retrieval=retrieval(queries, [code_document(item.function) for item in items], encoder),
    )
