#!/usr/bin/env python3
"""A diskless machine whose card brings its own iPXE is given ours first, and boots end to end: `ipxe = "chain"`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.boot_checks import MAC, boots  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.machine import Firmware  # noqa: E402
from lab.world import World  # noqa: E402

LOADER = "ipxe.pxe"


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary, configuration='[dhcp]\nipxe = "chain"\n')
    world.add_host("chained", MAC)
    world.server.start()
    machine = world.power_on("chained", MAC, Firmware.BIOS)
    if not boots(checks, world, machine, timeout=150):
        return
    sent = [event["file"] for event in world.server.events() if event["kind"] == "file_sent"]
    checks.equal("our iPXE came once", sent.count(LOADER), 1)
    starts = machine.serial().count("Open Source Network Boot Firmware")
    checks.equal("iPXE ran twice: the card's, then ours", starts, 2)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
