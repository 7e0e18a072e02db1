"""Settings that decide what a run produces. The hash of those that decide a single row is on every example."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

from pydantic import Field

from lift_sys import __version__
from lift_sys.records.base import Record, content_hash

ENGINE = 3
"""Raised whenever the same sources and settings would give other rows. A test with a known answer watches over it, so
that a change elsewhere in the package does not change the bytes of a dataset."""


class PipelineConfig(Record):
    """What a run keeps and how hard it looks. Speed settings (workers, folders) are no part of it."""

    seed: int = 0
    record_calls: bool = True
    """Run each project's own tests in the sandbox and record calls."""
    record_seconds: float = Field(300.0, gt=0)
    """Backstop for one project's recording; tests are limited by count first."""
    explore_budget: int = Field(250, ge=1)
    """Generated inputs tried for a function."""
    min_tests: int = Field(3, ge=1)
    """Fewer usable calls than this reject a function."""
    keep_tests: int = Field(6, ge=1)
    """Minimising stops here even where fewer tests kill as many mutants: the rest bounds other wrong answers."""
    max_tests: int = Field(12, ge=1)
    visible_tests: int = Field(3, ge=0)
    mutants: int = Field(20, ge=1)
    min_mutation_score: float = Field(0.8, ge=0, le=1)
    hash_seeds: tuple[int, ...] = (0, 1, 2)
    register_: str = Field("specification", alias="register")
    """The prompt register that `Example.prompt` holds."""
    max_functions: int | None = None
    """Stop after this many functions of each source; None takes all."""

    # Curation: what is taken of the validated examples. These settings choose among rows and don't change any.
    allow_licences: tuple[str, ...] = ()
    """SPDX ids to take besides the permissive ones."""
    min_quality: float = Field(0.4, ge=0, le=1)
    """Rows below are left out: of those, a reader would reject nine in ten (docs/CURATION.md)."""
    decontaminate: bool = True
    """Leave out what a benchmark asks for."""
    suites: tuple[str, ...] = ()
    """Files of test suites to keep out as well (`lift-sys tests generate`); paths from the working folder."""
    max_project_share: float | None = Field(None, gt=0, le=1)
    """Largest share of the rows that one project may have; None sets no bound."""
    max_one_statement_share: float | None = Field(None, ge=0, le=1)
    """Largest share of rows whose function is a single statement; None sets no bound."""

    @property
    def engine_id(self) -> str:
        """Hash of the settings that decide a single row."""
        return content_hash(self.model_dump(mode="json", by_alias=True, exclude=set(CURATION)))


CURATION = (
    "allow_licences",
    "min_quality",
    "decontaminate",
    "suites",
    "max_project_share",
    "max_one_statement_share",
)


def engine_version() -> str:
    """What made a row: the package's version and the engine's number."""
    return f"{__version__}/engine-{ENGINE}"


@cache
def code_version() -> str:
    """The version with a hash of the package's own source: the same in every clone of one commit."""
    return f"{__version__}+{_source_hash(())}"


_AFTER_THE_ENGINE = tuple(
    """cli/ errors.py evaluation/ executors/ forward_mode/ inference/ ir/compact.py modal_app.py providers/
    records/splits.py records/training.py reports/ storage/ training/
    testing/acceptance.py testing/comparing.py testing/drawing.py testing/inputs.py
    testing/measuring.py testing/prompts.py testing/running.py testing/solvers.py testing/suite.py
    testing/template testing/test_generator.py testing/validation.py
    data_synthesis/assembly.py data_synthesis/curating.py data_synthesis/curation/ data_synthesis/dataset.py
    data_synthesis/exports/ data_synthesis/forget data_synthesis/github data_synthesis/patch.py
    data_synthesis/pipeline.py data_synthesis/progress.py data_synthesis/prompt_scorer.py
    data_synthesis/publication.py data_synthesis/recuration.py data_synthesis/repair data_synthesis/retrieval.py
    data_synthesis/selection.py data_synthesis/sources/ data_synthesis/verification.py""".split()  # noqa: SIM905
)
"""Source that has no say in what becomes of one function of a checkout, by the start of its path."""


@cache
def engine_code() -> str:
    """Hash of the source that decides what becomes of a function: finished work is kept while it stays the same."""
    return _source_hash(_AFTER_THE_ENGINE)


def _source_hash(without: tuple[str, ...]) -> str:
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py"), key=lambda path: path.relative_to(root).as_posix()):
        name = path.relative_to(root).as_posix()
        if not name.startswith(without):
            digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def usable_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0))
