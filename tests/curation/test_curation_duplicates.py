"""Which rows count as the same, which share a cluster, and that only order decides which one stays."""

from __future__ import annotations

import pytest
from curation_kit import row

from lift_sys.data_synthesis.curation.duplicates import Duplicates
from lift_sys.data_synthesis.curation.normal_form import normal_form
from lift_sys.records import Example, Rejection, RejectionReason

WORDS = '''
def at_least(value, low):
    return value if value > low else low

def f(text: str, width: int = 20) -> list:
    """Cut a text into lines."""
    lines = []
    current = ""
    for word in text.split():  # every word
        if current and len(current) + 1 + len(word) > at_least(width, 1):
            lines.append(current)
            current = word
        else:
            current = f"{current} {word}" if current else word
    if current:
        lines.append(current)
    return lines
'''
RENAMED = """
def cut_up(content, size=0x14):
    out = []
    line = ''
    for token in content.split():
        if line and len(line) + 1 + len(token) > lowest(size, 1):
            out.append(line)
            line = token
        else:
            line = f'{line} {token}' if line else token
    if line:
        out.append(line)
    return out


def lowest(x, y):
    '''Never less than y.'''
    return x if x > y else y
"""
EDITED = WORDS.replace("    return lines\n", "    lines.sort()\n    return lines\n")
HALF = """
def f(text, width=20):
    lines = []
    current = ""
    for word in text.split():
        if current and len(current) + 1 + len(word) > width:
            lines.append(current)
            current = word
        else:
            current = f"{current} {word}" if current else word
    if current and width > 0:
        lines.append(current)
    return [line.upper() for line in lines]
"""
OTHER = """
def f(items):
    totals = {}
    for key, amount in items:
        totals[key] = totals.get(key, 0) + amount
    return sorted(totals.items(), key=lambda pair: -pair[1])
"""


def judged(*rows: Example) -> list[Example | Rejection]:
    return list(Duplicates()(rows))


def refused(first: Example, second: Example) -> Rejection:
    kept, rejected = judged(first, second)
    assert isinstance(kept, Example)
    assert isinstance(rejected, Rejection)
    return rejected


def test_the_same_text_is_a_duplicate() -> None:
    rejected = refused(row(WORDS), row(WORDS, repository="other"))
    assert rejected.reason is RejectionReason.DUPLICATE
    assert row(WORDS).provenance.function[:12] in rejected.detail


def test_names_wording_order_and_spelling_of_constants_make_no_difference() -> None:
    rejected = refused(row(WORDS), row(RENAMED, "cut_up"))
    assert rejected.reason is RejectionReason.NEAR_DUPLICATE
    assert "but for names" in rejected.detail


def test_code_that_is_not_reached_makes_no_difference() -> None:
    unused = WORDS + "\n\ndef unused(a):\n    return [a, a, a]\n"
    assert refused(row(WORDS), row(unused)).reason is RejectionReason.NEAR_DUPLICATE


def test_a_small_edit_is_a_near_duplicate() -> None:
    rejected = refused(row(WORDS), row(EDITED))
    assert rejected.reason is RejectionReason.NEAR_DUPLICATE
    assert rejected.detail.startswith("0.9")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return a + b", "return a - b"),
        ("return a + b", "return b + a"),
        ("return a + 1", "return a + 1.0"),
        ("return a.x", "return a.y"),
        ("return len(a)", "return abs(a)"),
        ("return [b for b in a]", "return {b for b in a}"),
    ],
)
def test_short_functions_that_differ_are_both_kept(before: str, after: str) -> None:
    results = judged(row(f"def f(a, b):\n    {before}"), row(f"def f(a, b):\n    {after}"))
    assert all(isinstance(result, Example) for result in results)


def test_likeness_below_the_threshold_shares_a_cluster_and_no_more() -> None:
    first, half, other = judged(row(WORDS), row(HALF), row(OTHER))
    assert isinstance(first, Example)
    assert isinstance(half, Example)
    assert isinstance(other, Example)
    assert half.cluster == first.cluster == first.provenance.function
    assert other.cluster == other.provenance.function != first.cluster


METHODS = """
class Stack:
    def __init__(self, items):
        self.items = list(items)
        self.popped = 0

    def push(self, item):
        if item is None:
            raise ValueError("nothing to push")
        self.items.append(item)
        return len(self.items)

    def pop(self):
        self.popped += 1
        return self.items.pop() if self.items else None
"""


def test_methods_of_one_class_are_not_duplicates_but_share_a_cluster() -> None:
    push, pop = judged(row(METHODS, "Stack.push"), row(METHODS, "Stack.pop"))
    assert isinstance(push, Example)
    assert isinstance(pop, Example)
    assert push.cluster == pop.cluster


def test_only_the_order_decides_which_one_stays() -> None:
    rows = [row(WORDS), row(OTHER), row(RENAMED, "cut_up"), row(EDITED), row(HALF)]
    once, again = judged(*rows), judged(*rows)
    assert [result.id for result in once] == [result.id for result in again]
    backwards = judged(*rows[::-1])
    assert isinstance(backwards[0], Example)
    assert isinstance(backwards[-1], Rejection)


def test_code_that_can_not_be_parsed_is_compared_by_its_words() -> None:
    broken = "def f(:\n    " + " ".join(f"word{n}" for n in range(40))
    kept, rejected = judged(row(broken), row(broken + " more"))
    assert isinstance(kept, Example)
    assert isinstance(rejected, Rejection)


def test_deep_nesting_does_not_end_the_run() -> None:
    deep = "def f(a):\n    return " + " + ".join(["a"] * 3000)
    assert isinstance(judged(row(deep))[0], Example)


def test_the_two_ends_of_a_slice_are_not_one() -> None:
    ends = [normal_form(f"def f(a):\n    return a[{part}]\n", "f").exact for part in ("1:", ":1", "::1")]
    assert len(set(ends)) == 3
