#!/usr/bin/env python3
"""A diskless machine boots end to end: OVMF by its own PXE, through snponly.efi."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.boot_checks import boots  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.machine import Firmware  # noqa: E402
from lab.world import World  # noqa: E402

MAC = "52:54:00:00:00:02"


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary)
    world.add_host("uefi", MAC)
    world.server.start()
    machine = world.power_on("uefi", MAC, Firmware.UEFI)
    boots(checks, world, machine, timeout=180)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
