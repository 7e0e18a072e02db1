"""Fails when a Markdown link or a path in backticks points at nothing in the repository."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#([^)\s]*))?\)")
PATH = re.compile(r"`((?:lift_sys|docs|tests|scripts|bench|demo)/[\w./-]+\.(?:py|md|json|sh))`")


def documents() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.split()]


def main() -> int:
    wrong, checked = [], 0
    for document in documents():
        for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
            links = [(document.parent / match[1], match[1]) for match in LINK.finditer(line) if "://" not in match[1]]
            paths = [(ROOT / match[1], match[1]) for match in PATH.finditer(line)]
            for target, text in links + paths:
                checked += 1
                if not target.exists():
                    wrong.append(f"{document.relative_to(ROOT)}:{number}: {text} does not exist")
    print("\n".join(wrong) if wrong else f"{checked} links and paths in the docs hold")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
