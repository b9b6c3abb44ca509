#!/usr/bin/env python3
"""A log that nobody reads stops no machine: the pipe behind it fills, and the answers go on."""

from __future__ import annotations

import os
import select
import sys
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import pxe  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import SERVER_ADDRESS, Network  # noqa: E402
from lab.processes import wait_until  # noqa: E402
from lab.pxe_client import Client, Firmwares, machine_address  # noqa: E402
from lab.server import Server  # noqa: E402

MACHINES = 1500
AT_ONCE = 50
# Standard error becomes a pipe whose reader sleeps: what a stopped pager or a stuck log driver is.
STUCK = ("bash", "-c", 'exec "$@" 2> >(exec sleep 600)', "musterd")


def is_full(pid: int) -> bool:
    """Whether the pipe behind standard error takes no more."""
    pipe = os.open(f"/proc/{pid}/fd/2", os.O_WRONLY | os.O_NONBLOCK)
    try:
        return not select.select([], [pipe], [], 0)[1]
    finally:
        os.close(pipe)


def offers(machines: Firmwares, first: int) -> tuple[list[Client], float]:
    """As many machines at once as a rack; those that were answered, and after how many seconds all were."""
    clients = [machines.client(pxe.Kind.UEFI_X64, machine_address(first + number)) for number in range(AT_ONCE)]
    begun = monotonic()
    machines.discover(*clients)
    machines.listen(5, lambda: all(client.offers_from(SERVER_ADDRESS) for client in clients))
    return [client for client in clients if client.offers_from(SERVER_ADDRESS)], monotonic() - begun


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    network = Network(lifetime)
    server = Server(lifetime, network, folder, binary, wrapper=STUCK)
    hosts = "".join(f'[[host]]\nname = "m{number}"\nmac = ["{pxe.address_text(machine_address(number))}"]\n'
                    'profile = "hold"\n' for number in range(MACHINES + AT_ONCE))
    (server.folder / "hosts.d" / "many.toml").write_text(hosts)
    server.start()
    assert server.process
    pid = server.process.pid
    with Firmwares(network) as machines:
        answered = sum(len(offers(machines, first)[0]) for first in range(0, MACHINES, AT_ONCE))
        checks.equal("every machine is offered while the log fills", answered, MACHINES)
        checks.that("the pipe behind the log is full", is_full(pid))
        last, took = offers(machines, MACHINES)
        checks.equal("with the log stuck, every machine is offered", len(last), AT_ONCE)
        checks.that("and at once", took < 1, f"{took:.2f} s")
        checks.that("the log is still stuck", is_full(pid))
    known = lambda: len({event["host"] for event in server.events() if event["kind"] == "dhcp_offer"})  # noqa: E731
    wait_until(lambda: known() == MACHINES + AT_ONCE, 10, "every offer is in the journal")
    checks.that("what the log lost, the journal has", True)
    begun = monotonic()
    checks.equal("it stops in order, stuck as its log is", server.stop(), 0)
    checks.that("and soon", monotonic() - begun < 5, f"{monotonic() - begun:.2f} s")


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
