"""A real Chromium without a window, told what to do over the DevTools protocol on a pair of pipes."""

from __future__ import annotations

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
from pathlib import Path
from time import monotonic
from typing import Any

from lab.lifetime import Lifetime
from lab.network import enter_network_namespace
from lab.processes import LabError, wait_until

_COMMANDS_IN, _ANSWERS_OUT = 3, 4  # --remote-debugging-pipe: messages that end in NUL


class Browser:
    """One page in the network namespace `namespace`."""

    def __init__(self, lifetime: Lifetime, folder: Path, namespace: str) -> None:
        program = shutil.which("chromium")
        if not program:
            raise LabError("no chromium: run deploy/setup test")
        commands, self._write = os.pipe()
        self._read, answers = os.pipe()

        def prepare() -> None:
            os.dup2(commands, 100)  # out of the way of 3 and 4, which the other pipe may have
            os.dup2(answers, 101)
            os.dup2(100, _COMMANDS_IN)
            os.dup2(101, _ANSWERS_OUT)
            enter_network_namespace(namespace)

        self._child = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--remote-debugging-pipe", f"--user-data-dir={folder / 'chromium'}",
             "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=(folder / "chromium.log").open("wb"),
            close_fds=False, preexec_fn=prepare)
        lifetime.at_end("chromium", self.close)
        os.close(commands)
        os.close(answers)
        self._numbers = itertools.count(1)
        self._rest = b""
        self._session = ""
        self._complaints: list[str] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._call("Log.enable")
        self._call("Runtime.enable")

    def close(self) -> None:
        if self._child.poll() is None:
            self._child.kill()
            self._child.wait()

    def open(self, url: str, width: int = 1200, height: int = 900) -> None:
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self._call("Page.navigate", url="about:blank")
        self._call("Page.navigate", url=url)

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        answer = self._call("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in answer:
            raise LabError(f"{script}: {answer['exceptionDetails']['text']}")
        return answer["result"].get("value")

    def wait_for(self, script: str, timeout: float = 15) -> None:
        """Until the expression is true; one that fails, as in a page that is only half there, is not."""
        guarded = f"(() => {{ try {{ return Boolean({script}); }} catch {{ return false; }} }})()"
        wait_until(lambda: bool(self.run(guarded)), timeout, f"in the page: {script}", interval=0.1)

    def text(self) -> str:
        return str(self.run("document.body.innerText"))

    def picture(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self._call("Page.captureScreenshot")["data"]))

    def key(self, name: str) -> None:
        """Presses and lets go of a key: Enter, Escape, Tab."""
        code = {"Enter": 13, "Escape": 27, "Tab": 9}[name]
        text = {"text": "\r"} if name == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self._call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code, **(text if kind == "keyDown" else {}))

    def dark(self, on: bool) -> None:
        self._call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if on else "light"}])

    def accessibility(self) -> list[dict[str, Any]]:
        """The tree that screen readers are given, flat."""
        nodes: list[dict[str, Any]] = self._call("Accessibility.getFullAXTree")["nodes"]
        return nodes

    def complaints(self) -> list[str]:
        """Errors of the page so far: of its scripts, its policy, its requests."""
        self.run("0")
        return self._complaints

    def _note(self, message: dict[str, Any]) -> None:
        parameters = message.get("params", {})
        if message.get("method") == "Runtime.exceptionThrown":
            self._complaints.append(str(parameters["exceptionDetails"].get("exception", {}).get("description", "an exception")))
        entry = parameters.get("entry", {})
        if message.get("method") == "Log.entryAdded" and entry.get("level") == "error":
            self._complaints.append(f"{entry['text']} {entry.get('url', '')}")

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        deadline = monotonic() + 30
        while (answer := self._next(deadline)).get("id") != number:
            self._note(answer)
        if "error" in answer:
            raise LabError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(deadline - monotonic(), 0))
            part = os.read(self._read, 1 << 20) if ready else b""
            if not part:
                raise LabError("chromium says nothing: see chromium.log")
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer
