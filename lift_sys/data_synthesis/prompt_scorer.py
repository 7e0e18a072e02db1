"""How good a prompt is, told without a human: what a reader needs to implement it, and what must not be there.

Each component is 0 to 1 and measured on the text alone; the score is their mean, and 0 when the body leaks. How well
a prompt describes *its own* function is another question: see `retrieval`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from lift_sys.data_synthesis.leaks import leaks_body
from lift_sys.data_synthesis.markup import DANGLING
from lift_sys.data_synthesis.phrasing import name_words, word_set
from lift_sys.data_synthesis.retrieval import RetrievalReport, retrieval
from lift_sys.data_synthesis.stubs import Header
from lift_sys.ir import IntermediateRepresentation
from lift_sys.records import Function, Quality, TestCase, wire_literal

MIN_WORDS = 6
MAX_WORDS = {"request": 150, "specification": 600, "stub": 500}
_REFERENCES = re.compile(
    r"\bthis method\b|:[a-z]+:`|\bas in :|\bsee (?:above|below)\b|\bsee also\b|https?://\S*(?:issue|bug|pull)|"
    r"\.\. \w+::|@param|:param\b|\bTODO\b|\bFIXME\b",
    re.I,
)


@dataclass(frozen=True)
class _Call:
    """A call of the entry point that a prompt shows: the text and what it says comes of it."""

    text: str
    outcome: str


def score_prompt(
    prompt: str,
    function: Function,
    ir: IntermediateRepresentation,
    tests: Sequence[TestCase] = (),
    *,
    register: str = "specification",
) -> Quality:
    """The components of one prompt and their mean.

    name          the entry point is named
    signature     the number of parameters and the way they are passed can be read off
    parameters    share of the parameters that are mentioned
    described     share of the parameters that the prose says something of, beyond the signature and the examples
    types         share of the parameters whose type is stated or shown by an example
    result        what comes back is described, annotated or shown
    errors        share of the exceptions that the tests want that are mentioned
    illustrated   examples against those that could be shown (one in a request, two elsewhere), and their variety
    examples      share of the calls shown that agree with the tests (1 when none is shown)
    self_contained  no reference to a text that isn't there
    purpose       there is prose, or failing that examples, to say what it is for
    length        neither a stub of a sentence nor a manual
    no_leak       nothing of the body is in it
    """
    header = Header(function, ir)
    calls = shown_calls(prompt, header.name)
    components = {
        "name": float(_mentions(prompt, header.name)),
        "signature": float(_signature_shown(prompt, header)),
        "parameters": _share([_mentions(prompt, name) for name in _parameter_names(header)]),
        "described": _share([_mentions(_prose(prompt, header), name) for name in _parameter_names(header)]),
        "types": _types(prompt, header, ir, calls),
        "result": float(_result_told(prompt, header, calls)),
        "errors": _share([_mentions(prompt, name) for name in _wanted_errors(tests)]),
        "illustrated": _illustrated(calls, tests, register),
        "examples": _agreement(calls, header.name, tests),
        "self_contained": float(not _dangles(prompt)),
        "purpose": _purpose(prompt, header, calls),
        "length": _length(prompt, register),
        "no_leak": float(not leaks_body(prompt, function, allowed=_test_texts(header.name, tests))),
    }
    mean = sum(components.values()) / len(components)
    return Quality(score=round(mean, 4) if components["no_leak"] else 0.0, components=components)


def shown_calls(prompt: str, name: str) -> list[_Call]:
    """Example calls in doctest form, and inline ones (`f(1)` returns `2`)."""
    calls: list[_Call] = []
    lines = prompt.split("\n")
    for position, line in enumerate(lines):
        stripped = line.strip()
        if not stripped.startswith(f">>> {name}("):
            continue
        following = [text.strip() for text in lines[position + 1 : position + 4]]
        outcome = following[0] if following else ""
        if outcome.startswith("Traceback"):
            outcome = following[2] if len(following) > 2 else ""
        elif not outcome or outcome.startswith((">>>", '"""', "'''")):
            outcome = "None"
        calls.append(_Call(stripped[4:], outcome))
    inline = rf"`({re.escape(name)}\([^`\n]*\))` (?:returns|raises) `([^`\n]+)`"
    calls += [_Call(found[1], found[2]) for found in re.finditer(inline, prompt)]
    return calls


