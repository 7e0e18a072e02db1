"""Wrong answers to set beside the right one: mutants that the row's tests kill."""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from lift_sys.data_synthesis.exports.asking import fenced
from lift_sys.records import Example, MutantEvidence


def wrong_answers(example: Example, most: int) -> Iterator[str]:
    """Up to `most` killed mutants as a model would give them, of different operators where there are enough."""
    for code in _chosen(example, most):
        yield fenced(code.strip())


def mutated(example: Example, mutant: MutantEvidence) -> str | None:
    """The code of a mutant; None when the row does not say what it replaces."""
    if mutant.span is None:
        return None
    begin, end = mutant.span
    return example.code[:begin] + mutant.text + example.code[end:]


def _chosen(example: Example, most: int) -> list[str]:
    """The codes of mutants in an order by hash, one of each operator before a second of any."""
    codes: dict[str, str] = {}
    for mutant in example.mutation.mutants:
        code = mutated(example, mutant) if _is_wrong(mutant) else None
        if code is not None:
            codes.setdefault(code, mutant.operator)
    seen: Counter[str] = Counter()
    ranked = []
    for code in sorted(codes, key=lambda code: _digest(example.id, code)):
        seen[codes[code]] += 1
        ranked.append((seen[codes[code]], code))
    ranked.sort(key=lambda pair: pair[0])
    own = ast.dump(ast.parse(example.code))
    # Parsing is what costs, so only as many are tried as are taken.
    return list(islice((code for _, code in ranked if _differs(code, own)), most))


def _is_wrong(mutant: MutantEvidence) -> bool:
    """Whether a test has shown it. One that was stopped for its many steps alone may well be right, and slow."""
    killed = mutant.killed_by is not None and not mutant.equivalent
    return killed and not (mutant.stopped and mutant.got is None)


def _digest(row: str, code: str) -> bytes:
    return hashlib.sha256(f"{row}\0{code}".encode("utf-8", "surrogatepass")).digest()


def _differs(code: str, own: str) -> bool:
    """Whether code is Python, and other than what `ast.dump` gives for the reference."""
    try:
        return ast.dump(ast.parse(code)) != own
    except (SyntaxError, ValueError, RecursionError):
        return False
