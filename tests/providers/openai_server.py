"""A real HTTP server that serves the scripted provider by OpenAI's protocol, and misbehaves where it is told to."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from lift_sys.providers import Provider, Request
from lift_sys.providers.scripted import ScriptedProvider

Fault = Callable[["Handler"], bool]
"""Does its harm to one request; False lets the answer through."""


class Server(ThreadingHTTPServer):
    """`faults`: by a piece of the prompt, what happens to the first, the second and later requests with it."""

    daemon_threads = True

    def __init__(self, provider: Provider) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.provider = provider
        self.faults: dict[str, list[Fault]] = {}
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.lock = threading.Lock()
        self.over = threading.Event()
        """Set at the end: what hangs lets go."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        order = json.loads(self.rfile.read(int(self.headers["content-length"])))
        prompt = order["messages"][-1]["content"]
        with self.server.lock:
            self.server.asked.append(order)
            self.server.keys.append(self.headers.get("authorization", ""))
            fault = next((f.pop(0) for key, f in self.server.faults.items() if key in prompt and f), None)
        if fault is not None and fault(self):
            return
        (found,) = self.server.provider.complete([Request(prompt, max_tokens=order["max_tokens"])])
        choice = {"index": 0, "message": {"role": "assistant", "content": found.text}, "finish_reason": found.finish}
        usage = {"prompt_tokens": found.prompt_tokens, "completion_tokens": found.tokens}
        self.reply(200, {"object": "chat.completion", "choices": [choice], "usage": usage})

    def reply(self, status: int, body: Any, **headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"content-length": str(len(data)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None: ...


@contextmanager
def serving(provider: Provider | None = None) -> Iterator[Server]:
    server = Server(provider or ScriptedProvider({"sum": "def add(a, b): return a + b"}, "I do not know that one"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


# --- faults


def status(code: int, body: Any = b"no", **headers: str) -> Fault:
    def fault(handler: Handler) -> bool:
        handler.reply(code, body, **headers)
        return True

    return fault


def hangs(seconds: float) -> Fault:
    def fault(handler: Handler) -> bool:
        handler.server.over.wait(seconds)
        handler.close_connection = True
        return True

    return fault


def cut(handler: Handler) -> bool:
    """The connection is reset in the middle of the answer."""
    handler.send_response(200)
    handler.send_header("content-length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True
    return True


def drips(seconds: float, start: bytes) -> Fault:
    """The start of an answer, then a byte now and then, for so long."""

    def fault(handler: Handler) -> bool:
        handler.wfile.write(start)
        until = time.monotonic() + seconds
        try:
            while time.monotonic() < until and not handler.server.over.wait(0.05):
                handler.wfile.write(b" ")
                handler.wfile.flush()
        except OSError:  # the client has left, as it should
            pass
        handler.close_connection = True
        return True

    return fault


def endless(handler: Handler) -> bool:
    """More bytes than an answer may have."""
    handler.send_response(200)
    handler.send_header("content-length", str(1 << 30))
    handler.end_headers()
    try:
        for _ in range(64):
            handler.wfile.write(b" " * (1 << 20))
    except OSError:
        pass
    handler.close_connection = True
    return True
