"""What the boot tests have in common: a machine that came up, looked at from all four sides."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from lab.checks import Checks, Story
from lab.lifetime import Lifetime
from lab.machine import Firmware, Machine
from lab.network import SERVER_ADDRESS
from lab.world import Shape, World

MAC = "52:54:00:00:00:01"


def one_machine(
    firmware: Firmware, timeout: int, after: Callable[[Checks, World], None] | None = None,
    shape: Shape | None = None,
) -> Story:
    """The story of a program that boots one machine with one card and looks at it from all sides.

    after: what else to check when it is up. shape: as World has it.
    """

    def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
        world = World(lifetime, folder, binary, architecture=firmware.architecture, shape=shape)
        world.add_host(firmware.value, MAC)
        world.server.start()
        machine = world.power_on(firmware.value, MAC, firmware)
        if boots(checks, world, machine, timeout) and after:
            after(checks, world)

    return story


def without_tftp(checks: Checks, world: World, loader: str, clients: Sequence[str]) -> None:
    """It came up by UEFI HTTP Boot alone. clients: who asked by DHCP, in order of first appearance."""
    events = world.server.events()
    sent = [(event["file"], event["details"]["protocol"]) for event in events if event["kind"] == "file_sent"]
    checks.that("the loader came by HTTP", (loader, "http") in sent, sent)
    by_tftp = [event for event in events if event.get("details", {}).get("protocol") == "tftp"]
    checks.equal("nothing came by TFTP", by_tftp, [])
    asked = [event["details"]["client"] for event in events if event["kind"] == "dhcp_offer"]
    checks.equal("it asked for a loader as these clients", list(dict.fromkeys(asked)), list(clients))
    on_boot_port = [event for event in events if event["kind"] == "dhcp_ack"]
    checks.equal("it had no need of port 4011", on_boot_port, [])


def boots(
    checks: Checks, world: World, machine: Machine, timeout: int, our_lease: str = ""
) -> dict[str, Any] | None:
    """Waits until the machine is up and checks what musterd, the machine and the LAN's server say of it.

    our_lease: the address that musterd itself leases to it; a LAN's server beside it may have been faster all the same.
    Returns the host as musterd shows it, None when it did not come up.
    """
    name = machine.name
    try:
        waited = world.server.ask("wait", name, "--until", "up", "--timeout", f"{timeout}s", "--json",
                                  timeout=timeout + 10)
        came_up = checks.that(f"musterd wait {name} --until up ends with 0", waited.code == 0, waited)
    except subprocess.TimeoutExpired:
        came_up = checks.that(f"musterd wait {name} ends at its timeout", False, f"not after {timeout + 10} s")
    if not came_up:
        return None
    host = world.server.host(name)
    _check_host(checks, host, machine)
    _check_machine(checks, world, host, machine, our_lease)
    return host


def _check_host(checks: Checks, host: dict[str, Any], machine: Machine) -> None:
    checks.equal("the roll says up and ok", (host["stage"], host["condition"]), ("up", "ok"))
    checks.equal("the roll has the machine's address", host["macs"], [machine.mac])
    boot = host["boot"]
    times = {stage: datetime.fromisoformat(time) for stage, time in boot["stages"].items()}
    loader = ("loader",) if machine.firmware.fetches_loader else ()
    wanted = ("firmware", *loader, "script", "kernel", "initrd", "up")
    checks.that(f"the boot has the stages {' '.join(wanted)}", set(wanted) <= set(times), list(times))
    seen = [times[stage] for stage in wanted if stage in times]
    checks.that("the stages came in that order", seen == sorted(seen), boot["stages"])
    sizes = {file: (part["sent"], part["size"]) for file, part in boot["bytes"].items()}
    whole = all(sent == size > 0 for sent, size in sizes.values())
    checks.that("every file was sent whole", whole and {"kernel", "initrd", "overlay"} <= set(sizes), sizes)


def _check_machine(
    checks: Checks, world: World, host: dict[str, Any], machine: Machine, our_lease: str
) -> None:
    # The receipt is in the roll before wget in the machine has said so on the console.
    exited = _powered_off(machine)
    said = machine.markers()
    checks.that("its overlay arrived", "overlay ok" in said, said)
    up = next((line for line in said if line.startswith("up ")), "")
    leases = _leases(world, machine, our_lease)
    used = next((lease for lease in leases if f"lease {lease[0]} from {lease[1]}" in said), None)
    if checks.that("it used a lease that was given to it", used is not None, (leases, said)) and used:
        checks.that("it is up under its name and lease", up.startswith(f"up {host['name']} {used[0]} "), said)
    line = re.search(r"musterd\.boot=(\S+)", machine.serial())
    checks.equal("the boot id on its kernel line is the roll's", line and line[1], host["boot"]["id"])
    checks.equal("it powered off by itself", exited, 0)


def _leases(world: World, machine: Machine, our_lease: str) -> list[tuple[str, str]]:
    """The addresses that it may have, and who gave them."""
    leases = [(our_lease, SERVER_ADDRESS)] if our_lease else []
    by_lan = world.lan_lease(machine.mac)
    return leases + ([(by_lan.address, world.lan.address)] if by_lan else [])


def _powered_off(machine: Machine) -> int | None:
    try:
        return machine.process.wait(30)
    except subprocess.TimeoutExpired:
        return None
