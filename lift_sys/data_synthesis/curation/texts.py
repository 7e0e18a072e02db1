"""All text that a row would publish, part by part, and the scan of it for secrets or personal data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from lift_sys.records import Example, Rejection, RejectionReason, TestCase, WireValue, reject_example


@dataclass(frozen=True)
class Find:
    """Something that must not be published; `value` is never logged or kept, `shown` may be."""

    kind: str
    part: str
    value: str

    @property
    def shown(self) -> str:
        return f"{self.kind} in {self.part} ({len(self.value)} characters)"


def scan(
    examples: Iterable[Example], find: Callable[[str, str], Iterator[Find]], reason: RejectionReason
) -> Iterator[Example | Rejection]:
    """Rows, or rejections of those where `find`, given a text and its part, finds anything anywhere."""
    for example in examples:
        found = next((one for part, text in texts(example) for one in find(text, part)), None)
        yield reject_example(example, reason, found.shown) if found else example


def texts(example: Example) -> Iterator[tuple[str, str]]:
    """Pairs of part and text. A line that an earlier part has is left out: prompts repeat documentation and tests."""
    seen: set[str] = set()
    for part, text in _all(example):
        fresh = [line for line in text.split("\n") if line not in seen]
        seen.update(fresh)
        if fresh:
            yield part, "\n".join(fresh)


def _all(example: Example) -> Iterator[tuple[str, str]]:
    yield "code", example.code
    yield "harness", example.harness
    yield "tests", "\n".join(string for test in example.tests for string in _test_strings(test))
    for register, prompt in sorted(example.prompts.items()):
        yield f"prompt ({register})", prompt
    yield "prompt", example.prompt
    yield "ir", "\n".join(_strings(example.ir.model_dump(mode="json")))


def _test_strings(test: TestCase) -> Iterator[str]:
    """Every string of a test on a line of its own; numbers are left out, they name nobody without their label."""
    for value in [*test.args, *test.kwargs.values(), test.expected.value]:
        yield from _strings(value)


def _strings(value: WireValue) -> Iterator[str]:
    """String leaves; bytes and odd strings of the wire format (hex) as the text they stand for."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in ("b", "s") and isinstance(item, str) and len(value) == 1:
                yield _from_hex(item)
            elif key not in ("i", "f"):
                yield from _strings(item)


def _from_hex(text: str) -> str:
    try:
        return bytes.fromhex(text).decode("utf-8", "replace")
    except ValueError:
        return text
