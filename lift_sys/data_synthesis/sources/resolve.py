"""Which wheels a project needs: asked of pip's resolver when a lock is made. Nothing is built or run.

pip reads the metadata of wheels alone (`--dry-run --only-binary :all:`), so no build hook starts. Of its answer only
names and versions are used: the file of each is chosen here, a wheel for every platform where there is one, else the
source distribution, whose Python files may do without the compiled part.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from lift_sys.data_synthesis.sources import index
from lift_sys.data_synthesis.sources.wheels import normal
from lift_sys.errors import SourceError
from lift_sys.records import Requirement

SECONDS = 300
PROVIDED = frozenset({"pytest", "pluggy", "iniconfig", "pygments", "pip", "setuptools", "wheel"})
"""What the recording box has already, or what is of no use in any box."""


def resolve(wanted: Sequence[str], settings: index.Settings | None = None) -> tuple[list[Requirement], list[str]]:
    """The files of `wanted` (as `name` or `name==version`) and of all that they depend on, by name; and, in words,
    what is left out.

    Raises:
        SourceError: pip can't find a set of versions that fits.
    """
    found, left_out = [], []
    for name, version in _versions(wanted):
        if normal(name) in PROVIDED:
            continue
        link = choose(_files(name, settings), version)
        if link is None or link.sha256 is None:
            left_out.append(f"{name} {version}: only compiled wheels, and no source distribution with a hash")
        else:
            found.append(Requirement(name=normal(name), version=version, filename=link.filename, sha256=link.sha256))
    return sorted(found, key=lambda requirement: requirement.name), left_out


@lru_cache(4096)
def _files(name: str, settings: index.Settings | None) -> tuple[index.Link, ...]:
    """As `index.files`; projects share what they depend on."""
    return tuple(index.files(name, settings))


def choose(links: Sequence[index.Link], version: str) -> index.Link | None:
    """The pure wheel of a release, else its source distribution."""
    usable = [link for link in links if link.version == version and link.sha256]
    pure = [link for link in usable if link.filename.endswith("-none-any.whl")]
    sources = [link for link in usable if link.filename.endswith((".tar.gz", ".zip"))]
    return next(iter([*sorted(pure, key=lambda link: link.filename), *sources]), None)


def _versions(wanted: Sequence[str]) -> list[tuple[str, str]]:
    if any(name.startswith("-") for name in wanted):
        raise SourceError(f"{wanted[0][:80]!r} is no project name")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"),
            *("--dry-run", "--ignore-installed", "--only-binary", ":all:", "--report", str(report)),
            *wanted,
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False, cwd=folder)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SourceError(f"pip could not be asked for the wheels of {wanted[0]}: {error}") from None
        if done.returncode or not report.is_file():
            lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
            why = lines[-1].removeprefix("ERROR: ") if lines else f"exit status {done.returncode}"
            raise SourceError(f"pip finds no wheels for {', '.join(wanted)}: {why[:300]}")
        rows = json.loads(report.read_bytes())["install"]
    return sorted((row["metadata"]["name"], row["metadata"]["version"]) for row in rows)
