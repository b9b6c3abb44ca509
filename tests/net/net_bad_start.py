#!/usr/bin/env python3
"""What is wrong at the start gets one clear line and exit code 1; what can wait does not stop the server."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import Checks, run_program  # noqa: E402
from lab.lan import LanDhcpServer  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import Network, inside  # noqa: E402
from lab.processes import Process, wait_until  # noqa: E402
from lab.server import Server  # noqa: E402

PATIENCE = 10
LOOKS_AGAIN = 2.0  # seconds between the server's looks at its interfaces


class Start:
    """One start of musterd that should fail, or go on."""

    def __init__(self, checks: Checks, lifetime: Lifetime, network: Network, folder: Path, binary: Path) -> None:
        self.checks, self.lifetime, self.network, self.folder, self.binary = checks, lifetime, network, folder, binary

    def server(self, name: str, **settings: object) -> Server:
        place = self.folder / name
        place.mkdir()
        made = Server(self.lifetime, self.network, place, self.binary, **settings)  # type: ignore[arg-type]
        made.log = self.folder / f"{name}.log"
        return made

    def must_fail(self, what: str, server: Server, *words: str, lines: int = 1) -> None:
        """It ends with 1, in time, having said what is wrong in so many lines (0: any number), naming `words`."""
        process = server.launch()
        code = self._end_of(process)
        said = process.output().strip()
        self.checks.equal(f"{what}: exit code 1", code, 1)
        errors = said.splitlines()
        clear = (len(errors) == lines or not lines) and all(word.lower() in said.lower() for word in words)
        trace = any(word in said for word in ("terminate called", "Sanitizer", "what():", "Aborted"))
        self.checks.that(f"{what}: says so{' in one line' if lines == 1 else ''}", clear and not trace, said)

    def must_complain_once(self, what: str, server: Server, *words: str) -> None:
        """It has said so in one line of error, naming `words`, although it tries again and again."""
        assert server.process
        process = server.process
        errors = lambda: [line for line in process.output().splitlines() if " error " in line]  # noqa: E731
        wait_until(lambda: bool(errors()), PATIENCE, f"{what} is logged")
        time.sleep(LOOKS_AGAIN * 1.5)
        self.checks.equal(f"{what}: one line says so", len(errors()), 1)
        self.checks.that(f"{what}: names {' and '.join(words)}", all(word in errors()[0] for word in words), errors()[0])

    def must_recover(self, what: str, server: Server) -> None:
        assert server.process
        process = server.process
        wait_until(lambda: "proxyDHCP on eth0" in process.output(), LOOKS_AGAIN * 3, f"{what}: DHCP is served")
        self.checks.that(f"{what}: DHCP is served", True)
        server.stop()

    @staticmethod
    def _end_of(process: Process) -> int | None:
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return None


@contextlib.contextmanager
def taken(network: Network, kind: socket.SocketKind, port: int) -> Iterator[None]:
    with inside(network.boot):
        other = socket.socket(socket.AF_INET, kind)
    with other:
        other.bind(("", port))
        if kind == socket.SOCK_STREAM:
            other.listen()
        yield


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    network = Network(lifetime)
    LanDhcpServer(lifetime, network, folder)
    start = Start(checks, lifetime, network, folder, binary)

    # Root ignores modes, so it is the mount that says no.
    sealed = folder / "sealed" / "data"
    read_only = f'mount --bind "{sealed}" "{sealed}" && mount -o remount,bind,ro "{sealed}" && exec "$@"'
    server = start.server("sealed", wrapper=("unshare", "--mount", "sh", "-c", read_only, "sh"))
    start.must_fail("data_dir not writable", server, str(server.data))

    for kind, port in ((socket.SOCK_DGRAM, 69), (socket.SOCK_STREAM, 8080)):
        with taken(network, kind, port):
            start.must_fail(f"port {port} taken", start.server(f"port-{port}"), str(port))

    # What DHCP lacks may come: a cable, an address, the end of another server. The rest serves meanwhile.
    for port in (67, 4011):
        server = start.server(f"port-{port}")
        with taken(network, socket.SOCK_DGRAM, port):
            server.start()
            checks.that(f"port {port} taken: serves what it can", server.healthy())
            start.must_complain_once(f"port {port} taken", server, f":{port}", "ss -lunp")
        start.must_recover(f"port {port} free again", server)
    server = start.server("interface", interfaces=("eth7",))
    server.start()
    checks.that("interface that does not exist: serves what it can", server.healthy())
    start.must_complain_once("interface that does not exist", server, "eth7", "no such interface")
    server.stop()

    server = start.server("typo", more_configuration='[dhcp]\nmoed = "proxy"\n')
    start.must_fail("typo in the configuration", server, f"{server.configuration}:", "moed", "mode", lines=0)

    server = start.server("missing")
    server.configuration.unlink()
    start.must_fail("configuration that is not there", server, str(server.configuration))

    server = start.server("empty")
    server.start()
    checks.that("without hosts, profiles and images it serves", server.healthy())
    checks.equal("it stops in order when asked", server.stop(), 0)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
