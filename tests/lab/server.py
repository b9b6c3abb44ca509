"""musterd under test: its configuration, its process, and questions to it by CLI and HTTP."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.lifetime import Lifetime
from lab.network import SERVER_ADDRESS, Network
from lab.processes import LabError, Process, wait_until
from lab.wire import Wire

ROOT = Path(__file__).resolve().parents[2]
HTTP_PORT = 8080


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    output: str
    errors: str

    def json(self) -> Any:
        try:
            return json.loads(self.output)
        except ValueError:
            raise LabError(f"no JSON (exit {self.code}): {self.output!r} {self.errors!r}") from None


class Server:
    """Not started yet: configure it, import images, then start()."""

    def __init__(
        self, lifetime: Lifetime, network: Network | Wire, folder: Path, binary: Path, *,
        interfaces: Sequence[str] = ("eth0",), wrapper: Sequence[str] = (), more_configuration: str = "",
    ) -> None:
        """wrapper: words before the command, such as setpriv's. more_configuration: TOML after the lab's own."""
        if not os.access(binary, os.X_OK):
            raise LabError(f"{binary} is not there: build it (deploy/build release), or name another by MUSTERD=")
        self._lifetime, self._network, self.binary, self._wrapper = lifetime, network, binary, list(wrapper)
        self.folder = folder
        self.configuration = folder / "musterd.toml"
        self.data = folder / "data"
        self.log = folder / "musterd.log"
        self.process: Process | None = None
        for made in (self.data, folder / "hosts.d", folder / "profiles.d"):
            made.mkdir(parents=True, exist_ok=True)
        loaders = folder / "loaders"
        gathered = subprocess.run([ROOT / "deploy" / "loaders", loaders], capture_output=True, text=True, check=False)
        if gathered.returncode != 0:
            raise LabError(gathered.stderr.strip())
        self.configuration.write_text(
            f'data_dir = "{self.data}"\nhosts = "hosts.d"\nprofiles = "profiles.d"\nloaders = "{loaders}"\n'
            f"[network]\ninterfaces = {json.dumps(list(interfaces))}\nhttp_port = {HTTP_PORT}\n{more_configuration}"
        )

    def add_profile(self, name: str, image: str, arguments: Sequence[str] = (), console: str = "ttyS0") -> None:
        words = json.dumps([f"console={console}", *arguments])
        text = f'[profile.{name}]\ninherits = "linux"\nimage = "{image}"\nargs = {words}\n'
        (self.folder / "profiles.d" / f"{name}.toml").write_text(text)

    def add_host(self, name: str, mac: str, profile: str, keys: str = "") -> None:
        """keys: more lines of TOML."""
        text = f'[[host]]\nname = "{name}"\nmac = ["{mac}"]\nprofile = "{profile}"\n{keys}'
        (self.folder / "hosts.d" / f"{name}.toml").write_text(text)

    def import_image(self, image: Path, name: str) -> None:
        self.must("image", "import", str(image), "--name", name, timeout=120)

    def start(self, timeout: float = 30) -> None:
        """Returns when it answers /healthz. LabError with what it said when it ends instead."""
        self.launch()
        wait_until(lambda: self.healthy() or not self.running(), timeout, "musterd answers /healthz")
        if not self.running():
            assert self.process
            raise LabError(f"musterd ended with {self.process.exit_code()}: {self.process.output().strip()}")

    def launch(self) -> Process:
        """Starts the process and waits for nothing."""
        command = [*self._wrapper, str(self.binary), "serve", "--config", str(self.configuration)]
        self.process = Process(self._lifetime, "musterd", command, self.log, self._network.boot)
        return self.process

    def kill(self) -> None:
        """kill -9."""
        assert self.process
        self.process.kill()

    def stop(self) -> int | None:
        assert self.process
        return self.process.stop(patience=20)

    def running(self) -> bool:
        return self.process is not None and self.process.running()

    def sent_bytes(self) -> int:
        """All that left musterd's namespace by eth0 so far: how far a download is, seen from outside the process."""
        assert self.process
        for line in Path(f"/proc/{self.process.pid}/net/dev").read_text().splitlines():
            name, _, counters = line.partition(":")
            if name.strip() == "eth0":
                return int(counters.split()[8])
        raise LabError("musterd's namespace has no eth0")

    def get(self, path: str, timeout: float = 5) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(SERVER_ADDRESS, HTTP_PORT)
        connection.sock = self._network.connect(HTTP_PORT, timeout=timeout)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def healthy(self) -> bool:
        try:
            return self.get("/healthz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def ask(self, *words: str, timeout: float = 30) -> Answer:
        """A command of musterd's CLI against this server."""
        done = subprocess.run(
            [str(self.binary), *words, "--config", str(self.configuration)], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=timeout, check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def must(self, *words: str, timeout: float = 30) -> Answer:
        answer = self.ask(*words, timeout=timeout)
        if answer.code != 0:
            raise LabError(f"musterd {' '.join(words)}: exit {answer.code}: {answer.errors or answer.output}")
        return answer

    def host(self, name: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.must("host", "show", name, "--json").json()
        return shown

    def events(self) -> list[dict[str, Any]]:
        lines = self.must("events", "--json").output.splitlines()
        return [json.loads(line) for line in lines if line.strip()]
