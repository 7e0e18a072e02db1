"""The installed standard library as a source: the offline default."""

from __future__ import annotations

import os
import platform
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lift_sys.data_synthesis import licences
from lift_sys.data_synthesis.sources.base import Checkout
from lift_sys.data_synthesis.sources.finish import decide, facts, iso_time
from lift_sys.data_synthesis.sources.limits import Limits
from lift_sys.data_synthesis.sources.local import read_regular
from lift_sys.data_synthesis.sources.store import Facts, checkout_key, obtain
from lift_sys.data_synthesis.sources.tree import Tree
from lift_sys.errors import ConfigError, SourceError
from lift_sys.records import Licence

DEFAULT = tuple(
    """
    _pydecimal _pydatetime _strptime _markupbase _collections_abc ast base64 bisect calendar cgi chunk cmd codecs
    collections colorsys configparser contextlib copy csv dataclasses datetime difflib dis email encodings.idna
    encodings.punycode enum fileinput filecmp fnmatch fractions functools genericpath getopt gettext glob graphlib
    hashlib heapq hmac html http.cookiejar http.cookies imghdr importlib._bootstrap_external inspect ipaddress json
    keyword linecache locale logging mailcap mimetypes netrc ntpath nturl2path numbers opcode operator optparse
    pathlib pickletools pkgutil plistlib posixpath pprint pyclbr pydoc quopri random re reprlib sched secrets shlex
    shutil sndhdr sre_compile sre_constants sre_parse stat statistics string stringprep struct tabnanny tarfile
    textwrap timeit token tokenize traceback types typing urllib.parse urllib.robotparser uu uuid wave weakref
    wsgiref.headers wsgiref.util xdrlib xml.dom.minidom xml.etree.ElementTree xml.sax.saxutils zipfile zoneinfo
    """.split()  # noqa: SIM905  (a list literal would take a line each)
)
"""Pure-Python modules rich in functions of plain values. A name that this version lacks is passed over."""
_NOT_ALL = frozenset(
    ("test", "tests", "idle_test", "site-packages", "dist-packages", "__pycache__", "turtledemo")
) | {"ensurepip", "idlelib", "tkinter", "lib2to3"}


@dataclass(frozen=True)
class StdlibSource:
    """Modules of the running interpreter's library, read as text and never imported."""

    modules: tuple[str, ...] | Literal["all"] | None = None
    """None: `DEFAULT`. A package's name takes all of it, a module's name that module."""
    name: str = "cpython-stdlib"
    limits: Limits = field(default_factory=Limits)

    def checkout(self, cache: Path) -> Checkout:
        """Raises:
        SourceError: the library is not there as files (an interpreter in one archive).
        StorageError: the cache can't be written.
        """
        home = Path(os.__file__).resolve().parent
        if not (home / "textwrap.py").is_file():
            raise SourceError("the standard library is not installed as files; use other sources")
        chosen = self.modules if self.modules is not None else DEFAULT
        build = " ".join(platform.python_build())
        version = platform.python_version()
        key = checkout_key("stdlib", str(home), version, build, chosen if chosen == "all" else sorted(set(chosen)))
        found = obtain(cache, key, lambda building: self._build(building, home, chosen))
        return decide(found, licences.Policy())

    def _build(self, building: Path, home: Path, chosen: tuple[str, ...] | str) -> Facts:
        tree = Tree(building / "tree", self.limits, self.name)
        if chosen == "all":
            for entry in sorted(os.listdir(home)):
                if entry not in _NOT_ALL and not entry.startswith(("config-", "lib-dynload")):
                    _take(home, entry, tree, self.limits)
        else:
            known = [_take_module(home, module, tree, self.limits) for module in sorted(set(chosen))]
            if not any(known):
                raise ConfigError(f"no such modules in the standard library: {', '.join(sorted(set(chosen)))}")
        tree.texts.clear()
        licence = _licence(home)
        return facts(
            tree,
            building,
            kind="stdlib",
            name=self.name,
            version=platform.python_version(),
            url=f"pkg:generic/python@{platform.python_version()}",
            known=licence,
            source_time=_build_time(),
        )


def _take_module(home: Path, module: str, tree: Tree, limits: Limits) -> bool:
    path = module.replace(".", "/")
    if not all(part.isidentifier() for part in module.split(".")):
        raise ConfigError(f"{module[:80]!r} is no module name")
    for parent in [path[:end] for end, char in enumerate(path) if char == "/"]:
        _take(home, parent + "/__init__.py", tree, limits)
    return _take(home, path + ".py", tree, limits) or _take(home, path, tree, limits)


def _take(home: Path, path: str, tree: Tree, limits: Limits) -> bool:
    """Takes one file or a whole package; tests inside packages stay out."""
    if path in tree.files:
        return True
    target = home / path
    try:
        mode = os.lstat(target).st_mode
    except OSError:
        return False
    if stat.S_ISDIR(mode):
        if target.name in _NOT_ALL:
            return False
        for entry in sorted(os.listdir(target)):
            _take(home, f"{path}/{entry}", tree, limits)
        return True
    if not stat.S_ISREG(mode) or not path.endswith(".py"):
        return False
    tree.count()
    size = target.stat().st_size
    if tree.wants(path, size):
        parent = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            data = read_regular(target.name, parent, size)
        finally:
            os.close(parent)
        if data is not None:
            tree.add(path, data)
    return True


def _licence(home: Path) -> Licence:
    """PSF-2.0, with the hash of the text that came with the interpreter."""
    import hashlib

    for path in (home / "LICENSE.txt", home / "LICENSE", home.parent.parent / "LICENSE.txt"):
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError:
            continue
        return Licence(spdx="PSF-2.0", text_sha256=digest, path=path.name, evidence="installed with the interpreter")
    return Licence(spdx="PSF-2.0", evidence="the licence of CPython; no text is installed")


def _build_time() -> str:
    """When the interpreter was built: the same on every run, and no file's date is trusted."""
    text = " ".join(platform.python_build()[1].split())
    for form in ("%b %d %Y %H:%M:%S", "%b %d %Y, %H:%M:%S"):
        try:
            return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.strptime(text, form))
        except ValueError:
            continue
    return iso_time(0)
