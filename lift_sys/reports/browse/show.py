"""A row as a reader sees it. Everything mined is hostile text: it is escaped, and what hides or reorders is shown."""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from lift_sys.records import Example, Expected, MutantEvidence, TestCase, wire_literal

LONGEST = 4_000
"""Characters of a value that are shown."""
CONTEXT = 2
"""Unchanged lines around a change."""


def visible(text: str) -> str:
    """Characters that are unseen, or that turn the order of others round, by their number (Trojan Source, 2021)."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char
        if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
        else f"⟨U+{ord(char):04X}⟩"
        for char in text
    )


def short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} … ({len(text):,} characters)"


@lru_cache(maxsize=1)
def _lexer() -> Any:
    from pygments.lexers import PythonLexer

    return PythonLexer(stripnl=False, ensurenl=False)


def highlighted(code: str) -> str:
    """HTML with classes for colours, and nothing else: Pygments escapes every token."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter

    return str(highlight(visible(code), _lexer(), HtmlFormatter(nowrap=True)))


def colours() -> str:
    """The style sheet of `highlighted`, for light and dark."""
    from pygments.formatters import HtmlFormatter

    light, dark = (_sheet(HtmlFormatter(style=style)) for style in ("default", "github-dark"))
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n.code {{ background: none }}\n"


def _sheet(formatter: Any) -> str:
    return str(formatter.get_style_defs(".code"))


def web_address(url: str | None) -> str | None:
    """An address that may become a link."""
    try:
        return url if url and urlsplit(url).scheme in ("http", "https") else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Test:
    __test__ = False

    number: int
    call: str
    expected: str
    raises: bool
    visible: bool
    oracle: str
    kills: int
    """Mutants that it kills."""


def tests(example: Example) -> list[Test]:
    kills = [0] * len(example.tests)
    for mutant in example.mutation.mutants:
        for index in mutant.failing:
            if index < len(kills):
                kills[index] += 1
    return [_test(example, test, index, kills[index]) for index, test in enumerate(example.tests)]


def _test(example: Example, test: TestCase, index: int, kills: int) -> Test:
    arguments = [_literal(value) for value in test.args]
    arguments += [f"{name}={_literal(value)}" for name, value in test.kwargs.items()]
    call = short(f"{example.entry_point}({', '.join(arguments)})")
    return Test(
        index, call, outcome(test.expected), test.expected.raises is not None, test.visible, test.oracle, kills
    )


def _literal(value: Any) -> str:
    try:
        return str(wire_literal(value))
    except Exception:  # a damaged value is shown as it lies there; the page must not break on it
        return repr(value)


def outcome(expected: Expected) -> str:
    return f"raises {expected.raises}" if expected.raises is not None else short(_literal(expected.value))


@dataclass(frozen=True)
class Mutant:
    fate: str
    """`killed`, `survived` or `equivalent`."""
    operator: str
    line: int
    diff: list[tuple[str, str]]
    """Kind (`same`, `gone`, `new`) and text of each line."""
    killers: tuple[int, ...]
    got: str
    note: str


def mutants(example: Example) -> list[Mutant]:
    """Survivors first: they are what a reader looks for."""
    order = {"survived": 0, "killed": 1, "equivalent": 2}
    return sorted((_mutant(example, mutant) for mutant in example.mutation.mutants), key=lambda m: order[m.fate])


def _mutant(example: Example, mutant: MutantEvidence) -> Mutant:
    fate = "equivalent" if mutant.equivalent else "survived" if mutant.killed_by is None else "killed"
    killers = mutant.failing or (() if mutant.killed_by is None else (mutant.killed_by,))
    got = outcome(mutant.got) if mutant.got is not None else ""
    note = f"proved by {mutant.proof}" if mutant.proof else "ran on or ended the process" if mutant.stopped else ""
    return Mutant(fate, mutant.operator, mutant.line, _diff(example.code, mutant), killers, got, note)


def _diff(code: str, mutant: MutantEvidence) -> list[tuple[str, str]]:
    if mutant.span is None:
        return [("gone", mutant.before), ("new", mutant.after)]
    start, end = mutant.span
    changed = code[:start] + mutant.text + code[end:]
    lines = list(difflib.unified_diff(code.splitlines(), changed.splitlines(), n=CONTEXT, lineterm=""))
    kinds = {"+": "new", "-": "gone", " ": "same"}
    return [(kinds[line[0]], line[1:]) for line in lines[2:] if line[:1] in kinds]


def signature(example: Example) -> str:
    ir = example.ir.signature
    parameters = ", ".join(
        f"{p.name}: {p.type_hint or '?'}" + (f" = {p.default}" if p.default is not None else "")
        for p in ir.parameters
    )
    return f"{ir.name}({parameters}) -> {ir.returns or '?'}"


def prompts(example: Example) -> list[tuple[str, str]]:
    named = [(name, text) for name, text in example.prompts.items()]
    return named if any(text == example.prompt for _, text in named) else [("prompt", example.prompt), *named]
