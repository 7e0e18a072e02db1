"""The package index that pip is configured for, read without pip: pages, links, downloads.

No host is named here: the address comes from pip's configuration, else from pypi-simple's default, and no record
holds it. `file:` indexes and `find-links` folders are read too.
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit
from urllib.request import url2pathname

from lift_sys.data_synthesis.sources.limits import Clock, Limits
from lift_sys.data_synthesis.sources.store import storage
from lift_sys.errors import ConfigError, SourceError

if TYPE_CHECKING:
    import requests
    from pypi_simple import ProjectPage

T = TypeVar("T")
_SUFFIXES = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip", ".whl")
_ATTEMPTS = 4
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")


@dataclass(frozen=True)
class Settings:
    """What pip would use. Empty `indexes` means the default."""

    indexes: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    cert: str | None = None


@dataclass(frozen=True)
class Link:
    """A source distribution or wheel that an index offers. `url` may hold a host name: it is never recorded."""

    name: str
    version: str
    filename: str
    url: str
    sha256: str | None
    yanked: bool = False
    uploaded: str | None = None
    """ISO 8601 in UTC, where the index says so."""


@cache
def pip_settings() -> Settings:
    """pip's effective configuration (its files and PIP_* variables), from pip itself; variables alone without pip."""
    values: dict[str, str] = {}
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        lines = done.stdout.splitlines() if done.returncode == 0 else []
    except (OSError, subprocess.TimeoutExpired):
        lines = []
    for line in lines:
        key, equals, literal = line.partition("=")
        section, _, option = key.strip().rpartition(".")
        if equals and section in ("global", "install", "download", ":env:"):
            try:
                values[option] = str(ast.literal_eval(literal))
            except (ValueError, SyntaxError):
                continue
    for option in ("index-url", "extra-index-url", "find-links", "cert", "no-index"):
        variable = os.environ.get("PIP_" + option.upper().replace("-", "_"))
        if variable:
            values[option] = variable
    first = values.get("index-url", "").split()
    extra = values.get("extra-index-url", "").split()
    none = values.get("no-index", "").lower() in ("1", "true", "yes", "on")
    return Settings(
        indexes=() if none else (*(first or [_default_index()]), *extra),
        find_links=tuple(values.get("find-links", "").split()),
        cert=values.get("cert") or None,
    )


def _default_index() -> str:
    from pypi_simple import PYPI_SIMPLE_ENDPOINT

    return PYPI_SIMPLE_ENDPOINT


