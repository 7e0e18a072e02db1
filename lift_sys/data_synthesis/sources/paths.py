"""Which paths of a stranger's tree we take, what they mean, and where its packages start."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from posixpath import basename, dirname

from lift_sys.data_synthesis.sources.limits import Limits

_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))]
)
"""Device names on Windows, whatever their suffix."""
_TEST_FOLDERS = frozenset(
    ["test", "tests", "testsuite", "test_suite", "unittests", "unit_tests", "idle_test", "functional_tests"]
)
_SIDE_FOLDERS = frozenset(
    ["doc", "docs", "example", "examples", "bench", "benchmark", "benchmarks", "scripts", "bin", "tools", "ci"]
)
_ROOT_SCRIPTS = frozenset(
    ["setup.py", "conftest.py", "noxfile.py", "tasks.py", "versioneer.py", "dodo.py", "fabfile.py"]
)


def unsafe_path(path: str, limits: Limits) -> str | None:
    """Why `path` may not become a file below our folder, or None when it may."""
    if not path or "\0" in path:
        return "an empty name or a NUL byte"
    if any(0xD800 <= ord(char) <= 0xDFFF for char in path):
        return "a name that is not UTF-8"
    if len(path.encode()) > limits.path_bytes:
        return f"a path longer than {limits.path_bytes} bytes"
    if path.startswith("/") or path[1:2] == ":":
        return "an absolute path"
    if "\\" in path or any(unicodedata.category(char) == "Cc" for char in path):
        return "a backslash or a control character in the name"
    parts = path.split("/")
    if len(parts) > limits.depth:
        return f"more than {limits.depth} folders deep"
    for part in parts:
        if part in ("", ".", ".."):
            return "a path that leaves its folder"
        if len(part.encode()) > 255:
            return "a name longer than 255 bytes"
        if part.lower() == ".git" or part.split(".")[0].lower() in _RESERVED or part[-1] in ". ":
            return "a reserved name"
    return None


def collision_key(path: str) -> str:
    """Equal for two paths that are one file on a file system that folds case or Unicode forms."""
    return unicodedata.normalize("NFC", path).casefold()


def is_test_path(path: str) -> bool:
    """Whether the file is test code, by the conventions of pytest and unittest."""
    *folders, name = path.split("/")
    if any(folder.lower() in _TEST_FOLDERS for folder in folders):
        return True
    stem = name.removesuffix(".py")
    return stem in ("conftest", "tests", "test") or stem.startswith("test_") or stem.endswith(("_test", "_tests"))


def import_roots(files: Iterable[str], pyproject: str = "") -> tuple[str, ...]:
    """The folders that would be on `sys.path`, most likely first.

    A package starts at the topmost folder with an `__init__.py`; its parent is a root. A folder of loose modules
    is a root itself. `src/` and what pyproject.toml names come first and swallow namespace folders below them.
    """
    paths = sorted(files)
    packages = {dirname(path) for path in paths if basename(path) == "__init__.py"}
    declared = [root for root in (*_declared_roots(pyproject), "src") if _holds(paths, root)]
    weights: dict[str, int] = {}
    for path in paths:
        if is_test_path(path) or not path.endswith(".py") or _beside(path):
            continue
        root = next((top for top in declared if path.startswith(top + "/")), None)
        if root is None:
            root = _topmost(dirname(path), packages)
        weights[root] = weights.get(root, 0) + 1
    if not weights:
        weights = {_topmost(dirname(path), packages): 1 for path in paths}
    rank = {root: index for index, root in enumerate(declared)}
    ordered = sorted(weights, key=lambda root: (rank.get(root, len(rank)), root.count("/"), root))
    return tuple(ordered)


def _topmost(folder: str, packages: set[str]) -> str:
    while folder in packages:
        if not folder:
            return ""
        folder = dirname(folder)
    return folder


def _beside(path: str) -> bool:
    """Whether the file stands beside the project's code: build scripts, documentation, examples."""
    top, _, rest = path.partition("/")
    return top in _SIDE_FOLDERS if rest else top in _ROOT_SCRIPTS


def _holds(paths: list[str], root: str) -> bool:
    return bool(root) and any(path.startswith(root + "/") for path in paths)


def _declared_roots(pyproject: str) -> list[str]:
    import tomllib

    try:
        data = tomllib.loads(pyproject)
    except (ValueError, RecursionError):
        return []
    setuptools = _table(_table(data, "tool"), "setuptools")
    where = _table(_table(setuptools, "packages"), "find").get("where", [])
    found = [*(where if isinstance(where, list) else []), _table(setuptools, "package-dir").get("", "")]
    clean = [str(root).strip("./") for root in found if isinstance(root, str)]
    return sorted({root for root in clean if root and ".." not in root})


def _table(data: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}
