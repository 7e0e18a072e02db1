"""Install the tools of a lock at its versions, and say which that changes: their output is in the rows' bytes.

Another Python than the lock's is refused: first of all, since what follows takes an hour.

Usage: python scripts/install_tools.py training_data/synthetic_v1.lock.json
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path


def main() -> int:
    lock = json.loads(Path(sys.argv[1]).read_bytes())
    here, wants = f"{sys.version_info[0]}.{sys.version_info[1]}", lock.get("python")
    if wants not in (None, here):
        print(
            f"{sys.argv[1]} is for Python {wants}, this is {here}: rm -rf .venv, then make PYTHON=python{wants} ...",
            file=sys.stderr,
        )
        return 2
    tools: dict[str, str] = lock["tools"]
    wanted = {name: version for name, version in tools.items() if installed(name) != version}
    if not wanted:
        return 0
    for name, version in wanted.items():
        print(f"{name}: {installed(name) or 'not installed'} -> {version}, as the lock has it", flush=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return subprocess.run([*command, *(f"{name}=={version}" for name, version in wanted.items())]).returncode


def installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


if __name__ == "__main__":
    raise SystemExit(main())
