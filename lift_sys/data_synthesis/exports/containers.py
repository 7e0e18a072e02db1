"""The environment of a row: an image with its Python and its pinned packages."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from lift_sys.data_synthesis.exports.asking import pinned
from lift_sys.records import Requirement

REQUIREMENTS = "requirements.txt"


def requirements_file(requirements: Sequence[Requirement]) -> str:
    """Every package by version and hash, its dependencies among them: `pip install --no-deps --require-hashes`."""
    return "".join(f"{pinned(item)} --hash=sha256:{item.sha256}\n" for item in requirements)


def dockerfile(python: str, requirements: Sequence[Requirement], copies: Sequence[str] = (), extra: str = "") -> str:
    """A Dockerfile; `copies` are files beside it that go to /app."""
    lines = [f"FROM python:{python}-slim\n", "WORKDIR /app\n"]
    if requirements:
        lines += [
            f"COPY {REQUIREMENTS} /tmp/{REQUIREMENTS}\n",
            f"RUN pip install --no-cache-dir --no-deps --require-hashes -r /tmp/{REQUIREMENTS}\n",
        ]
    lines += [extra] if extra else []
    lines += [f"COPY {name} /app/{name}\n" for name in copies]
    return "".join(lines)


def image_name(python: str, requirements: Sequence[Requirement]) -> str:
    """A local tag that rows with the same environment share."""
    if not requirements:
        return f"lift-sys-python:{python}"
    digest = hashlib.sha256(requirements_file(requirements).encode()).hexdigest()[:12]
    return f"lift-sys-python:{python}-{digest}"
