"""A small GitHub on loopback: search and repositories as its OpenAPI description has them, git over smart HTTP, and
faults on request. What a request or an answer gets wrong is kept in `problems`."""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any
from urllib.parse import parse_qs, urlsplit

from github_description import template, wrong_with_answer, wrong_with_request

NAMES = {"MIT": "MIT License", "Apache-2.0": "Apache License 2.0", "GPL-3.0": "GNU General Public License v3.0"}


@dataclass
class Repo:
    number: int
    name: str
    stars: int = 100
    size: int = 50
    licence: str | None = "MIT"
    language: str | None = "Python"
    created: str = "2020-06-01T12:00:00Z"
    pushed: str = "2025-06-01T12:00:00Z"
    topics: tuple[str, ...] = ()
    fork: bool = False
    archived: bool = False
    hidden: bool = False
    """In no search result."""

    def described(self, *, full: bool) -> dict[str, Any]:
        owner, name = self.name.split("/")
        key = (self.licence or "").lower()
        licence = {
            "key": key,
            "name": NAMES.get(self.licence or "", key),
            "spdx_id": self.licence,
            "url": f"https://api.invalid/licenses/{key}",
            "node_id": "x",
        }
        out = {
            **template(),
            "id": self.number,
            "name": name,
            "full_name": self.name,
            "owner": {**template()["owner"], "login": owner},
            "stargazers_count": self.stars,
            "size": self.size,
            "license": licence if self.licence else None,
            "language": self.language,
            "created_at": self.created,
            "pushed_at": self.pushed,
            "topics": list(self.topics),
            "fork": self.fork,
            "archived": self.archived,
            "private": False,
            "disabled": False,
        }
        if full:
            out.pop("score")
        return out


@dataclass
class Fault:
    """What happens to one request instead of an answer."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    cut: bool = False
    """Half of a good answer, then the connection ends."""
    drop: bool = False
    """The connection ends without a word."""


@dataclass
class FakeGithub:
    port: int
    root: Path
    """Bare or ordinary repositories as `owner/name.git`."""
    repos: list[Repo] = field(default_factory=list)
    faults: dict[str, list[Fault]] = field(default_factory=lambda: defaultdict(list))
    """By path: used up one a request."""
    lasting: dict[str, Fault] = field(default_factory=dict)
    """By the start of the path: for every request."""
    moved: dict[str, str] = field(default_factory=dict)
    """Old name -> new name."""
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Path, query text, headers."""
    problems: list[str] = field(default_factory=list)
    on_request: Callable[[int], None] = lambda number: None
    shuffled: int = 0
    """How many searches still hand out the same results on every page, as happens when stars change meanwhile."""
    incomplete: int = 0
    """How many searches are still cut short."""
    lock: Any = field(default_factory=threading.Lock)

    @property
    def server(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self) -> str:
        return f"{self.server}/api"

    def asked(self, start: str = "") -> list[str]:
        return [path for path, _, _ in self.requests if path.startswith(start)]

    def searched(self, query: dict[str, list[str]]) -> tuple[int, Any]:
        fits = matcher(query["q"][0])
        found = [repo for repo in self.repos if not repo.hidden and fits(repo)]
        found.sort(key=lambda repo: (-repo.stars, repo.number))
        size, page = int(query["per_page"][0]), int(query["page"][0])
        if size * (page - 1) >= 1000:
            told = "Only the first 1000 search results are available"
            return 422, {"message": told, "documentation_url": "https://docs.invalid"}
        if page > 1 and self.shuffled > 0:
            self.shuffled, page = self.shuffled - 1, 1
        items = found[: min(1000, len(found))][size * (page - 1) : size * page]
        cut_short, self.incomplete = self.incomplete > 0, max(0, self.incomplete - 1)
        listed = [repo.described(full=False) for repo in items]
        return 200, {"total_count": len(found), "incomplete_results": cut_short, "items": listed}

    def answered(self, path: str, query: dict[str, list[str]]) -> tuple[int, dict[str, str], Any]:
        if path == "/search/repositories":
            status, data = self.searched(query)
            return status, {}, data
        name = path.removeprefix("/repos/")
        repo = next((repo for repo in self.repos if repo.name.lower() == name.lower()), None)
        if repo is not None:
            return 200, {}, repo.described(full=True)
        if name in self.moved:
            number = next(repo.number for repo in self.repos if repo.name == self.moved[name])
            target = f"{self.api}/repositories/{number}"
            return 301, {"Location": target}, {"message": "Moved Permanently", "url": target}
        return 404, {}, {"message": "Not Found", "documentation_url": "https://docs.invalid", "status": "404"}


def matcher(text: str) -> Callable[[Repo], bool]:
    """Repository search as GitHub documents it, for the qualifiers that are used."""
    tests: list[Callable[[Repo], bool]] = [lambda repo: not repo.fork]  # unless `fork:` says otherwise
    for name, quoted, plain in re.findall(r'(\w+):(?:"([^"]*)"|(\S+))', text):
        tests.append(_test(name, quoted or plain))
    if re.sub(r'\w+:(?:"[^"]*"|\S+)', "", text).strip():
        raise ValueError(f"words beside the qualifiers: {text}")
    return lambda repo: all(test(repo) for test in tests)


