"""The `git` program on a bare repository of our own: isolated configuration, limits, plumbing commands only."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from lift_sys.data_synthesis.sources.gitfailures import failure
from lift_sys.data_synthesis.sources.limits import Limits
from lift_sys.errors import LiftError, SourceError

_SETTINGS = (
    "safe.bareRepository=explicit",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.symlinks=false",
    "core.bigFileThreshold=8m",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.askPass=",
    "credential.helper=",
    "protocol.allow=never",
    "fetch.recurseSubmodules=false",
    "fetch.unpackLimit=1",
    "fetch.negotiationAlgorithm=noop",
    "submodule.recurse=false",
    "transfer.bundleURI=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=30",
    "http.version=HTTP/1.1",
    "http.postBuffer=16777216",
    "http.sslVerify=true",
    "http.cookieFile=",
    "http.extraHeader=",
    "pack.threads=1",
    "index.threads=1",
)
_PASSED_ON = (
    "PATH",
    "TMPDIR",
    "GIT_SSL_CAINFO",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
)
"""How this machine reaches the network; nothing else of our environment reaches git."""
_MEMORY_KIB = 2 * 1024 * 1024
_ERROR_BYTES = 64 * 1024


_FETCH = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-commit-graph", "--no-auto-maintenance")


class TooLarge(SourceError):
    """What was fetched has more bytes than the cap."""


class Git:
    """Commands on the bare repository in `folder`, each bounded in time, memory and file size."""

    def __init__(self, folder: Path, limits: Limits, what: str) -> None:
        self._folder = folder.absolute()  # commands run in it, so a relative path would lead elsewhere
        self._limits = limits
        self._what = what

    def init(self, object_format: str) -> None:
        self.run("init", "--quiet", "--bare", "--template=", f"--object-format={object_format}", str(self._folder))

    def fetch(self, url: str, ref: str, *, blobs: str = "blob:none", redirects: bool = True) -> None:
        """Brings one commit without its history, as FETCH_HEAD; of its blobs only what the filter `blobs` lets by.

        A server that can't filter sends them all.

        Raises:
            SourceError: the server refuses, the ref is unknown, or a cap is broken; subclasses say which.
        """
        self._fetch(url, ["--depth=1", f"--filter={blobs}"], [ref], redirects)

    def fetch_objects(self, url: str, oids: Iterable[str], *, redirects: bool = True) -> None:
        """Brings these objects alone, in one request.

        Raises:
            SourceError: as `fetch`.
        """
        self._fetch(url, ["--no-write-fetch-head", "--stdin"], [], redirects, "".join(f"{oid}\n" for oid in oids))

    def _fetch(self, url: str, options: list[str], refs: list[str], redirects: bool, lines: str = "") -> None:
        # The filter makes git call this a partial clone, and from then on any command that misses an object would
        # fetch it unasked. The configuration as it was takes that promise back: what is missing is just missing.
        configuration = self._folder / "config"
        before = configuration.read_bytes()
        follow = "initial" if redirects else "false"
        try:
            self.run(
                "fetch", *_FETCH, *options, "--", url, *refs, settings=[f"http.followRedirects={follow}"], lines=lines
            )
        finally:
            configuration.write_bytes(before)

    def run(self, *arguments: str, settings: Iterable[str] = (), lines: str = "") -> bytes:
        """Standard output of one command that reads `lines`.

        Raises:
            SourceError: it failed or ran out of time; the message has git's first line.
        """
        with self._started(arguments, settings) as (process, errors):
            out, _ = process.communicate(lines.encode("ascii"))
            self._check(arguments[0], process.returncode, errors)
            return out

    def list_tree(self, commit: str) -> Iterator[tuple[str, str, str, int | None, str]]:
        """Mode, kind, object id, size (None: the object is not here) and path of every entry, folders resolved."""
        command = ("ls-tree", "-r", "-z", "-l", "--full-tree", commit)
        with self._started(command) as (process, errors):
            for record in _records(_pipe(process.stdout), 64 * 1024, self._what):
                fields, _, path = record.partition(b"\t")
                mode, kind, oid, size = (part.decode("ascii", "replace") for part in fields.split())
                yield mode, kind, oid, int(size) if size.isdigit() else None, path.decode("utf-8", "surrogateescape")
            self._check("ls-tree", process.wait(), errors)

    @contextmanager
    def objects(self) -> Iterator[Objects]:
        with self._started(("cat-file", "--batch")) as (process, _):
            yield Objects(process, self._what)

    @contextmanager
    def _started(
        self, arguments: tuple[str, ...], extra: Iterable[str] = ()
    ) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
        """A running command and its standard error, ended with everything it started when the time is up."""
        # `ulimit` in a shell, not a preexec function: those are not safe with threads. POSIX blocks of 512 bytes.
        blocks = self._limits.archive_bytes // 512
        script = f'ulimit -c 0; ulimit -f {blocks}; ulimit -v {_MEMORY_KIB}; exec "$@"'
        settings = [part for setting in (*_SETTINGS, *extra) for part in ("-c", setting)]
        where = [] if arguments[0] == "init" else [f"--git-dir={self._folder}"]
        command = ["/bin/sh", "-c", script, "sh", "git", "--no-replace-objects", *where, *settings, *arguments]
        with tempfile.TemporaryFile(dir=self._folder) as errors:
            try:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    cwd=self._folder,
                    env=_environment(self._folder, _protocols(arguments)),
                    start_new_session=True,
                )
            except OSError as error:
                raise SourceError(f"{self._what}: git can't be started: {error.strerror}") from None
            watchdog = threading.Timer(self._limits.seconds, _kill, (process,))
            watchdog.daemon = True
            watchdog.start()
            try:
                yield process, errors
            finally:
                watchdog.cancel()
                _end(process)

    def _check(self, command: str, code: int, errors: IO[bytes]) -> None:
        if code != 0:
            errors.seek(0)
            raise self._failure(command, code, errors.read(_ERROR_BYTES))

    def _failure(self, command: str, code: int, errors: bytes) -> LiftError:
        if command == "fetch" and self._pack_is_full():
            return TooLarge(f"{self._what}: larger than {self._limits.archive_bytes} bytes")
        return failure(self._what, command, code, errors, self._limits.seconds)

    def _pack_is_full(self) -> bool:
        """Whether the limit on file size is what ended the child that writes the pack (git does not tell)."""
        packs = (self._folder / "objects" / "pack").glob("tmp_*")
        return any(pack.stat().st_size >= self._limits.archive_bytes - 64 * 1024 for pack in packs)


class Objects:
    """`git cat-file --batch`: one request, one answer."""

    def __init__(self, process: subprocess.Popen[bytes], what: str) -> None:
        self._in = _pipe(process.stdin)
        self._out = _pipe(process.stdout)
        self._what = what

    def read(self, oid: str, cap: int) -> tuple[str, bytes]:
        """The kind and the content of an object.

        Raises:
            SourceError: it is missing, damaged, or larger than `cap`.
        """
        try:
            self._in.write(oid.encode("ascii") + b"\n")
            self._in.flush()
            header = self._out.readline(300).split()
        except (OSError, UnicodeEncodeError):
            header = []
        if len(header) != 3 or not header[2].isdigit():
            raise SourceError(f"{self._what}: the object {oid[:12]} is missing or damaged")
        size = int(header[2])
        if size > cap:
            raise SourceError(f"{self._what}: the object {oid[:12]} has {size} bytes, the cap is {cap}")
        data = self._out.read(size + 1)
        if len(data) != size + 1:
            raise SourceError(f"{self._what}: the object {oid[:12]} is cut off")
        return header[1].decode("ascii", "replace"), data[:-1]


def _protocols(arguments: tuple[str, ...]) -> str:
    """Only a fetch may use the network, and one that starts encrypted stays so."""
    if arguments[0] != "fetch":
        return "none"
    return "http:https" if any(argument.startswith("http://") for argument in arguments) else "https"


def _environment(folder: Path, protocols: str) -> dict[str, str]:
    ours = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return ours | {
        "HOME": str(folder),
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": "/dev/null",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "GIT_ALLOW_PROTOCOL": protocols,
        "GIT_PROTOCOL_FROM_USER": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_PAGER": "cat",
    }


def _records(stream: IO[bytes], longest: int, what: str) -> Iterator[bytes]:
    """NUL-terminated records."""
    buffer = b""
    while chunk := stream.read1(64 * 1024):  # type: ignore[attr-defined]
        *whole, buffer = (buffer + chunk).split(b"\0")
        yield from whole
        if len(buffer) > longest:
            raise SourceError(f"{what}: a path longer than {longest} bytes")


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise AssertionError("all three pipes are asked for")
    return stream


def _kill(process: subprocess.Popen[bytes]) -> None:
    # A helper may outlive git itself; a group's id is not given out again while a member lives.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the command with everything it started."""
    _kill(process)
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    process.wait()
