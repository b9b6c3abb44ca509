#!/usr/bin/env python3
"""A client that never acknowledges, as iPXE does with the last packets of what it then runs: a small file that was all
sent counts as fetched, and its event says how much was not acknowledged; of a large one the rest was never sent, and it
does not count."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import SERVER_ADDRESS  # noqa: E402
from lab.processes import enter_network_namespace, run, wait_until  # noqa: E402
from lab.server import HTTP_PORT  # noqa: E402
from lab.world import World  # noqa: E402

MAC = "52:54:00:78:00:01"
URL = f"http://{SERVER_ADDRESS}:{HTTP_PORT}"
# What carries no data: acknowledgements, and the end of the connection. The request carries some.
SILENT = f"tcp dport {HTTP_PORT} ip length < 90 tcp flags & syn == 0 counter drop"


class Client:
    """curl in the namespace of the machines."""

    def __init__(self, world: World) -> None:
        self.world, self.namespace = world, world.network.pxe

    def fetch(self, url: str, seconds: int = 20) -> bytes:
        """What came, whole or not."""
        return subprocess.run(["curl", "-sS", "--max-time", str(seconds), url], capture_output=True, check=False, timeout=60,
                              preexec_fn=lambda: enter_network_namespace(self.namespace)).stdout

    def fall_silent(self) -> None:
        run("nft", "add table inet silence", namespace=self.namespace)
        run("nft", "add chain inet silence output { type filter hook output priority 0; }", namespace=self.namespace)
        run("nft", f"add rule inet silence output {SILENT}", namespace=self.namespace)

    def sent(self, file: str) -> list[dict[str, object]]:
        return [event for event in self.world.server.events() if event.get("file") == file]


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary)
    world.add_host("r640", MAC)
    world.server.start()
    client = Client(world)
    script = client.fetch(f"{URL}/boot/script?mac={MAC}&arch=amd64").decode()
    links = {word.rsplit("/", 1)[-1]: word for word in script.split() if word.startswith(f"{URL}/boot/")}
    wanted = client.fetch(links["overlay"])
    client.fall_silent()
    overlay = client.fetch(links["overlay"])
    checks.that("a small file comes whole without an acknowledgement", len(wanted) > 0 and overlay == wanted, len(overlay))
    wait_until(lambda: len(client.sent("overlay")) == 2, 20, "the overlay's second event")
    event = client.sent("overlay")[1]
    details = event.get("details") or {}
    checks.that("it counts as fetched", not event.get("reason"), event)
    checks.that("and the event says how much of it nobody acknowledged",
                isinstance(details, dict) and int(str(details.get("unacknowledged", 0))) >= len(overlay), event)
    kernel = client.fetch(links["kernel"], 5)
    checks.that("a large one stops where nobody says that it comes on",
                0 < len(kernel) < (world.image / "linux").stat().st_size, len(kernel))
    checks.that("and never counts", all(event.get("reason") for event in client.sent("kernel")), client.sent("kernel"))


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
