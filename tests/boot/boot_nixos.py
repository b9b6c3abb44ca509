#!/usr/bin/env python3
"""A diskless machine boots a NixOS netboot result: links into a store, with its kernel line in netboot.ipxe; kernel and
initrd are the lab's own."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.boot_checks import MAC, boots  # noqa: E402
from lab.checks import CACHE, Checks, run_program  # noqa: E402
from lab.image import build_image  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.machine import Firmware  # noqa: E402
from lab.world import World  # noqa: E402

NAME = "nixos"
INIT = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-nixos-system-lab-25.11/init"
SCRIPT = f"""#!ipxe
# Use the cmdline variable to allow the user to specify custom kernel params
kernel bzImage init={INIT} initrd=initrd nohibernate loglevel=4 ${{cmdline}}
initrd initrd
boot
"""
STORE_MIB = 52  # a NixOS initrd of less has lost its store, and is refused


def make_result(folder: Path) -> Path:
    """As `nix build` leaves it: a folder of links into the store."""
    image = build_image(CACHE, padding_mib=STORE_MIB)
    store, result = folder / "store", folder / "result"
    store.mkdir()
    result.mkdir()
    (store / "netboot.ipxe").write_text(SCRIPT)
    for name, target in (("bzImage", image / "linux"), ("initrd", image / "initrd.gz"),
                         ("netboot.ipxe", store / "netboot.ipxe")):
        (result / name).symlink_to(target)
    return result


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary)
    server = world.server
    server.import_image(make_result(folder), NAME)
    image = server.must("image", "show", NAME, "--json").json()
    checks.equal("it is known for what it is", (image["kind"], image["args"][0]), ("nixos", f"init={INIT}"))
    checks.equal("image verify", server.ask("image", "verify", NAME, timeout=60).code, 0)
    (server.folder / "profiles.d" / "nixos.toml").write_text(
        f'[profile.result]\ninherits = "nixos"\nimage = "{NAME}"\nargs = ["console=ttyS0", "ignore_loglevel"]\n')
    world.add_host(NAME, MAC, profile="result")
    server.start()
    machine = world.power_on(NAME, MAC, Firmware.BIOS, memory_mib=2048)
    if boots(checks, world, machine, timeout=180):
        line = next((line for line in machine.serial().splitlines() if "Kernel command line: " in line), "")
        words = line.split()
        wanted = (f"init={INIT}", "nohibernate", "loglevel=4", f"systemd.hostname={NAME}", "boot.panic_on_fail")
        checks.equal("the kernel line has what NixOS and its built-in profile want, each once",
                     [words.count(word) for word in wanted], [1] * len(wanted))


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
