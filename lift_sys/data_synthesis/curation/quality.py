"""How good a row is as training data: a weighted mean of components that each go from 0 to 1.

    documented   the specification rests on a docstring
    described    words of the prompt that neither the frame nor the function's name supplies; twelve are full
    fitting      the same words against the operations of the code: much code wants much description
    authority    share of tests that were recorded or stand in a doctest, against generated ones
    substance    calls, comparisons, branches and loops of the code; two are full, a bare operator has none
    hinted       parameters and result are annotated in the source
    shown        visible examples whose result is no argument given back and not empty
    told         string constants of the code that the prompt mentions: what can't be guessed
    mutation     mutation score
    evidence     mutants that the score rests on; ten are full
    coverage     share of the function's lines that its calls ran; left out where it was not measured

`WEIGHTS` were set from 120 rows of 18 projects, drawn in twelve equal slices of the older score, shuffled, and read
by hand (`training_data/quality_labels.jsonl`): a logistic regression with non-negative weights, rounded. Mutation,
evidence and coverage told little about what a reader rejects, every row having passed the same gate; they keep a
small weight because they bound how wrong the tests can be. `python -m bench curation` prints the
calibration.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping

from lift_sys.data_synthesis.curation.shape import Shape, shape
from lift_sys.records import Example, Quality, TestCase, wire_literal

WEIGHTS = {
    "documented": 0.8,
    "described": 1.0,
    "fitting": 0.8,
    "authority": 1.2,
    "substance": 1.0,
    "hinted": 0.8,
    "shown": 0.6,
    "told": 0.4,
    "mutation": 0.2,
    "evidence": 0.2,
    "coverage": 0.2,
}
LOW_QUALITY = 0.4
"""Rows below are rejected; see the calibration for how many of them a reader would reject too."""

_EMPTY = ("None", "''", "b''", "[]", "{}", "()", "set()")
_FRAME = frozenset(
    """write implement python function method with this signature its it should give get tell whether the of a an for
    and or in is are to that by as parameters returns return properties result length at least most not examples
    example def int str list tuple bytes none float bool dict set default input can handle raises changes place import
    typing any show what does negative empty equals unless all every element string greater than other""".split()  # noqa: SIM905
)
_WORK = (
    ast.Call, ast.BinOp, ast.Compare, ast.BoolOp, ast.IfExp, ast.comprehension, ast.Subscript, ast.If, ast.For,
    ast.While, ast.Try, ast.JoinedStr,
)  # fmt: skip
_DECISIONS = (
    ast.Call, ast.Compare, ast.BoolOp, ast.IfExp, ast.comprehension, ast.If, ast.For, ast.While, ast.Try,
)  # fmt: skip


def quality(example: Example, coverage: float | None = None) -> Quality:
    """The quality of a row. `coverage` defaults to what the row already says, if anything."""
    components = _components(example)
    known = coverage if coverage is not None else example.quality.components.get("coverage")
    if known is not None:
        components["coverage"] = known
    rounded = {name: round(value, 4) for name, value in sorted(components.items())}
    return Quality(score=score(rounded), components=rounded)


def score(components: Mapping[str, float]) -> float:
    """The weighted mean of the components that are known."""
    total = sum(WEIGHTS[name] for name in components)
    return round(sum(WEIGHTS[name] * value for name, value in components.items()) / total, 4)


def _components(example: Example) -> dict[str, float]:
    found = shape(example.code, example.entry_point)
    words = _own_words(example)
    source = example.ir.intent.provenance.source if example.ir.intent.provenance else ""
    work = found.count(*_WORK) if found else 0
    return {
        "documented": float(source == "docstring"),
        "described": min(1.0, words / 12),
        "fitting": min(1.0, 2 * words / max(4, work)),
        "authority": _share(test.oracle != "generated" for test in example.tests),
        "substance": min(1.0, found.count(*_DECISIONS) / 2) if found else 0.0,
        "hinted": float(found is not None and _hinted(found)),
        "shown": _share(not _says_little(test) for test in example.tests if test.visible),
        "told": _told(found, _specification(example)),
        "mutation": example.mutation.score or 0.0,
        "evidence": min(1.0, example.mutation.total / 10),
    }


def _specification(example: Example) -> str:
    return example.prompts.get("specification", example.prompt)


def _own_words(example: Example) -> int:
    """Distinct words of the prose (no code, no examples) that neither the frame nor a name supplies."""
    prose = re.split(r"\nExamples?:", _specification(example))[0]
    lines = [line for line in prose.split("\n") if not line.startswith(("    ", "- The length"))]
    names = set(re.findall(r"[a-z]+", example.entry_point.lower()))
    names |= {parameter.name.lower() for parameter in example.ir.signature.parameters}
    words = {word.lower() for word in re.findall(r"[A-Za-z]{2,}", "\n".join(lines))}
    return len(words - names - _FRAME)


def _says_little(test: TestCase) -> bool:
    result = test.expected.raises or wire_literal(test.expected.value)
    return result in _EMPTY or result in [wire_literal(value) for value in [*test.args, *test.kwargs.values()]]


def _told(found: Shape | None, prompt: str) -> float:
    literals = found.literals if found else []
    return _share(text in prompt or repr(text)[1:-1] in prompt for text in literals)


def _hinted(found: Shape) -> bool:
    """Whether every parameter and the result are annotated."""
    if not isinstance(found.entry, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    arguments = found.entry.args
    positional = [*arguments.posonlyargs, *arguments.args][1 if found.owner is not None else 0 :]
    every = [*positional, *arguments.kwonlyargs, *filter(None, [arguments.vararg, arguments.kwarg])]
    return found.entry.returns is not None and all(argument.annotation is not None for argument in every)


def _share(values: Iterable[bool]) -> float:
    """Share that is true; 1 where there is nothing to judge."""
    known = list(values)
    return sum(known) / len(known) if known else 1.0
