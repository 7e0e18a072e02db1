"""Judging a finished dataset again, from its files alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lift_sys.data_synthesis.boxes import worker_boxes
from lift_sys.data_synthesis.dataset import file_hash, read_examples, read_manifest
from lift_sys.data_synthesis.execution_validator import Failure, judge_reference
from lift_sys.data_synthesis.progress import Progress
from lift_sys.errors import SandboxFault, StorageError
from lift_sys.executors import Executor
from lift_sys.records import Example


@dataclass(frozen=True)
class VerificationReport:
    judged: int
    flips: tuple[tuple[str, str], ...]
    """Example id and what happened instead of `valid`."""


def judge_again(example: Example) -> str | None:
    """What is wrong with the example now; None when its verdict holds."""
    for attempt in range(3):
        try:
            verdict = judge_reference(
                worker_boxes(), example.code, example.entry_point, example.tests, example.verdict.hash_seeds
            )
        except SandboxFault as error:
            if attempt == 2:
                return f"sandbox error: {error}"
            continue
        return f"{verdict.reason.value}: {verdict.detail}" if isinstance(verdict, Failure) else None
    return None


async def verify_dataset(folder: Path, executor: Executor, *, sample: int, progress: Progress) -> VerificationReport:
    """Check every hash of the manifest, then judge all examples, or `sample` of them spread evenly.

    Raises:
        StorageError: a file is missing, damaged, or not what the manifest says.
    """
    manifest = read_manifest(folder)
    for name, digest in manifest["files"].items():
        if not (folder / name).is_file():
            raise StorageError(f"{folder / name} is missing")
        if file_hash(folder / name) != digest:
            raise StorageError(f"{folder / name} is not the file that {folder}/manifest.json names: it was changed")
    examples = list(read_examples(folder))
    if [example.id for example in examples] != manifest["rows"]:
        raise StorageError(f"{folder}/examples.jsonl does not hold the rows that the manifest names")
    if sample and sample < len(examples):
        examples = [examples[index * len(examples) // sample] for index in range(sample)]
    progress.start("judge", len(examples))
    flips = []
    if examples:
        async for done in executor.map_unordered(judge_again, examples):
            wrong = str(done.failure) if done.failure else done.result
            if wrong is not None:
                flips.append((done.index, wrong))
            progress.advance("judge")
    return VerificationReport(len(examples), tuple((examples[index].id, wrong) for index, wrong in sorted(flips)))
