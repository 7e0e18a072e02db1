"""Make the git repository of an instance, at its base commit.

python checkout.py train.jsonl INSTANCE_ID FOLDER
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SUPPORT = Path(__file__).resolve().parent / "support"
WHO = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "lift-sys"), ("EMAIL", "lift-sys@localhost"), ("DATE", "@0 +0000"))
}


def main(rows: str, name: str, place: str) -> None:
    with open(rows, encoding="utf-8") as file:
        found = next((row for row in map(json.loads, file) if row["instance_id"] == name), None)
    if found is None:
        sys.exit(f"{rows} holds no instance {name}")
    folder = Path(place)
    if folder.exists():
        sys.exit(f"{place} exists: name a folder that does not")
    folder.mkdir(parents=True)
    for path, text in found["base_files"].items():
        (folder / path).write_bytes(text.encode("utf-8", "surrogatepass"))
    for path in found["base_support"]:
        (folder / path).write_bytes((SUPPORT / path).read_bytes())
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "base"]):
        subprocess.run(["git", "-c", "core.autocrlf=false", *command], cwd=folder, check=True,
                       env={**os.environ, **WHO, **settings})  # fmt: skip
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    if head.stdout.strip() != found["base_commit"]:
        sys.exit(f"the commit is {head.stdout.strip()}, not {found['base_commit']}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
