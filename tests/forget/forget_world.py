"""A small dataset with everything that `forget` has to clean: checkpoint, lock, cache, labels, published files."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

from lift_sys.config import PipelineConfig, engine_version
from lift_sys.data_synthesis.assembly import Assembly
from lift_sys.data_synthesis.progress import Silent
from lift_sys.data_synthesis.source_run import EXAMINE, RECORD, SOURCE, SourceOutcome
from lift_sys.data_synthesis.sources.lock import Lock, LockEntry
from lift_sys.executors import make_executor
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
from lift_sys.records.models import MutationEvidence, Provenance, Quality, Verdict
from lift_sys.storage import Checkpoint

MARKER = "zebra_marker_7f3a91"
MIT = Licence(spdx="MIT", text_sha256="0" * 64)

UNIQUE = f'''def stripes({MARKER}, width):
    """Split a text into pieces of a width."""
    pieces = []
    for start in range(0, len({MARKER}), width):
        piece = {MARKER}[start : start + width].strip()
        if piece:
            pieces.append(piece)
    return pieces
'''
SHARED = '''def running(values, limit):
    """Running totals that start again at a limit."""
    total, found = 0, []
    for value in values:
        total += value
        if total > limit:
            found.append(limit)
            total = 0
        else:
            found.append(total)
    return found
'''
RENAMED = SHARED.replace("values", "numbers").replace("found", "result").replace("total", "amount")
OTHER = '''def invert(table):
    """Values to keys."""
    turned = {}
    for key, value in table.items():
        turned.setdefault(value, []).append(key)
    return {value: sorted(keys) for value, keys in turned.items()}
'''
PLAIN = '''def vowels(text):
    """Count the vowels."""
    count = 0
    for letter in text.lower():
        if letter in "aeiou":
            count += 1
    return count
'''


def repository(name: str, url: str | None = None, kind: str = "sdist") -> Repository:
    return Repository(
        kind=kind,
        name=name,
        version="1.0",
        url=url,
        archive_sha256=content_hash(["archive", name]) if kind == "sdist" else None,
        licence=MIT,
        source_time="2026-01-01T00:00:00Z",
    )


ZEBRA = repository("zebra", "https://code.example.org/acme/zebra", "git")
YAK = repository("yak")
XERUS = repository("xerus")


def example(place: Repository, name: str, code: str) -> Example:
    told = Told(source="docstring", confidence=1.0)
    return Example(
        prompt=f"Write `{name}`.",
        prompts=dict.fromkeys(("request", "specification", "stub"), f"Write `{name}`."),
        ir=IntermediateRepresentation(intent=Intent(summary="s", provenance=told), signature=Signature(name=name)),
        code=code,
        entry_point=name,
        tests=(TestCase(args=("a",), expected=Expected(value=1), oracle="recorded"),),
        mutation=MutationEvidence(),
        quality=Quality(score=0.5),
        verdict=Verdict(status="valid"),
        statements=4,
        provenance=Provenance(
            repository=place.name, url=place.url, version="1.0", path=f"{place.name}/core.py", qualname=name,
            first_line=1, last_line=9, repository_id=place.id, function=content_hash([place.id, name]),
            licence="MIT", licence_sha256="0" * 64, time="2026-01-01T00:00:00Z", code_version=engine_version(),
            configuration="0",
        ),
    )  # fmt: skip


CONTENTS: dict[Repository, list[tuple[str, str]]] = {}
PROJECTS = (
    (ZEBRA, (("stripes", UNIQUE), ("running", SHARED))),
    (YAK, (("running", RENAMED), ("invert", OTHER))),
    (XERUS, (("vowels", PLAIN),)),
)


@dataclass(frozen=True)
class World:
    root: Path

    @property
    def out(self) -> Path:
        return self.root / "data" / "out"

    @property
    def lock(self) -> Path:
        return self.root / "published" / "v1.lock.json"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    def holding(self, text: str) -> list[str]:
        """Every file that holds a text, or has it in its name."""
        word = text.encode()
        found = []
        for path in sorted(self.root.rglob("*")):
            data = path.read_bytes() if path.is_file() else b""
            if word in data or text in path.name:
                found.append(path.relative_to(self.root).as_posix())
        return found


def store(checkpoint: Checkpoint, place: Repository, functions: tuple[tuple[str, str], ...]) -> str:
    """Put the outcome of a source into a checkpoint, as a run would, and return its key."""
    keys = []
    for name, code in functions:
        key = content_hash(["examine", place.id, name])
        record = example(place, name, code).model_dump(mode="json")
        checkpoint.put(EXAMINE, [(key, json.dumps(["example", True, record]))])
        keys.append(key)
    rejection = Rejection(
        stage="validate", reason=RejectionReason.WEAK_TESTS, detail=f"of {place.name}", repository=place.id,
        path="core.py", qualname="weak", lineno=1, function=content_hash([place.id, "weak"]),
    )  # fmt: skip
    checkpoint.put(
        EXAMINE,
        [(content_hash(["weak", place.id]), json.dumps(["rejection", True, rejection.model_dump(mode="json")]))],
    )
    source = content_hash(["source", place.id])
    outcome = SourceOutcome(place, len(keys) + 1, len(keys), len(keys), (), (*keys, rejection))
    checkpoint.put(SOURCE, [(source, outcome.to_json())])
    checkpoint.put(RECORD, [(source, json.dumps({content_hash([place.id, "x"]): [[place.name], {}]}))])
    return source


def write_dataset(
    out: Path,
    projects: tuple[tuple[Repository, tuple[tuple[str, str], ...]], ...] = PROJECTS,
    config: PipelineConfig = PipelineConfig(decontaminate=False),  # noqa: B008
) -> None:
    (out / "work").mkdir(parents=True, exist_ok=True)
    with Checkpoint(out / "work" / "checkpoint.sqlite") as checkpoint:
        keys = [store(checkpoint, place, functions) for place, functions in projects]
        wheels = out / "work" / "sources" / "wheels"
        work = Assembly(config, out, wheels, checkpoint, make_executor("inline"), Silent())
        asyncio.run(work.run(keys))


def write_world(root: Path) -> World:
    from lift_sys.data_synthesis.publication import publish

    world = World(root)
    write_dataset(world.out)
    publish(world.out, world.lock.parent, "v1")
    entries = [
        LockEntry(kind=place.kind, name=place.name, version="1.0", url=place.url, sha256=place.archive_sha256)
        for place in (ZEBRA, YAK, XERUS)
    ]
    Lock(sources=tuple(entries)).save(world.lock)
    sources = world.cache / "sources"
    (sources / "archives").mkdir(parents=True)
    for place, functions in PROJECTS:
        folder = sources / "checkouts" / content_hash(["checkout", place.id])[:40]
        (folder / "tree").mkdir(parents=True)
        (folder / "tree" / "core.py").write_text("\n\n".join(code for _, code in functions))
        (folder / "checkout.json").write_text(json.dumps({"repository": place.model_dump(mode="json")}))
        (folder.parent / f".{folder.name}.lock").touch()
        if place.archive_sha256:
            (sources / "archives" / place.archive_sha256).write_text(place.name)
    decisions = sources / "github" / "0" / "decisions"
    decisions.mkdir(parents=True)
    (decisions / "1.json").write_text(json.dumps({"name": "Acme/Zebra", "detail": MARKER}))
    (decisions / "2.json").write_text(json.dumps({"name": "acme/other"}))
    (world.lock.parent / "sources.txt").write_text("# Names.\nxerus record\nyak\nZebra record tests  # by acme\n")
    labels = [{"repository": "zebra", "qualname": "stripes"}, {"repository": "yak", "qualname": "invert"}]
    (world.lock.parent / "quality_labels.jsonl").write_text("".join(json.dumps(line) + "\n" for line in labels))
    return world
