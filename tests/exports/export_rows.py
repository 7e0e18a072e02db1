"""Rows for the tests of exports: two that were validated for real, and some that are hard to write down."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from lift_sys import wire
from lift_sys.config import PipelineConfig
from lift_sys.data_synthesis.boxes import Boxes
from lift_sys.data_synthesis.dataset import write_dataset
from lift_sys.data_synthesis.execution_validator import Validation, validate
from lift_sys.ir import Intent, IntermediateRepresentation, Signature
from lift_sys.ir import Provenance as Told
from lift_sys.records import (
    Example,
    Expected,
    MutationEvidence,
    Provenance,
    Quality,
    Slice,
    TestCase,
    Verdict,
)

BAND = """def band(age, limit=18):
    if age < 0:
        raise ValueError("no age")
    if age >= limit:
        return ["old", age - limit]
    return ["young", limit - age]
"""
COUNTER = """STEP = 3


class Counter:
    def __init__(self, start):
        self.total = start

    def add(self, n, times=1):
        if n > STEP:
            n = STEP
        self.total += n * times
        return self.total
"""
COUNTER_HARNESS = '''def lift_call(start, *args):
    """The result of `add`."""
    return Counter(start).add(*args)
'''
FENCED = '''def fenced(text):
    """Fence a text.

```
fenced("x")
```
    """
    return None if text is None else f"```\\n{text}\\n```"
'''
PAIRED = "def paired(*args, **kwargs):\n    return (args, kwargs)"
HARD: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((float("nan"), -0.0, float("-inf")), {}),
    ((struct.unpack(">d", bytes.fromhex("7ff8000000000123"))[0],), {}),
    (("\ud800", "quote'\"\\", "\u2028\r\n\0"), {}),
    ((10**500, -(2**70)), {}),
    (({1, 2}, frozenset({("a", b"\xff")}), set()), {}),
    (({(1, 2.5): [True, 1, 1.0]},), {"class": 1, "self": 2, "value": 3, "not a name": 4}),
]


def deep(depth: int) -> Any:
    made: Any = 1
    for _ in range(depth):
        made = [made]
    return made


def _wired(value: Any) -> Any:
    return json.loads(wire.encode(value))


def hard_tests() -> list[TestCase]:
    made = [*HARD, ((deep(120),), {})]
    return [
        TestCase(
            args=tuple(map(_wired, args)),
            kwargs={key: _wired(item) for key, item in kwargs.items()},
            expected=Expected(value=_wired((args, kwargs))),
            oracle="generated",
        )
        for args, kwargs in made
    ]


def plain_tests(*calls: tuple[tuple[Any, ...], Any]) -> list[TestCase]:
    """Calls with what they give; an exception's type stands for raising it."""
    return [
        TestCase(
            args=args,
            expected=Expected(raises=given.__name__) if isinstance(given, type) else Expected(value=given),
            oracle="generated",
        )
        for args, given in calls
    ]


def example(
    code: str,
    entry_point: str,
    tests: list[TestCase],
    *,
    harness: str = "",
    mutation: MutationEvidence | None = None,
    repository: str = "toys",
    qualname: str = "",
    licence: str = "MIT",
    cluster: str = "",
    prompt: str = "",
) -> Example:
    told = Told(source="docstring", confidence=1.0)
    name = entry_point.rpartition(".")[2]
    return Example(
        prompt=prompt or f"Write `{name}`.",
        prompts={"request": f"Write `{name}`."},
        ir=IntermediateRepresentation(intent=Intent(summary="s", provenance=told), signature=Signature(name=name)),
        code=code,
        entry_point=entry_point,
        harness=harness,
        tests=tuple(tests),
        mutation=mutation or MutationEvidence(),
        quality=Quality(score=0.5),
        verdict=Verdict(status="valid"),
        category="text",
        difficulty="easy",
        statements=3,
        cluster=cluster,
        provenance=Provenance(
            repository=repository, url=f"https://example.org/{repository}", version="1.0", path="a/b.py",
            qualname=qualname or entry_point, first_line=1, last_line=2, licence=licence, licence_sha256="0" * 64,
            time="2024-01-01T00:00:00Z", code_version="0", configuration="0",
        ),
    )  # fmt: skip


def validated(boxes: Boxes, code: str, entry_point: str, tests: list[TestCase], harness: str = "") -> Example:
    sliced = Slice(code=code, entry_point=entry_point, harness=harness)
    checked = validate(boxes, sliced, tests, PipelineConfig())
    assert isinstance(checked, Validation), checked
    return example(code, entry_point, list(checked.tests), harness=harness, mutation=checked.mutation)


def rows() -> list[Example]:
    """One of each kind. Their tests hold for the code."""
    with Boxes() as boxes:
        band = validated(
            boxes, BAND, "band",
            plain_tests(((0,), ["young", 18]), ((17,), ["young", 1]), ((18,), ["old", 0]), ((19,), ["old", 1]),
                        ((-1,), ValueError), ((40, 39), ["old", 1]), ((3, 3), ["old", 0])),
        )  # fmt: skip
        counter = validated(
            boxes, COUNTER, "Counter.add",
            plain_tests(((1, 2), 3), ((0, 4), 3), ((5, 3, 2), 11), ((2, 1, 4), 6), ((0, 0), 0), ((7, 9, 3), 16)),
            COUNTER_HARNESS,
        )  # fmt: skip
    fenced = plain_tests((("x",), "```\nx\n```"), ((None,), None), (("",), "```\n\n```"))
    return [
        band,
        counter,
        example(PAIRED, "paired", hard_tests(), repository="hard|\\ project", licence="Python-2.0"),
        example(FENCED, "fenced", fenced, repository="../../etc/x", qualname="../../`rm -rf ~`/é\n.x", licence="ISC"),
    ]


def write_rows(folder: Path, made: list[Example]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write_dataset(
        folder,
        examples=[(row.id, row.to_line() + "\n") for row in made],
        rejections=[],
        file_rejections=[],
        counts={"functions": len(made), "validated": len(made), "rejected": 0},
        sources=[],
        configuration={},
        code_version="0",
    )
    return folder