def _mentions(prompt: str, name: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", prompt))


def _share(checks: list[bool]) -> float:
    return sum(checks) / len(checks) if checks else 1.0


def _parameter_names(header: Header) -> list[str]:
    return [parameter.arg for parameter in header.parameters if parameter.arg not in ("self", "cls")]


def _signature_shown(prompt: str, header: Header) -> bool:
    """Whether `name(...)` stands there with as many parameters as the function has, in its order."""
    wanted = [parameter.arg for parameter in header.parameters]
    for found in re.finditer(rf"(?<!\w){re.escape(header.name)}\(", prompt):
        text = _balanced(prompt[found.end() :])
        try:
            parsed = ast.parse(f"def f({text}): ...").body[0]
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if isinstance(parsed, ast.FunctionDef) and [node.arg for node in _arguments(parsed.args)] == wanted:
            return True
    return False


def _arguments(node: ast.arguments) -> list[ast.arg]:
    star = [node.vararg] if node.vararg else []
    return [*node.posonlyargs, *node.args, *star, *node.kwonlyargs, *([node.kwarg] if node.kwarg else [])]


def _balanced(text: str) -> str:
    """The text up to the parenthesis that closes it."""
    depth = 1
    for position, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if not depth:
            return text[:position]
    return text


def _types(prompt: str, header: Header, ir: IntermediateRepresentation, calls: list[_Call]) -> float:
    """A type counts as known when annotated, stated beside the name, implied by a default, or shown by a call."""
    parameters = [parameter for parameter in header.parameters if parameter.arg not in ("self", "cls")]
    if not parameters or calls:
        return 1.0
    defaults = {parameter.name: parameter.default for parameter in ir.signature.parameters}
    return _share(
        [
            bool(parameter.annotation is not None and re.search(rf"\b{parameter.arg}\s*: ", prompt))
            or bool(re.search(rf"`\*{{0,2}}{parameter.arg}` \([^)]+\)|\b{parameter.arg}: \S", prompt))
            or defaults.get(parameter.arg) not in (None, "None")
            or parameter in (header.arguments.vararg, header.arguments.kwarg)
            or _described_in_prose(prompt, parameter.arg)
            for parameter in parameters
        ]
    )


_KINDS = (
    "string|str|text|int|integer|number|float|list|sequence|iterable|iterator|dict|dictionary|mapping|bytes|bool"
    "|boolean|function|callable|tuple|set|file|path|object|class|module|char|character|word|line|name|key|date|time"
    "|array|url|pattern|regex|type|element|item|value|heap|node|tree|stream|frame|code|paragraph|index"
)


def _described_in_prose(prompt: str, name: str) -> bool:
    """Whether the prose puts a kind of thing beside the name: "the list a", "`text`, a string"."""
    if re.fullmatch(rf"(?:{_KINDS})s?", name):
        return True
    link = r"\W{1,4}(?:is |be |must be |should be )?(?:an? |the )?"
    near = rf"\b(?:{_KINDS})s?\W{{1,3}}{name}\b|\b{name}{link}(?:{_KINDS})"
    return bool(re.search(near, prompt, re.I))


_RESULT = re.compile(
    r"\b(?:returns?|returning|yields?|results?|gives?|tells?|computes?|calculates?|converts?|parses?|counts?|finds?"
    r"|creates?|makes?|builds?|checks?|determines?|generates?|formats?|encodes?|decodes?|iterates?|splits?|joins?"
    r"|in place|None)\b|->",
    re.I,
)


def _result_told(prompt: str, header: Header, calls: list[_Call]) -> bool:
    return bool(calls) or header.returns is not None or bool(_RESULT.search(prompt))


def _wanted_errors(tests: Sequence[TestCase]) -> list[str]:
    """The exceptions of the visible tests: the hidden ones are no prompt's business."""
    return sorted({test.expected.raises for test in tests if test.visible and test.expected.raises})


def _agreement(calls: list[_Call], name: str, tests: Sequence[TestCase]) -> float:
    known = dict(_test_calls(name, tests))
    checked = [known[call.text] == call.outcome for call in calls if call.text in known]
    unknown = [call for call in calls if call.text not in known] if known else []
    return _share([*checked, *(False for _ in unknown)])


def _illustrated(calls: list[_Call], tests: Sequence[TestCase], register: str) -> float:
    """Half for the number of examples, half for their outcomes being different; 1 where no test may be shown."""
    visible = sum(test.visible for test in tests)
    wanted = min(visible, 1 if register == "request" else 2)
    if not wanted:
        return 1.0
    distinct = len({call.outcome for call in calls})
    return 0.5 * min(1.0, len(calls) / wanted) + 0.5 * min(1.0, distinct / wanted)


def _test_calls(name: str, tests: Sequence[TestCase]) -> list[tuple[str, str]]:
    calls = []
    for test in tests:
        arguments = [wire_literal(value) for value in test.args]
        arguments += [f"{key}={wire_literal(value)}" for key, value in test.kwargs.items()]
        calls.append((f"{name}({', '.join(arguments)})", test.expected.raises or wire_literal(test.expected.value)))
    return calls


def _test_texts(name: str, tests: Sequence[TestCase]) -> list[str]:
    return [text for test in tests if test.visible for text in _test_calls(name, [test])[0]]


def _dangles(prompt: str) -> bool:
    prose = [line for line in prompt.split("\n") if not line.strip().startswith(">>>")]
    return bool(_REFERENCES.search(prompt)) or any(DANGLING.search(line.strip()) for line in prose)


def _prose(prompt: str, header: Header) -> str:
    """The prompt without signature and examples."""
    text = prompt.replace(header.call_signature(), "")
    text = re.sub(r"^[ \t]*(?:async )?def \w+\((?:.|\n)*?\)(?: ->[^\n]*)?:?[ \t]*$", "", text, count=1, flags=re.M)
    return re.sub(rf"^[ \t]*>>> .*\n.*|`{re.escape(header.name)}\([^`\n]*`", "", text, flags=re.M)


_FRAME = word_set(
    "write implement please need python function method with this signature should that its it is a the in and of to"
    " examples example returns return properties result given by below parameters raises for what does"
)


def _purpose(prompt: str, header: Header, calls: list[_Call]) -> float:
    """1 with six words that neither the frame nor the function's name supplies; an example is worth a tenth."""
    prose = re.sub(r"`[^`\n]*`|^\s*Returns?: \S+$", "", _prose(prompt, header), flags=re.M)
    known = _FRAME | set(name_words(header.name))
    words = {word.lower() for word in re.findall(r"[A-Za-z]{2,}", prose)} - known
    return min(1.0, len(words) / MIN_WORDS + 0.1 * min(len(calls), 3))


def _length(prompt: str, register: str) -> float:
    words = len(prompt.split())
    ceiling = MAX_WORDS.get(register, 600)
    if words < MIN_WORDS:
        return words / MIN_WORDS
    return 1.0 if words <= ceiling else max(0.0, 2 - words / ceiling)


__all__ = ["RetrievalReport", "retrieval", "score_prompt", "shown_calls"]
