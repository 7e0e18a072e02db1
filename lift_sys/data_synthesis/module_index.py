"""The modules of one checkout in pieces, read when they are first needed."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from lift_sys.data_synthesis.pieces import Imported, SliceModule, imported, piece_of
from lift_sys.records import SourceKind
from lift_sys.reverse_mode.lifter import LiftedModule
from lift_sys.reverse_mode.source_text import MAX_BYTES, UnusableFile, decode

STDLIB = sys.stdlib_module_names
WINDOWS_ONLY = frozenset({"_winapi", "msvcrt", "nt", "winreg", "winsound"})
MAX_MODULES = 1000
"""Modules held at a time: what bounds the memory of a worker."""


class ModuleIndex:
    """Finds and reads the modules of one checkout."""

    def __init__(
        self,
        folder: Path,
        files: tuple[str, ...],
        import_roots: tuple[str, ...],
        kind: SourceKind,
        provides: Mapping[str, Sequence[dict[str, str]]] | None = None,
    ) -> None:
        self.folder = folder
        self.provides = provides or {}
        """Top-level modules of locked wheels, with the requirements that make them importable (plain)."""
        self.is_stdlib = kind == "stdlib"
        self.paths: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.tops: set[str] = set()
        roots = sorted((f"{root}/" if root else "" for root in import_roots or ("",)), key=len, reverse=True)
        for path in files:
            root = next((root for root in roots if path.startswith(root)), "")
            name = module_name(path[len(root) :])
            self.names[path] = name
            self.paths.setdefault(name, path)
            self.tops.add(name.partition(".")[0])
        self._modules: dict[str, SliceModule | None] = {}

    def is_package(self, path: str) -> bool:
        return path.rpartition("/")[2] == "__init__.py"

    def has(self, name: str) -> bool:
        return name in self.paths

    def outside(self, item: Imported) -> bool | None:
        """Whether the imported module can be had where the code runs: it is the standard library's, or a locked
        wheel's. None when it is one of the checkout's own."""
        top = item.module.partition(".")[0]
        if top in WINDOWS_ONLY:
            return False
        if self.is_stdlib:
            return top in STDLIB
        if item.relative or (top in self.tops and (top not in STDLIB or self.has(item.module))):
            return None
        return top in STDLIB or top in self.provides

    def get(self, name: str) -> SliceModule | None:
        """The module of that name, or None where the checkout has none that can be parsed."""
        if name not in self._modules:
            if len(self._modules) >= MAX_MODULES:
                self._modules.clear()
            self._modules[name] = self._load(name)
        return self._modules[name]

    def put(self, path: str, lifted: LiftedModule) -> SliceModule:
        name = self.names[path]
        if len(self._modules) >= MAX_MODULES:
            self._modules.clear()
        module = self._modules.get(name)
        if module is None or module.path != path:
            module = self._modules[name] = self.pieces_of(path, lifted)
        return module

    def module_of(self, lifted: LiftedModule) -> SliceModule:
        """The pieces of a module that `put` was given, even where they were let go since."""
        module = self._modules.get(lifted.module)
        if module is not None and module.path == lifted.path:
            return module
        return self.pieces_of(lifted.path or "", lifted)

    def _load(self, name: str) -> SliceModule | None:
        path = self.paths.get(name)
        if path is None:
            return None
        try:
            file = self.folder / path
            if file.stat().st_size > MAX_BYTES:
                return None
            lifted = LiftedModule(decode(file.read_bytes()), name, path, self.is_package(path))
        except (UnusableFile, OSError, RecursionError):
            return None
        return self.pieces_of(path, lifted)

    def pieces_of(self, path: str, lifted: LiftedModule) -> SliceModule:
        """The module's pieces; of alternative imports only the way that works here without third parties."""
        units = lifted.facts.units
        broken = set()
        pieces = []
        for unit in units:
            imports = imported(unit.imports, lifted.package)
            if unit.alternative and unit.alternative[1] == 0 and not all(map(self._available, imports)):
                broken.add(unit.alternative[0])
            pieces.append((unit, imports))
        kept = [
            piece_of(unit, imports, lifted)
            for unit, imports in pieces
            if unit.alternative is None or (unit.alternative[1] == 1) == (unit.alternative[0] in broken)
        ]
        name = self.names.get(path, lifted.module)
        facts = lifted.facts
        return SliceModule(
            name,
            path,
            lifted.source,
            kept,
            facts.future_annotations,
            sole_imports=frozenset(facts.sole_imports),
            package=lifted.package,
            bound=lifted.bound,
            risky=lifted.risky,
        )

    def _available(self, item: Imported) -> bool:
        outside = self.outside(item)
        if outside is not None:
            # C accelerators of the standard library hide the Python that is being read.
            return outside and not (item.module.startswith("_") and item.attribute == "*")
        if self.has(item.module):
            return True
        return item.attribute is not None and self.has(f"{item.module}.{item.attribute}")


def module_name(path: str) -> str:
    """`a/b/__init__.py` -> `a.b`, `a/b.py` -> `a.b`."""
    parts = path.removesuffix(".py").split("/")
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return ".".join(parts)
