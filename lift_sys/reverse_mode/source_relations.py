"""What the texts of a function suggest: signs that arguments are split at, and what results never hold."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

MIN_MET = 2
"""Calls with the constant in an argument; without them nothing could have put it into a result."""
MAX_LENGTH = 3
"""Characters of a text that is a separator or an escaped one, and no word."""


MAX_SEPARATORS = 3
SHARE_MET = 0.15
"""Share of the calls that a separator stands in."""
LONG = 2_000
"""Characters of an argument that are looked at."""


def left_out(
    results: Sequence[object], parameters: Mapping[str, Sequence[object]], constants: Sequence[object]
) -> Iterator[str]:
    """`c not in result`, for short texts of the source that arguments hold and no result does.

    `results` and each of the `parameters` have one value a call, in the same order.
    """
    kinds = {type(result) for result in results}
    if kinds not in ({str}, {bytes}):
        return
    for constant in constants:
        if type(constant) in kinds and isinstance(constant, (str, bytes)) and 0 < len(constant) <= MAX_LENGTH:
            met = sum(_holds(values, constant) for values in zip(*parameters.values(), strict=True))
            if met >= MIN_MET:
                yield f"{constant!r} not in result"


def _holds(values: Sequence[object], constant: str | bytes) -> bool:
    return any(type(value) is type(constant) and constant in value for value in values)  # type: ignore[operator]


def separators(arguments: Sequence[Mapping[str, object]]) -> list[str]:
    """The signs that texts among the arguments hold most often: what a helper out of sight may split them at.

    `arguments` has the arguments of one call each, by parameter.
    """
    counts: Counter[str] = Counter()
    for values in arguments:
        letters = {letter for value in values.values() if isinstance(value, str) for letter in value[:LONG]}
        counts.update(letter for letter in letters if letter in string.punctuation)
    least = max(MIN_MET, SHARE_MET * len(arguments))
    found = sorted((letter for letter, count in counts.items() if count >= least), key=lambda c: (-counts[c], c))
    return found[:MAX_SEPARATORS]
