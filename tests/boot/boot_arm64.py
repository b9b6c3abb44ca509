#!/usr/bin/env python3
"""A diskless arm64 machine boots end to end: AAVMF by its own PXE, through the GRUB that deploy/loaders makes. The
LAN's DHCP server names itself as next server, as most do, so GRUB finds musterd only by what musterd wrote into it.

At first its host is on hold and musterd is stopped: GRUB waits for both, and boots when it may."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.boot_checks import MAC, boots  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.machine import Firmware, Machine  # noqa: E402
from lab.processes import wait_until  # noqa: E402
from lab.world import World  # noqa: E402

NAME, LOADER = "arm64", "grubaa64-musterd.efi"
# What GRUB could expand or cut: the kernel must get it as the profile has it.
ARGUMENTS = ("lab.text=a$net_default_mac", "lab.list={b};c", 'lab.words="d e"')


def hold_and_release(checks: Checks, world: World, machine: Machine) -> None:
    """GRUB says that the machine is on hold; then musterd stops, and comes back with the host released."""
    wait_until(lambda: "musterd: this machine is on hold" in machine.serial(), 120, "GRUB says why it waits")
    checks.equal("a machine on hold begins no boot", kinds(world).count("boot_started"), 0)
    world.server.stop()
    world.add_host(NAME, MAC)
    world.server.start()


def kinds(world: World) -> list[str]:
    return [event["kind"] for event in world.server.events()]


def check_way(checks: Checks, world: World, machine: Machine) -> None:
    events = world.server.events()
    sent = [(event["file"], event["details"]["protocol"]) for event in events if event["kind"] == "file_sent"]
    checks.that("GRUB came by TFTP", (LOADER, "tftp") in sent, sent)
    files = {file for file, protocol in sent if protocol == "http"}
    checks.that("kernel, initrd and overlay came by HTTP", {"kernel", "initrd", "overlay"} <= files, sent)
    checks.equal("GRUB began one boot", kinds(world).count("boot_started"), 1)
    line = next((line for line in machine.serial().splitlines() if "Kernel command line: " in line), "")
    words = ' lab.text=a$net_default_mac lab.list={b};c "lab.words=d e" musterd.boot='
    checks.that("the profile's arguments reached the kernel unchanged", words in line, line)


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary, arguments=ARGUMENTS, architecture="arm64")
    world.server.add_host(NAME, MAC, "hold")
    world.server.start()
    machine = world.power_on(NAME, MAC, Firmware.ARM64)
    hold_and_release(checks, world, machine)
    if boots(checks, world, machine, timeout=200):
        check_way(checks, world, machine)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
