"""All text that a row would publish, part by part: what a scan for secrets or personal data has to read."""

from __future__ import annotations

from collections.abc import Iterator

from lift_sys.records import Example, TestCase, WireValue


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
