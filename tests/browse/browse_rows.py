"""A small dataset for the page, with a row that tries to break out of it."""

from __future__ import annotations

from pathlib import Path

from lift_sys.data_synthesis.dataset import write_dataset
from lift_sys.ir.models import Intent, IntermediateRepresentation, Signature
from lift_sys.ir.models import Provenance as Told
from lift_sys.records import (
    Example,
    Expected,
    Licence,
    Rejection,
    RejectionReason,
    Repository,
    TestCase,
    content_hash,
)
from lift_sys.records.models import MutantEvidence, MutationEvidence, Provenance, Quality, Verdict

EVIL = '</pre><script>window.pwned=1</script><img src=x onerror="window.pwned=2">\'"{{7*7}}&\u202egnp.exe\u0007'
CODE = '''def double(n):
    """Twice n."""
    if n > 10:
        return 2 * n
    return n + n
'''
PLACE = Repository(
    kind="sdist",
    name="tools",
    version="1.0",
    licence=Licence(spdx="MIT"),
    source_time="2026-01-01T00:00:00Z",
)


def mutants() -> MutationEvidence:
    at = CODE.index("n > 10")
    found = (
        MutantEvidence(
            operator="boundary", line=3, before="n > 10", after="n >= 10", span=(at, at + 6), text="n >= 10"
        ),
        MutantEvidence(
            operator="constant",
            line=3,
            before="n > 10",
            after="n > 11",
            killed_by=1,
            failing=(1,),
            span=(at, at + 6),
            text="n > 11",
            got=Expected(value=5),
        ),
        MutantEvidence(operator="swap", line=5, before="n + n", after="n + n ", equivalent=True, proof="bytecode"),
    )
    return MutationEvidence(mutants=found, killed=1, total=2, score=0.5)


def example(number: int, **changes: object) -> Example:
    told = Told(source="docstring", confidence=1.0)
    name = f"double_{number}"
    row = Example(
        prompt=f"Write `{name}`, please.",
        prompts={"request": f"Write `{name}`.", "specification": f"Write `{name}`, please."},
        ir=IntermediateRepresentation(
            intent=Intent(summary=f"Twice, number {number}.", provenance=told), signature=Signature(name=name)
        ),
        code=CODE,
        entry_point=name,
        category="mathematics" if number % 2 else "text",
        difficulty="easy",
        statements=number % 7,
        cluster="twins" if number in (3, 5) else f"c{number}",
        tests=(
            TestCase(args=(1,), expected=Expected(value=2), oracle="recorded", visible=True),
            TestCase(args=(11,), expected=Expected(value=22), oracle="generated"),
        ),
        mutation=mutants(),
        quality=Quality(score=number % 100 / 100, components={"told": 1.0}),
        verdict=Verdict(status="valid", regimes=("one_process",), hash_seeds=(0,)),
        provenance=Provenance(
            repository="tools" if number < 60 else "parts",
            url="https://code.example.org/tools",
            version="1.0",
            path="tools/core.py",
            qualname=name,
            first_line=1,
            last_line=5,
            repository_id=PLACE.id,
            function=content_hash([number]),
            licence="MIT",
            licence_sha256="0" * 64,
            time="2026-01-01T00:00:00Z",
            code_version="0",
            configuration="0",
        ),
    )
    return row.model_copy(update=changes)


def evil() -> Example:
    row = example(200)
    place = row.provenance.model_copy(
        update={
            "repository": EVIL,
            "path": EVIL,
            "qualname": EVIL,
            "url": "javascript:window.pwned=3",
            "licence": EVIL,
        }
    )
    said = row.ir.intent.model_copy(update={"summary": EVIL})
    mutant = MutantEvidence(operator=EVIL, line=1, before=EVIL, after=EVIL, got=Expected(raises=EVIL))
    return row.model_copy(
        update={
            "prompt": EVIL,
            "prompts": {"request": EVIL, EVIL: EVIL, "stub": EVIL},
            "code": f'def hostile():\n    return """{EVIL}"""\n',
            "entry_point": "hostile",
            "harness": f"# {EVIL}",
            "category": EVIL,
            "ir": row.ir.model_copy(update={"intent": said}),
            "tests": (TestCase(args=(EVIL,), expected=Expected(raises=EVIL), oracle="recorded"),),
            "mutation": MutationEvidence(mutants=(mutant,), killed=0, total=1, score=0.0),
            "provenance": place,
        }
    )


def write_rows(folder: Path, count: int = 120) -> Path:
    made = [example(number) for number in range(count)] + [evil()]
    rejections = [
        Rejection(
            stage="tests",
            reason=RejectionReason.WEAK_TESTS if n % 3 else RejectionReason.FLAKY,
            detail=f"detail {n}",
            repository=PLACE.id,
            path="tools/core.py",
            qualname=f"lost_{n}",
            lineno=n,
            function=content_hash(["r", n]),
        )
        for n in range(70)
    ]
    rejections.append(rejections[0].model_copy(update={"detail": EVIL, "qualname": EVIL, "path": EVIL}))
    folder.mkdir(parents=True)
    write_dataset(
        folder,
        examples=[(row.id, row.to_line() + "\n") for row in made],
        rejections=[(r.reason.value, r.to_line() + "\n") for r in rejections],
        file_rejections=[],
        counts={
            "functions": len(made) + len(rejections),
            "validated": len(made),
            "rejected": len(rejections),
        },
        sources=[PLACE],
        configuration={},
        code_version="0",
    )
    return folder
