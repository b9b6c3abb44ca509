#!/usr/bin/env python3
"""Diskless machines with other network cards boot end to end: e1000 and rtl8139 by their iPXE ROMs under BIOS, e1000
by its iPXE ROM under UEFI, and a machine with two cards of which the second is the one that musterd knows."""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.boot_checks import boots  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.machine import Card, Firmware, Machine  # noqa: E402
from lab.world import World  # noqa: E402

STRANGER = Card("52:54:00:00:01:ff")
# Host, address, firmware, card; one after the other, since emulation is slow enough for one.
MACHINES = (("e1000", "52:54:00:00:01:01", Firmware.BIOS, "e1000"),
            ("rtl8139", "52:54:00:00:01:02", Firmware.BIOS, "rtl8139"),
            ("e1000-uefi", "52:54:00:00:01:03", Firmware.UEFI_ROM, "e1000"))
SECOND_CARD = ("second", "52:54:00:00:01:04", Firmware.BIOS, "virtio-net-pci")


def check_second_card(checks: Checks, world: World, machine: Machine) -> None:
    serial = machine.serial()
    named = set(re.findall(r"BOOTIF=01-([0-9a-f-]{17})", serial))
    checks.equal("BOOTIF is the card that booted", named, {machine.mac.replace(":", "-")})
    events = world.server.events()
    seen = [event["mac"] for event in events if event["kind"] == "machine_seen"]
    checks.that("the first card asked and nobody knew it", STRANGER.mac in seen, seen)
    answered = {event["mac"] for event in events if event["kind"] in ("dhcp_offer", "dhcp_ack")}
    checks.that("the first card got no answer", STRANGER.mac not in answered, answered)


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary)
    for name, mac, *_ in (*MACHINES, SECOND_CARD):
        world.add_host(name, mac)
    world.server.start()
    for name, mac, firmware, model in MACHINES:
        machine = world.power_on(name, mac, firmware, model)
        boots(checks, world, machine, timeout=150)
        machine.power_off()
    machine = world.power_on(*SECOND_CARD, other_cards=[STRANGER])
    if boots(checks, world, machine, timeout=180):
        check_second_card(checks, world, machine)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
