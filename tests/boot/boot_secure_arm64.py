#!/usr/bin/env python3
"""An arm64 machine with Secure Boot on (AAVMF with Microsoft's keys) boots end to end through Debian's shim and signed
GRUB, with an address of ours."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.boot_checks import MAC, boots  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.machine import Firmware  # noqa: E402
from lab.world import World  # noqa: E402

ADDRESS = "10.55.0.77"


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary, architecture="arm64")
    world.add_host("secure", MAC, f'secure_boot = "on"\naddress = "{ADDRESS}/24"\n')
    world.server.start()
    machine = world.power_on("secure", MAC, Firmware.ARM64_SECURE)
    if not boots(checks, world, machine, timeout=200, our_lease=ADDRESS):
        return
    checks.that("its kernel sees Secure Boot", "UEFI Secure Boot is enabled" in machine.serial())
    sent = {event["file"] for event in world.server.events() if event["kind"] == "file_sent"}
    checks.that("it came through shim and GRUB", {"shimaa64.efi", "grubaa64.efi"} <= sent, sent)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
