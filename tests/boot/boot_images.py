#!/usr/bin/env python3
"""Images that are no kernel: an EFI program, a disk and an ISO, each booted by firmware that can: UEFI HTTP Boot takes
an ISO for a RAM disk, iPXE chains an EFI program under UEFI and reads a disk under BIOS, GRUB chains on arm64."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import Checks, run_program  # noqa: E402
from lab.disk import BOOTED, efi_program, make_boot_iso, make_disk  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.machine import Firmware, Machine  # noqa: E402
from lab.processes import LabError, wait_until  # noqa: E402
from lab.world import World  # noqa: E402

# Image, its profile's arguments, the firmware that boots it, and what of the boot is fetched.
MACHINES = (("iso", Firmware.UEFI_HTTP, "disk"), ("program", Firmware.UEFI, "loader"), ("disk", Firmware.BIOS, "disk"),
            ("arm-program", Firmware.ARM64, "loader"))


def import_all(world: World) -> None:
    folder = world.folder
    images = {"disk": make_disk(folder / "disk.img", "amd64")}
    for name, architecture in (("program", "amd64"), ("arm-program", "arm64")):
        (folder / name).mkdir()
        images[name] = efi_program(folder / name, architecture)
    (folder / "iso").mkdir()
    images["iso"] = make_boot_iso(folder / "iso", "amd64")
    for name, image in images.items():
        as_disk = ["--disk"] if name == "iso" else []
        world.server.must("image", "import", str(image), "--name", name, *as_disk, timeout=60)
        (world.server.folder / "profiles.d" / f"{name}.toml").write_text(
            f'[profile.{name}]\ninherits = "linux"\nimage = "{name}"\n')


def check_machine(checks: Checks, world: World, machine: Machine, file: str) -> None:
    name = machine.name
    try:
        wait_until(lambda: not machine.process.running(), 150, "the image's program switches the machine off")
    except LabError:
        pass
    checks.that(f"{name}: it booted", BOOTED in machine.markers(), machine.serial()[-1500:])
    machine.power_off()
    events = [event for event in world.server.events() if event.get("host") == name]
    boots = [event["boot"] for event in events if event["kind"] == "boot_started"]
    checks.equal(f"{name}: that was one boot", len(boots), 1)
    # Who powers off at once acknowledges nothing more: that is waited for.
    wait_until(lambda: any(event["kind"] == "file_sent" and event.get("host") == name and event.get("boot") in boots
                           for event in world.server.events()), 30, f"{name} has fetched something")
    events = [event for event in world.server.events() if event.get("host") == name]
    sent = [event for event in events if event["kind"] == "file_sent" and event.get("boot") in boots]
    checks.equal(f"{name}: it fetched that and nothing else", {event["file"] for event in sent}, {file})
    checks.that(f"{name}: many reads are few events", len(sent) < 40, len(sent))
    if name != "disk":
        checks.equal(f"{name}: once, and whole", [event["sent"] == event["size"] for event in sent], [True])
        checks.equal(f"{name}: the roll has it", world.server.host(name)["stage"], "kernel")


def check_warnings(checks: Checks, world: World) -> None:
    said = world.server.ask("check")
    checks.equal("check finds no error in such images", said.code, 0)
    for words in ("BIOS cannot", "machines that load GRUB"):
        checks.that(f"and says who cannot start them: {words}", words in said.errors, said)


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary)
    import_all(world)
    for number, (name, _, _) in enumerate(MACHINES):
        world.add_host(name, f"52:54:00:00:0e:{number:02x}", profile=name)
    check_warnings(checks, world)
    world.server.start()
    for number, (name, firmware, file) in enumerate(MACHINES):
        check_machine(checks, world, world.power_on(name, f"52:54:00:00:0e:{number:02x}", firmware), file)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
