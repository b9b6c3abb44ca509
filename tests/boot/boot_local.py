#!/usr/bin/env python3
"""Machines that try the network first and are to boot from their disk reach it, each way that `local_boot` knows."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import Checks, run_program  # noqa: E402
from lab.disk import BOOTED  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.machine import Firmware  # noqa: E402
from lab.processes import LabError, wait_until  # noqa: E402
from lab.world import World  # noqa: E402

# With no offer UEFI waits a minute for each of its network options: `none` is tried with HTTP Boot as the only one.
WAYS = (("exit", Firmware.BIOS), ("sanboot", Firmware.BIOS), ("none", Firmware.BIOS),
        ("chain", Firmware.UEFI), ("exit", Firmware.UEFI), ("none", Firmware.UEFI_HTTP), ("chain", Firmware.ARM64),
        ("chain", Firmware.ARM32))
OFFERS = {"dhcp_offer", "dhcp_ack"}


def check(checks: Checks, world: World, name: str, mac: str, way: str, firmware: Firmware) -> None:
    machine = world.power_on(name, mac, firmware, disk=True)
    try:
        wait_until(lambda: not machine.process.running(), 180, "the disk's program switches the machine off")
    except LabError:
        pass
    checks.that(f"{firmware.value}, {way}: it booted from its disk", BOOTED in machine.markers(),
                machine.serial()[-1500:])
    machine.power_off()
    kinds = {event["kind"] for event in world.server.events() if event.get("mac") == mac}
    what = "nothing was offered to it" if way == "none" else "it was offered a way there"
    checks.equal(f"{firmware.value}, {way}: {what}", bool(kinds & OFFERS), way != "none")


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary)
    machines = [(f"{firmware.value}-{way}", f"52:54:00:00:06:{number:02x}", way, firmware)
                for number, (way, firmware) in enumerate(WAYS)]
    for name, mac, way, _ in machines:
        world.add_host(name, mac, f'local_boot = "{way}"\n', profile="local")
    world.server.start()
    for machine in machines:
        check(checks, world, *machine)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
