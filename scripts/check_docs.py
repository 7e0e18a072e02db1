"""Fails when a Markdown link or a path in backticks points at nothing in the repository, or when a document says
another size of the published dataset than its manifest does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#([^)\s]*))?\)")
PATH = re.compile(r"`((?:lift_sys|docs|tests|scripts|bench|demo)/[\w./-]+\.(?:py|md|json|sh))`")
MANIFEST, REPORT = "training_data/manifest.json", "training_data/generation_report.md"
SIZES = {
    "README.md": re.compile(r"^make dataset +# ([\d,]+) rows of ([\d,]+) projects ", re.MULTILINE),
    "training_data/DATASHEET.md": re.compile(r"\*\*How many\?\*\*\s+([\d,]+)\s+rows,\s+from\s+([\d,]+)\s+projects\b"),
    REPORT: re.compile(r"^\| rows \| ([\d,]+) \|\n\| projects with rows \| ([\d,]+) \|$", re.MULTILINE),
}
"""Where rows and projects with rows are told. The manifest has the rows; the projects are counted by the report."""


def documents() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.split()]


def wrong_sizes(root: Path) -> list[str]:
    """What documents say of the published dataset's size that its manifest or report does not."""
    wrong, told = [], {}
    for name, pattern in SIZES.items():
        found = pattern.search((root / name).read_text(encoding="utf-8"))
        if found is None:
            wrong.append(f"{name}: does not tell rows and projects as scripts/check_docs.py reads them")
        else:
            told[name] = (number(found[1]), number(found[2]))
    rows = len(json.loads((root / MANIFEST).read_text())["rows"])
    for name, (said, projects) in told.items():
        if said != rows:
            wrong.append(f"{name}: {said:,} rows, but {MANIFEST} names {rows:,}")
        if REPORT in told and projects != told[REPORT][1]:
            wrong.append(f"{name}: {projects:,} projects, but {REPORT} counts {told[REPORT][1]:,}")
    return wrong


def number(text: str) -> int:
    return int(text.replace(",", ""))


def main() -> int:
    wrong, checked = [], 0
    for document in documents():
        for at, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
            links = [(document.parent / match[1], match[1]) for match in LINK.finditer(line) if "://" not in match[1]]
            paths = [(ROOT / match[1], match[1]) for match in PATH.finditer(line)]
            for target, text in links + paths:
                checked += 1
                if not target.exists():
                    wrong.append(f"{document.relative_to(ROOT)}:{at}: {text} does not exist")
    wrong += wrong_sizes(ROOT)
    print(
        "\n".join(wrong) if wrong else f"{checked} links and paths in the docs hold, and so does the dataset's size"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
