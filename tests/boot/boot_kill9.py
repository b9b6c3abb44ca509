#!/usr/bin/env python3
"""musterd is killed with -9 while a machine downloads its initrd, and started again: the machine still comes up, with
no help, in the same boot, and the journal has every event acknowledged before, once."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from time import sleep

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.boot_checks import boots  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.machine import Firmware, Machine  # noqa: E402
from lab.processes import wait_until  # noqa: E402
from lab.world import World  # noqa: E402

NAME, MAC = "survivor", "52:54:00:00:00:03"
INITRD_PADDING_MIB = 60  # about two seconds of download on a slow computer
OUTAGE_SECONDS = 3


def kill_in_mid_download(checks: Checks, world: World, machine: Machine) -> set[str]:
    """Returns the ids of the events that musterd had told of before it died."""
    kernel = (world.image / "linux").stat().st_size
    initrd = (world.image / "initrd.gz").stat().st_size
    before = world.server.sent_bytes()
    # Seen by the bytes that left the namespace, so it does not hang on what musterd says of itself.
    wait_until(lambda: world.server.sent_bytes() - before > kernel + initrd // 6, 120, "the initrd's download",
               interval=0.005)
    told = {event["id"] for event in world.server.events()}
    sent = world.server.sent_bytes() - before
    world.server.kill()
    checks.that("killed in the middle of the initrd", kernel < sent < kernel + initrd, f"{sent} bytes sent")
    checks.that("events were acknowledged before the kill", len(told) > 0)
    checks.that("the machine was not up yet", not machine.markers(), machine.markers())
    return told


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary, padding_mib=INITRD_PADDING_MIB)
    world.add_host(NAME, MAC)
    world.server.start()
    machine = world.power_on(NAME, MAC, Firmware.BIOS)
    told = kill_in_mid_download(checks, world, machine)
    sleep(OUTAGE_SECONDS)  # a real outage, seen by a real machine
    world.server.start()
    boot = world.server.host(NAME)["boot"]["id"]

    host = boots(checks, world, machine, timeout=180)

    if host:
        checks.equal("it came up in the boot that was interrupted", host["boot"]["id"], boot)
    downloads = machine.serial().count(f"/boot/{boot}/initrd")
    checks.that("it asked for the initrd again", downloads >= 2, f"{downloads} times")
    times = Counter(event["id"] for event in world.server.events())
    lost = sorted(told - set(times))
    checks.that("every event told of before is in the journal", not lost, lost)
    checks.that("each event is there once", set(times.values()) == {1}, times.most_common(3))


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
