"""Wrong answers to set beside the right one: mutants that the row's tests kill."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator

from lift_sys.data_synthesis.exports.asking import answer
from lift_sys.records import Example, MutantEvidence


def wrong_answers(example: Example, most: int) -> Iterator[str]:
    """Up to `most` killed mutants as a model would give them, of different operators where there are enough."""
    for code in _chosen(example, most):
        yield answer(example.model_copy(update={"code": code}))


def mutated(example: Example, mutant: MutantEvidence) -> str | None:
    """The code of a mutant; None when the row does not say what it replaces."""
    if mutant.span is None:
        return None
    begin, end = mutant.span
    return example.code[:begin] + mutant.text + example.code[end:]


def _chosen(example: Example, most: int) -> list[str]:
    codes: dict[str, str] = {}
    for mutant in example.mutation.mutants:
        if mutant.killed_by is None or mutant.equivalent:
            continue
        code = mutated(example, mutant)
        if code is not None and _parses(code) and _tree(code) != _tree(example.code):
            codes.setdefault(code, mutant.operator)
    ordered = sorted(
        codes, key=lambda code: hashlib.sha256(f"{example.id}\0{code}".encode("utf-8", "surrogatepass")).digest()
    )
    seen: dict[str, int] = {}
    rank = {}
    for code in ordered:
        rank[code] = seen[codes[code]] = seen.get(codes[code], 0) + 1
    return sorted(ordered, key=lambda code: rank[code])[:most]


def _parses(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True


def _tree(code: str) -> str:
    return ast.dump(ast.parse(code))
