#!/usr/bin/env python3
"""A diskless machine boots end to end: SeaBIOS with QEMU's iPXE ROM. Its image is a netboot tarball in
Ubuntu's shape."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.boot_checks import one_machine  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.machine import Firmware  # noqa: E402
from lab.tarball import tarball_of_image  # noqa: E402
from lab.world import PROFILE, World  # noqa: E402


def known(checks: Checks, world: World) -> None:
    image = world.server.must("image", "show", PROFILE, "--json").json()
    checks.equal("the tarball is known for what it is", (image["kind"], image["arch"]), ("ubuntu-netboot", "amd64"))


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", one_machine(Firmware.BIOS, timeout=120, after=known, shape=tarball_of_image)))