def check_name(name: str) -> None:
    """Raises:
    ConfigError: no project can have this name.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name[:100]!r} is no project name: letters, digits, `.`, `-` and `_` only")


def sdists(name: str, settings: Settings | None = None) -> list[Link]:
    """Every source distribution of a project that the indexes offer, in the order of the indexes.

    Raises:
        SourceError: no index answers, or none knows the project.
    """
    found = [link for link in files(name, settings) if not link.filename.endswith(".whl")]
    if not found:
        raise SourceError(f"{name}: the package index has no source distribution of it")
    return found


def files(name: str, settings: Settings | None = None) -> list[Link]:
    """Every wheel and source distribution of a project that the indexes offer, in the order of the indexes.

    Raises:
        ConfigError: no project can have this name.
        SourceError: no index answers, or none knows the project.
    """
    check_name(name)
    settings = settings or pip_settings()
    found: list[Link] = []
    failures: list[str] = []
    for index in settings.indexes:
        try:
            page = _page(index, name, settings)
        except SourceError as error:
            failures.append(str(error))
            continue
        found += _links(page, name)
    for folder in settings.find_links:
        found += _folder_links(folder, name)
    if not found:
        raise SourceError(failures[0] if failures else f"{name}: the package index has no file of it")
    return found


def newest(name: str, settings: Settings | None = None, *, version: str | None = None) -> Link:
    """The newest final release's sdist that is not yanked and has a hash; or that of exactly `version`.

    Raises:
        SourceError: there is none.
    """
    from packaging.version import InvalidVersion, Version

    best: tuple[Version, Link] | None = None
    for link in sdists(name, settings):
        if version and link.version == version and link.sha256:
            return link
        try:
            parsed = Version(link.version)
        except InvalidVersion:
            continue
        usable = not version and link.sha256 and not link.yanked and not parsed.is_prerelease
        if usable and (best is None or parsed > best[0]):
            best = (parsed, link)
    if best is None and version:
        raise SourceError(f"{name} {version}: the package index has no source distribution of it with a hash")
    if best is None:
        raise SourceError(f"{name}: no final release with a source distribution and a SHA-256 hash")
    return best[1]


def download(link: Link, sha256: str, target: Path, limits: Limits, settings: Settings | None = None) -> None:
    """Writes the file to `target`, which appears only once its hash is verified.

    Raises:
        SourceError: it can't be had, is too large, or its hash is not `sha256`; the message names both hashes.
        StorageError: the disk is full or can't be written.
    """
    settings = settings or pip_settings()
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    with storage(target.parent):
        part.parent.mkdir(parents=True, exist_ok=True)
        try:
            _retry(lambda: _transfer(link, part, limits, settings), link.filename)
            with part.open("rb+") as file:
                actual = hashlib.file_digest(file, "sha256").hexdigest()
                os.fsync(file.fileno())
            if actual != sha256:
                raise SourceError(f"{link.filename}: its SHA-256 is {actual}, expected {sha256}; not used")
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)


class _Transient(Exception):
    """A fault that may be gone on the next attempt."""


def _retry(action: Callable[[], T], what: str) -> T:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return action()
        except _Transient as fault:
            if attempt == _ATTEMPTS:
                raise SourceError(f"{what}: the package index did not answer ({fault})") from None
            time.sleep(0.5 * 2 ** (attempt - 1))
    raise AssertionError("unreachable")


def _transfer(link: Link, part: Path, limits: Limits, settings: Settings) -> None:
    clock = Clock(limits.seconds, link.filename)
    size = 0
    with part.open("wb") as out:
        for chunk in _chunks(link.url, settings):
            clock.check()
            size += len(chunk)
            if size > limits.archive_bytes:
                raise SourceError(f"{link.filename}: larger than {limits.archive_bytes} bytes")
            out.write(chunk)


def _chunks(url: str, settings: Settings) -> Iterator[bytes]:
    local = _local(url)
    if local is not None:
        with local.open("rb") as file:
            while chunk := file.read(64 * 1024):
                yield chunk
        return
    response = _get(url, settings, stream=True)
    try:
        yield from _body(response)
    finally:
        response.close()


def _body(response: requests.Response) -> Iterator[bytes]:
    import requests

    try:
        yield from response.iter_content(64 * 1024)
    except requests.RequestException as error:
        raise _Transient(type(error).__name__) from None


def _page(index: str, name: str, settings: Settings) -> ProjectPage:
    from pypi_simple import ProjectPage

    url = index.rstrip("/") + f"/{_normal(name)}/"
    local = _local(url)
    if local is not None:
        try:
            html = (local / "index.html").read_bytes()
        except OSError:
            raise SourceError(f"{name}: not in the package index") from None
        return ProjectPage.from_html(name, html, base_url=(local / "index.html").as_uri())
    response = _retry(lambda: _get(url, settings, stream=False), name)
    try:
        return ProjectPage.from_response(response, name)
    except Exception as error:  # the page is a stranger's: whatever its parser raises is the page's fault
        raise SourceError(f"{name}: the package index sent a page that can't be read ({error})") from None


def _get(url: str, settings: Settings, *, stream: bool) -> requests.Response:
    import requests
    from pypi_simple import ACCEPT_ANY

    try:
        response = _session(settings.cert).get(url, headers={"Accept": ACCEPT_ANY}, stream=stream, timeout=(15, 60))
    except requests.exceptions.SSLError:
        raise SourceError("the package index has no valid certificate; set pip's `cert` option") from None
    except (requests.ConnectionError, requests.Timeout) as error:
        raise _Transient(type(error).__name__) from None
    except requests.RequestException as error:
        raise SourceError(f"the package index can't be asked: {type(error).__name__}") from None
    if response.status_code in (408, 425, 429) or response.status_code >= 500:
        raise _Transient(f"status {response.status_code}")
    if response.status_code != 200:
        name = urlsplit(url).path.rstrip("/").rsplit("/", 1)[-1]
        raise SourceError(f"{name}: the package index answered with status {response.status_code}")
    return response


@cache
def _session(cert: str | None) -> requests.Session:
    import requests

    session = requests.Session()
    if cert:
        session.verify = cert
    return session


def _links(page: ProjectPage, name: str) -> list[Link]:
    out = []
    for package in page.packages:
        plain = "/" not in package.filename and package.filename.endswith(_SUFFIXES)
        if package.package_type in ("sdist", "wheel") and package.version and plain:
            sha256 = package.digests.get("sha256")
            uploaded = package.upload_time
            iso = uploaded.strftime("%Y-%m-%dT%H:%M:%SZ") if uploaded else None
            out.append(Link(name, package.version, package.filename, package.url, sha256, package.is_yanked, iso))
    return out


def _folder_links(folder: str, name: str) -> list[Link]:
    from pypi_simple import UnparsableFilenameError, parse_filename

    path = _local(folder) or (Path(folder) if "://" not in folder else None)
    if path is None or not path.is_dir():
        return []
    out = []
    for file in sorted(path.iterdir()):
        if not file.name.endswith(_SUFFIXES):
            continue
        try:
            project, version, kind = parse_filename(file.name, project_hint=name)
        except UnparsableFilenameError:
            continue
        if kind in ("sdist", "wheel") and version and _normal(project) == _normal(name):
            out.append(Link(name, version, file.name, file.resolve().as_uri(), None))
    return out


def _local(url: str) -> Path | None:
    parts = urlsplit(url)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else None


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
