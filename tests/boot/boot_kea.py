#!/usr/bin/env python3
"""Diskless machines boot end to end where Kea gives the leases: on a computer of its own, and on musterd's."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.boot_checks import boots  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lan import KeaDhcpServer  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.machine import Firmware  # noqa: E402
from lab.world import World  # noqa: E402


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary, lan=KeaDhcpServer)
    machines = (("apart", "52:54:00:00:02:01", Firmware.UEFI), ("together", "52:54:00:00:02:02", Firmware.BIOS))
    for name, mac, _ in machines:
        world.add_host(name, mac)
    world.server.start()
    for name, mac, firmware in machines:
        if name == "together":
            world.server.stop()
            world.replace_lan(partial(KeaDhcpServer, on_our_host=True))
            world.server.start()
        boots(checks, world, world.power_on(name, mac, firmware), timeout=150)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
