"""A real browser, headless, through its own protocol (Chrome DevTools): one websocket, no driver program."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Self


def _chromium() -> str | None:
    """The first that runs: some systems have a script of that name that only says how to install it."""
    found = [path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path]
    runs = (path for path in found if not subprocess.run([path, "--version"], capture_output=True).returncode)
    return next(runs, None)


CHROMIUM = _chromium()
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--remote-debugging-port=0", "--remote-allow-origins=*",
)  # fmt: skip
KEYS = {"Enter": 13, "Escape": 27, "Tab": 9, "/": 191, "?": 191}
PATIENCE = 20.0


class Browser:
    """One tab."""

    def __init__(self) -> None:
        import websocket

        assert CHROMIUM is not None
        self._profile = tempfile.mkdtemp(prefix="chromium-")
        self._process = subprocess.Popen(
            [CHROMIUM, *FLAGS, f"--user-data-dir={self._profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._number = 0
        self.messages: list[str] = []
        """What the page's console and the browser's log said: errors and refused content."""
        port = self._port()
        self._socket = websocket.create_connection(self._tab(port), timeout=PATIENCE)
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def _port(self) -> int:
        marker = Path(self._profile) / "DevToolsActivePort"
        self.wait(lambda: marker.is_file() and marker.read_text().count("\n") >= 1)
        return int(marker.read_text().split()[0])

    def _tab(self, port: int) -> str:
        import urllib.request

        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=PATIENCE) as answer:
            tabs = json.load(answer)
        return str(next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"))

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command and return its result."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            self._note(message)
            if message.get("id") == self._number:
                assert "error" not in message, message
                found: dict[str, Any] = message["result"]
                return found

    def _note(self, message: dict[str, Any]) -> None:
        name, parameters = message.get("method"), message.get("params", {})
        if name == "Log.entryAdded":
            self.messages.append(parameters["entry"]["text"])
        elif name == "Runtime.exceptionThrown":
            self.messages.append(str(parameters["exceptionDetails"].get("exception", parameters)))
        elif name == "Page.javascriptDialogOpening":
            self.messages.append(f"dialog: {parameters['message']}")

    def wait(self, holds: Any) -> None:
        """Until `holds()`; a page has no other sign for "done" that is the same for all."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, "the browser did not come that far"
            time.sleep(0.02)

    def open(self, address: str) -> None:
        self.ask("Page.navigate", url=address)
        self.settled()

    def settled(self) -> None:
        self.wait(lambda: self.run("document.readyState") == "complete" and self.run("location.protocol") != "about:")

    def run(self, script: str) -> Any:
        result = self.ask("Runtime.evaluate", expression=script, returnByValue=True)
        return result.get("result", {}).get("value")

    def press(self, key: str) -> None:
        code = KEYS.get(key, ord(key[0].upper()))
        text = "\r" if key == "Enter" else key if len(key) == 1 else ""
        self.ask("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", key=key, text=text,
                 windowsVirtualKeyCode=code, nativeVirtualKeyCode=code)  # fmt: skip
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def type(self, text: str) -> None:
        self.ask("Input.insertText", text=text)

    def look(self, *, width: int = 1200, height: int = 900, dark: bool = False, script: bool = True) -> None:
        """Size and colours of the window, and whether scripts run."""
        self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.ask("Emulation.setEmulatedMedia", features=scheme)
        self.ask("Emulation.setScriptExecutionDisabled", value=not script)

    def picture(self, path: Path, *, whole: bool = False) -> None:
        data = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        path.write_bytes(base64.b64decode(data))

    def close(self) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait(PATIENCE)
        shutil.rmtree(self._profile, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
