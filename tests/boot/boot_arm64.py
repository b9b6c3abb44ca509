#!/usr/bin/env python3
"""A diskless arm64 machine boots end to end: AAVMF by its own PXE, through the GRUB that deploy/loaders makes. The
LAN's DHCP server names itself as next server, as most do, so GRUB finds musterd only by what musterd wrote into it.

Its image is a BlueField bundle (BFB): kernel, initramfs and boot arguments come out of it.

At first its host is on hold and musterd is stopped: GRUB waits for both, and boots when it may."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import bfb  # noqa: E402
from lab.boot_checks import MAC, boots  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.machine import Firmware, Machine  # noqa: E402
from lab.processes import wait_until  # noqa: E402
from lab.world import PROFILE, World  # noqa: E402

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
    words = (2 * ' console=ttyAMA0' + ' lab.text=a$net_default_mac lab.list={b};c "lab.words=d e" musterd.boot=')
    checks.that("the arguments of BFB and profile reached the kernel unchanged", words in line, line)


def check_bfb(checks: Checks, world: World) -> None:
    golden = ("426602132100303b0c000000e7bab3e100000000000000c0636f6e736f6c653d6876633000000000"
              "426602132100303e0700000090ddb6f800000000000000804b45524e454c2100"
              "426602132100303f09000000fe72c4020000000000000000494e495452442d396200000000000000")
    written = bfb.write_bfb([bfb.Part(bfb.BOOT_ARGS, 0, b"console=hvc0"), bfb.Part(bfb.KERNEL, 0, b"KERNEL!"),
                             bfb.Part(bfb.INITRAMFS, 0, b"INITRD-9b")])
    checks.equal("the lab writes a BFB as mlx-mkbfb does", written.hex(), golden)
    image = world.server.must("image", "show", PROFILE, "--json").json()
    checks.equal("the BFB is known for what it is", (image["kind"], image["arch"], image["firmware"][0]["name"]),
                 ("bfb", "arm64", "BF2_UEFI"))
    checks.equal("its whole and its parts are sound", world.server.ask("image", "verify", PROFILE, timeout=60).code, 0)


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary, arguments=ARGUMENTS, architecture="arm64", shape=bfb.bfb_of_image)
    check_bfb(checks, world)
    world.server.add_host(NAME, MAC, "hold")
    world.server.start()
    machine = world.power_on(NAME, MAC, Firmware.ARM64)
    hold_and_release(checks, world, machine)
    if boots(checks, world, machine, timeout=200):
        check_way(checks, world, machine)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
