"""What the sandbox backend uses of Modal, for a program whose PYTHONPATH names this folder and the one above.

A container is a folder with what its image was given, and nothing else of lift-sys.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from local_container import LocalContainer


class Error(Exception):
    pass


exception = SimpleNamespace(Error=Error)


class Image:
    def __init__(self) -> None:
        self.files: dict[str, Path] = {}

    @classmethod
    def debian_slim(cls, python_version: str) -> Image:
        return cls()

    def add_local_dir(self, local: Path, remote: str, *, ignore: list[str]) -> Image:
        for path in local.rglob("*.py"):
            self.files[f"{remote}/{path.relative_to(local)}"] = path
        return self

    def add_local_file(self, local: Path, remote: str) -> Image:
        self.files[remote] = local
        return self


class App:
    @staticmethod
    def lookup(name: str, *, create_if_missing: bool) -> str:
        return name


class Sandbox(LocalContainer):
    @classmethod
    def create(cls, *, image: Image, app: str, block_network: bool, **settings: Any) -> Sandbox:
        assert block_network
        box = cls(settings)
        box.root = Path(tempfile.mkdtemp())
        box.root.chmod(0o755)  # a guest is another user
        for inside, path in image.files.items():
            copy = Path(f"{box.root}{inside}")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        return box

    def exec(self, *args: str, env: dict[str, str | None] | None, text: bool) -> Any:
        there = [f"{self.root}{arg}" if arg.startswith("/lift/") else arg for arg in args]
        return super().exec(*there, env=env, text=text)

    def terminate(self) -> None:
        super().terminate()
        shutil.rmtree(self.root, ignore_errors=True)
