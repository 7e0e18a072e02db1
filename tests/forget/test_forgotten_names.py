"""`scripts/make_dataset_lock.py` leaves out what was forgotten, and asks the index for nothing of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lift_sys.data_synthesis.sources.lock import Lock
from lift_sys.data_synthesis.sources.tombstones import Forgotten, Tombstone

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_dataset_lock.py"
ARCHIVE = "ab" * 32


@dataclass
class Index:
    """A package index that offers one archive, whatever it is asked for."""

    url: str = ""
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def index() -> Iterator[Index]:
    state = Index()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            name = self.path.rstrip("/").rpartition("/")[2]
            file = {"filename": f"{name}-1.0.tar.gz", "url": f"{state.url}/{name}-1.0.tar.gz"}
            page = {"meta": {"api-version": "1.1"}, "name": name, "files": [{**file, "hashes": {"sha256": ARCHIVE}}]}
            body = json.dumps(page).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/vnd.pypi.simple.v1+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield state
        server.shutdown()
        thread.join()


def test_neither_its_name_nor_its_archive_is_fetched(index: Index, tmp_path: Path) -> None:
    tomb = Tombstone.of("acme/zebra", ["zebra"], [ARCHIVE], date="2026-11-23", reason="asked", copies=[])
    Forgotten(sources=(tomb,)).save(tmp_path)
    names, lock = tmp_path / "sources.txt", tmp_path / "v1.lock.json"
    names.write_text("Zebra record tests\ntame-cow\n")
    given = {"names": names, "lock": lock, "cache": tmp_path / "cache"}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *(word for name, path in given.items() for word in (f"--{name}", str(path)))],
        env={**os.environ, "PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": f"{index.url}/simple"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert index.asked == ["/simple/tame-cow/"]
    assert "Zebra was forgotten (as acme/zebra) on 2026-11-23: asked" in done.stderr
    assert "tame-cow was forgotten (as acme/zebra)" in done.stderr
    assert Lock.load(lock).sources == ()
