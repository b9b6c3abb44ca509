#!/usr/bin/env python3
"""A diskless machine boots end to end: SeaBIOS with QEMU's iPXE ROM."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.boot_checks import boots  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.machine import Firmware  # noqa: E402
from lab.world import World  # noqa: E402

MAC = "52:54:00:00:00:01"


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary)
    world.add_host("bios", MAC)
    world.server.start()
    machine = world.power_on("bios", MAC, Firmware.BIOS)
    boots(checks, world, machine, timeout=120)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
