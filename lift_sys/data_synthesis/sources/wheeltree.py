"""Which files of a wheel reach our disk."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from posixpath import basename, splitext

from lift_sys.data_synthesis.sources.tree import Tree, printable
from lift_sys.errors import SourceError

DATA_SUFFIXES = frozenset(
    [
        *(".txt", ".json", ".toml", ".cfg", ".ini", ".yaml", ".yml", ".csv", ".tsv", ".pem", ".md", ".rst"),
        *(".html", ".css", ".xml", ".typed", ".lark", ".peg", ".tmpl", ".j2"),
    ]
)
_COMPILED = frozenset([".so", ".pyd", ".dll", ".dylib", ".exe", ".a", ".o", ".lib"])
_HOOKS = frozenset(["sitecustomize", "usercustomize"])


class PureTree(Tree):
    """Takes Python files, plain data and the metadata of a pure wheel; all else is noted with its reason."""

    def wants(self, path: str, size: int) -> int:
        """See `Tree.wants`.

        Raises:
            SourceError: the file is compiled code, so the wheel is no pure one.
        """
        if splitext(path)[1] in _COMPILED or ".so." in basename(path):
            raise SourceError(f"{self._what}: it holds compiled code ({printable(path)}), so it is no pure wheel")
        why = _left_out(path)
        if why:
            self.reject(path, why)
            return 0
        return super().wants(path, size)

    def keeps(self, path: str) -> bool:
        name = basename(path)
        if ".dist-info/" in path:
            return name == "METADATA" and path.count("/") == 1
        return path.endswith(".py") or (splitext(name)[1] in DATA_SUFFIXES and "/" in path)


def _left_out(path: str) -> str | None:
    top = path.partition("/")[0]
    suffix = splitext(path)[1]
    if top.endswith(".data"):
        return "of a .data folder: scripts, headers and files for other places are not installed"
    if suffix == ".pth":
        return "a .pth file would run at start-up"
    if suffix in (".pyc", ".pyo"):
        return "byte code, which nobody can read"
    name = top.removesuffix(".py")
    if name in _HOOKS:
        return "a start-up hook"
    if name in sys.stdlib_module_names:
        return "it would shadow the standard library"
    if name in _guest_names() and path.endswith(".py"):
        return "it would be shadowed by a guest program of that name"
    if top.endswith(".dist-info") and basename(path) == "entry_points.txt":
        return "entry points would be loaded by name"
    return None


@cache
def _guest_names() -> frozenset[str]:
    """Top-level modules that every boxed process finds first."""
    from lift_sys import sandbox

    folder = Path(sandbox.__file__).parent / "guest"
    return frozenset({path.stem for path in folder.glob("*.py")} | {"wire"}) - {"__init__"}