def _test(name: str, value: str) -> Callable[[Repo], bool]:
    if name in ("stars", "size", "created", "pushed"):
        convert: Any = int if name in ("stars", "size") else str
        field_of: Callable[[Repo], Any] = lambda repo: getattr(repo, name)  # noqa: E731
        if value.startswith(">="):
            return lambda repo: field_of(repo) >= convert(value[2:])
        first, last = (convert(part) for part in value.split(".."))
        return lambda repo: first <= field_of(repo) <= last
    return {
        "language": lambda repo: (repo.language or "").lower() == value.lower(),
        "license": lambda repo: (repo.licence or "").lower() == value,
        "archived": lambda repo: repo.archived == (value == "true"),
        "is": lambda repo: value == "public",
        "topic": lambda repo: value in repo.topics,
    }[name]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeGithub

    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        self._do()

    def do_POST(self) -> None:
        self._do()

    def _do(self) -> None:
        fake = self.fake
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with fake.lock:
            fake.requests.append((parts.path, parts.query, {k.lower(): v for k, v in self.headers.items()}))
            number = len(fake.requests)
            waiting = fake.faults[parts.path]
            fault = waiting.pop(0) if waiting else None
        fake.on_request(number)
        if fault is None:
            fault = next((fault for start, fault in fake.lasting.items() if parts.path.startswith(start)), None)
        if fault is not None and (fault.drop or fault.status):
            self._fail(fault)
        elif parts.path.startswith("/api/"):
            self._api(parts.path.removeprefix("/api"), parts.query, fault)
        else:
            self._git(parts.path, parts.query, body)

    def _fail(self, fault: Fault) -> None:
        self.close_connection = True
        if not fault.drop:
            body = json.dumps(fault.body or {"message": "no"}).encode()
            self._send(fault.status, {**fault.headers, "Connection": "close"}, b"" if fault.status == 304 else body)

    def _api(self, path: str, text: str, fault: Fault | None) -> None:
        query = parse_qs(text)
        by_number = re.fullmatch(r"/repositories/(\d+)", path)
        if by_number:  # where redirects lead; GitHub does not describe it
            path = "/repos/" + next(repo.name for repo in self.fake.repos if repo.number == int(by_number[1]))
        self.fake.problems += wrong_with_request(path, query)
        try:
            status, headers, data = self.fake.answered(path, query)
        except (ValueError, KeyError, StopIteration) as error:
            self.fake.problems.append(f"{path}?{text}: {error!r}")
            status, headers, data = 422, {}, {"message": "no"}
        if status != 422:
            self.fake.problems += wrong_with_answer(path, status, data)
        body = json.dumps(data).encode()
        tag = f'W/"{hashlib.sha256(body).hexdigest()}"'
        headers |= {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4999", "X-RateLimit-Reset": "1750003600"}
        if status == 200 and self.headers.get("If-None-Match") == tag:
            self._send(304, {**headers, "ETag": tag}, b"")
        elif fault is not None and fault.cut:
            self.close_connection = True
            self._send(status, headers, body, cut=True)
        else:
            self._send(status, {**headers, "ETag": tag}, body)

    def _send(self, status: int, headers: dict[str, str], body: bytes, *, cut: bool = False) -> None:
        try:
            self.send_response_only(status)
            for name, value in {"Content-Type": "application/json; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if cut else body)
        except OSError:
            self.close_connection = True

    def _git(self, path: str, text: str, body: bytes) -> None:
        name = re.match(r"/([^/]+/[^/]+)\.git(/.*)", path)
        if name and name[1] in self.fake.moved:
            target = f"{self.fake.server}/{self.fake.moved[name[1]]}.git{name[2]}?{text}"
            self._send(301, {"Location": target}, b"")
            return
        status, headers, content = backend(self.fake.root, self.command, path, text, self.headers, body)
        self._send(status, headers, content)


def backend(
    root: Path, method: str, path: str, query: str, headers: Any, body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """git's own smart HTTP server."""
    settings = {"safe.directory": "*", "uploadpack.allowAnySHA1InWant": "true", "uploadpack.allowFilter": "true"}
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(root),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": str(len(settings)),
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "HTTP_CONTENT_ENCODING": headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": headers.get("Git-Protocol", ""),
    }
    for number, (name, value) in enumerate(settings.items()):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    with Popen(["git", "http-backend"], env=variables, stdin=PIPE, stdout=PIPE, stderr=PIPE) as process:
        out, _ = process.communicate(body)
    head, _, content = out.partition(b"\r\n\r\n")
    found = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    status = int(found.pop("Status", "200").split()[0])
    return status, found, content


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@contextmanager
def fake_github(root: Path) -> Iterator[FakeGithub]:
    root.mkdir(parents=True, exist_ok=True)
    handler = type("BoundHandler", (Handler,), {})
    with QuietServer(("127.0.0.1", 0), handler) as http:
        fake = FakeGithub(http.server_port, root)
        handler.fake = fake
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield fake
        finally:
            http.shutdown()
            thread.join()
