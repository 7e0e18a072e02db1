"""How long `lift-sys forget` takes on a dataset of many rows.

    python bench/bench_forget.py --from build/demo --rows 10000 --to build/forget_bench \
        --suite tests/synthetic/suite_v1.jsonl

The rows are functions of the installed standard library in the records of a real dataset, dealt out to 250 made-up
projects: as many tests, mutants and prompts as real rows have, and code of true variety for the duplicates step.
Nothing of them is executed. What making the benchmarks takes, and reading the kept ones, is printed.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from lift_sys.config import PipelineConfig, engine_version
from lift_sys.data_synthesis.assembly import CONTAMINATION, Assembly
from lift_sys.data_synthesis.dataset import EXAMPLES, MANIFEST, read_examples
from lift_sys.data_synthesis.progress import Silent
from lift_sys.data_synthesis.source_run import EXAMINE, SOURCE, SourceOutcome
from lift_sys.executors import make_executor
from lift_sys.records import Example, Licence, Repository, content_hash
from lift_sys.reports import write_report
from lift_sys.storage import Checkpoint

PROJECTS = 250


def functions() -> Iterator[tuple[str, str]]:
    """Name and source of functions of the installed standard library, each once."""
    import sysconfig

    seen = set()
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).rglob("*.py")):
        if "site-packages" in path.parts or path.stat().st_size > 300_000:
            continue
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and 3 <= len(list(ast.walk(node))) // 8 <= 60:
                text = ast.unparse(node)
                if text not in seen:
                    seen.add(text)
                    yield node.name, text


def build(real: Path, to: Path, rows: int, suites: Sequence[Path]) -> None:
    """A dataset folder with its checkpoint, as `generate` would have left it."""
    templates = list(read_examples(real))
    config = PipelineConfig(decontaminate=False)
    licence = Licence(spdx="MIT", text_sha256="0" * 64)
    places = [
        Repository(
            kind="sdist", name=f"project-{n:03}", version="1", licence=licence, source_time="2026-01-01T00:00:00Z"
        )
        for n in range(PROJECTS)
    ]
    found: dict[int, list[str]] = {n: [] for n in range(PROJECTS)}
    (to / "work").mkdir(parents=True)
    with Checkpoint(to / "work" / "checkpoint.sqlite") as checkpoint:
        items = []
        for number, (name, code) in enumerate(functions()):
            if number == rows:
                break
            place = places[number % PROJECTS]
            example = variant(templates[number % len(templates)], place, name, code, number)
            key = content_hash(["bench", number])
            items.append((key, json.dumps(["example", True, example.model_dump(mode="json")])))
            found[number % PROJECTS].append(key)
        checkpoint.put(EXAMINE, items)
        keys = [content_hash(["bench", place.id]) for place in places]
        outcomes = [
            SourceOutcome(place, len(found[n]), len(found[n]), len(found[n]), (), tuple(found[n]))
            for n, place in enumerate(places)
        ]
        checkpoint.put(SOURCE, [(key, outcome.to_json()) for key, outcome in zip(keys, outcomes, strict=True)])
        assembly = Assembly(config, to, to / "work", checkpoint, make_executor("inline"), Silent())
        started = time.monotonic()
        manifest = asyncio.run(assembly.run(keys))
        print(f"assembled {len(manifest['rows'])} rows of {len(items)} in {time.monotonic() - started:.1f} s")
        pretend_decontaminated(to, manifest, checkpoint, suites)


def pretend_decontaminated(
    to: Path, manifest: dict[str, object], checkpoint: Checkpoint, suites: Sequence[Path]
) -> None:
    """As if every row had been held against the benchmarks, which takes hours here and is no part of `forget`."""
    from lift_sys.data_synthesis.curation.decontamination_behaviour import write_screen
    from lift_sys.data_synthesis.curation.decontamination_kept import kept_benchmarks
    from lift_sys.sandbox import open_sandbox

    for how in ("made", "kept ones read"):
        started = time.monotonic()
        benchmarks = kept_benchmarks(to / "work", open_sandbox, suites)
        problems = sum(len(benchmark.problems) for benchmark in benchmarks)
        print(f"benchmarks {how}: {problems} problems in {time.monotonic() - started:.2f} s")
    screen = write_screen(benchmarks, to / "work")
    rows: list[str] = manifest["rows"]  # type: ignore[assignment]
    checkpoint.put(CONTAMINATION, [(f"{row}:{screen.sha256}", "") for row in rows])
    manifest["configuration"] |= {"decontaminate": True, "suites": list(map(str, suites))}  # type: ignore[operator]
    (to / MANIFEST).write_text(json.dumps(manifest))
    write_report(to, seconds={}, command="bench")


def variant(template: Example, place: Repository, name: str, code: str, number: int) -> Example:
    provenance = template.provenance.model_copy(
        update={
            "repository": place.name,
            "repository_id": place.id,
            "qualname": name,
            "function": content_hash(["function", number]),
            "code_version": engine_version(),
        }
    )
    return template.model_copy(
        update={"code": code + "\n", "entry_point": name, "harness": "", "cluster": "", "provenance": provenance}
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--from", dest="real", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--suite", type=Path, action="append", default=[])
    given = parser.parse_args()
    build(given.real, given.to, given.rows, given.suite)
    size = (given.to / EXAMPLES).stat().st_size
    print(f"{size / 1e6:.0f} MB; now: lift-sys forget project-007 --out {given.to}", file=sys.stderr)


if __name__ == "__main__":
    main()
