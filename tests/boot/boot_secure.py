#!/usr/bin/env python3
"""Machines with Secure Boot on (OVMF with Microsoft's keys) boot end to end through Debian's shim and signed GRUB to
Debian's signed kernel: one whose address is ours to give, beside the LAN's server, and one whose LAN's server names
musterd as next server. A machine that is given an unsigned loader refuses it."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.boot_checks import boots  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lan import LanDhcpServer  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.machine import Firmware, Machine  # noqa: E402
from lab.network import SERVER_ADDRESS  # noqa: E402
from lab.processes import wait_until  # noqa: E402
from lab.world import World  # noqa: E402

ADDRESS = "10.55.0.77"
LEASED, NEXT, REFUSING = "52:54:00:00:05:01", "52:54:00:00:05:02", "52:54:00:00:05:03"
SECURE = 'secure_boot = "on"\n'


def secure_boots(checks: Checks, world: World, name: str, mac: str, our_lease: str = "") -> None:
    machine = world.power_on(name, mac, Firmware.UEFI_SECURE)
    if not boots(checks, world, machine, timeout=150, our_lease=our_lease):
        return
    checks.that("its kernel sees Secure Boot", "secureboot: Secure boot enabled" in machine.serial())
    sent = sent_to(world, mac)
    checks.that("it came through shim and GRUB", {"shimx64.efi", "grubx64.efi"} <= set(sent), sent)


def sent_to(world: World, mac: str) -> list[str]:
    return [event["file"] for event in world.server.events() if event["kind"] == "file_sent" and event.get("mac") == mac]


def refused(machine: Machine) -> bool:
    serial = machine.serial()  # which of the two depends on EDK2's age
    return "Access Denied" in serial or "Security Violation" in serial


def refuses(checks: Checks, world: World) -> None:
    machine = world.power_on("refusing", REFUSING, Firmware.UEFI_SECURE)
    wait_until(lambda: refused(machine) or not machine.process.running(), 120, "the firmware refuses its loader")
    checks.that("the firmware refuses an unsigned loader", refused(machine), machine.serial()[-500:])
    machine.power_off()
    sent = sent_to(world, REFUSING)
    checks.equal("musterd sent it that loader and nothing else", set(sent), {"snponly.efi"})
    kinds = [event["kind"] for event in world.server.events() if event.get("mac") == REFUSING]
    checks.equal("it began no boot", kinds.count("boot_started"), 0)


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary)
    world.add_host("leased", LEASED, f'{SECURE}address = "{ADDRESS}/24"\n')
    world.add_host("next", NEXT, SECURE)
    world.add_host("refusing", REFUSING, 'secure_boot = "off"\n')
    world.server.start()
    secure_boots(checks, world, "leased", LEASED, our_lease=ADDRESS)
    world.replace_lan(partial(LanDhcpServer, next_server=SERVER_ADDRESS))
    secure_boots(checks, world, "next", NEXT)
    refuses(checks, world)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
