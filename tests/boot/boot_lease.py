#!/usr/bin/env python3
"""Diskless machines boot end to end on a cable with no DHCP server but musterd, which leases them their address."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.boot_checks import boots  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.machine import Firmware, Machine  # noqa: E402
from lab.world import World  # noqa: E402

GATEWAY, NAME_SERVER = "10.55.0.1", "10.55.0.53"
MACHINES = (("leased-bios", "52:54:00:00:04:01", "10.55.0.77", Firmware.BIOS),
            ("leased-uefi", "52:54:00:00:04:02", "10.55.0.78", Firmware.UEFI),
            ("leased-http", "52:54:00:00:04:03", "10.55.0.79", Firmware.UEFI_HTTP))


def check_lease(checks: Checks, machine: Machine) -> None:
    said = machine.markers()
    wanted = f"lease has router {GATEWAY}, dns {NAME_SERVER}, 3600 s"
    checks.that("the lease has gateway, name server and time", wanted in said, said)


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary, lan=None)
    for name, mac, address, _ in MACHINES:
        world.add_host(name, mac, f'address = "{address}/24"\ngateway = "{GATEWAY}"\ndns = ["{NAME_SERVER}"]\n'
                                  'lease = "1h"\n')
    world.server.start()
    for name, mac, address, firmware in MACHINES:
        machine = world.power_on(name, mac, firmware)
        if boots(checks, world, machine, timeout=150, our_lease=address):
            check_lease(checks, machine)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
