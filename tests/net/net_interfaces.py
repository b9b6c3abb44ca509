#!/usr/bin/env python3
"""Interfaces come, go and change their address; the server follows, says so once, and serves on."""

from __future__ import annotations

import sys
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import pxe  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import SERVER_ADDRESS  # noqa: E402
from lab.processes import run, wait_until  # noqa: E402
from lab.pxe_client import Firmwares, machine_address  # noqa: E402
from lab.world import World  # noqa: E402

OTHER_ADDRESS = "10.55.0.6"
GONE = "no DHCP on eth0"
PATIENCE = 10  # seconds
TOLD = 0.7  # seconds: the kernel tells of a change; without that the server would look every two
SECOND_ADDRESS = "10.77.0.5"


def link(world: World, *words: str) -> None:
    run("ip", *words, namespace=world.network.boot)


def offered_by(machines: Firmwares, address: str, machine: int = 0) -> bool:
    """Whether a DISCOVER of the machine is answered from there, within a second."""
    client = machines.client(pxe.Kind.BIOS_ROM, machine_address(machine))
    machines.discover(client)
    machines.listen(1, lambda: bool(client.offers_from(address)))
    return bool(client.offers_from(address))


def has_second_address(checks: Checks, world: World, machines: Firmwares) -> None:
    """A host whose lease is in the network of the interface's second address is answered from that address."""
    output = world.server.process.output
    in_time = 0
    for _ in range(3):
        for verb in ("add", "del"):
            before = output().count("proxyDHCP on eth0")
            began = monotonic()
            link(world, "address", verb, f"{SECOND_ADDRESS}/24", "dev", "eth0")
            wait_until(lambda: output().count("proxyDHCP on eth0") > before, PATIENCE, "the address is noticed",
                       interval=0.02)
            in_time += monotonic() - began < TOLD
    checks.equal("six changes of addresses were noticed at once", in_time, 6)
    link(world, "address", "add", f"{SECOND_ADDRESS}/24", "dev", "eth0")
    wait_until(lambda: offered_by(machines, SECOND_ADDRESS, 1), PATIENCE, "an offer from the second address")
    checks.that("a host leased from the second network is answered from there", True)
    checks.that("another one from the first", offered_by(machines, SERVER_ADDRESS))
    link(world, "address", "del", f"{SECOND_ADDRESS}/24", "dev", "eth0")
    wait_until(lambda: offered_by(machines, SERVER_ADDRESS), PATIENCE, "eth0 is served again")


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary)
    world.add_host("r640", pxe.address_text(machine_address(0)))
    world.add_host("r641", pxe.address_text(machine_address(1)), 'address = "10.77.0.9/24"\n')
    world.server.start()
    assert world.server.process
    output = world.server.process.output
    with Firmwares(world.network) as machines:
        checks.that("a DISCOVER is answered", offered_by(machines, SERVER_ADDRESS))

        has_second_address(checks, world, machines)
        link(world, "link", "set", "eth0", "down")
        wait_until(lambda: "eth0 went away or changed" in output(), PATIENCE, "the server sees that eth0 is down")
        checks.that("without its interface the server runs on", world.server.running())
        link(world, "link", "set", "eth0", "up")
        wait_until(lambda: offered_by(machines, SERVER_ADDRESS), PATIENCE, "eth0 is served again")
        checks.that("when the interface is back it is served again", True)

        link(world, "address", "del", f"{SERVER_ADDRESS}/24", "dev", "eth0")
        link(world, "address", "add", f"{OTHER_ADDRESS}/24", "brd", "+", "dev", "eth0")
        wait_until(lambda: offered_by(machines, OTHER_ADDRESS), PATIENCE, "offers come from the new address")
        checks.that("offers come from the address that the interface has now", True)
        checks.that("and none from the old one", not offered_by(machines, SERVER_ADDRESS))

        before = output().count(GONE)
        link(world, "link", "set", "eth0", "down")
        link(world, "link", "set", "eth0", "name", "eth9", "up")
        wait_until(lambda: output().count(GONE) > before, PATIENCE, "the server says that eth0 is gone")
        checks.that("an interface that is not named is not served", not offered_by(machines, OTHER_ADDRESS))
        link(world, "link", "set", "eth9", "down")
        link(world, "link", "set", "eth9", "name", "eth0", "up")
        wait_until(lambda: offered_by(machines, OTHER_ADDRESS), PATIENCE, "eth0 is served again")
        checks.that("renamed away and back, it is served again", True)
        checks.equal("its absence was said once", output().count(GONE), before + 1)
    checks.equal("it stops in order", world.server.stop(), 0)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
