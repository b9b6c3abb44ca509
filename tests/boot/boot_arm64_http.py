#!/usr/bin/env python3
"""A diskless arm64 machine boots end to end by UEFI HTTP Boot: AAVMF with PXE switched off. Nothing comes by TFTP. Its
image is an ISO: the initrd is served out of it, and the kernel, which is packed there, unpacked."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.boot_checks import one_machine, without_tftp  # noqa: E402
from lab.checks import run_program  # noqa: E402
from lab.iso import iso_of_image  # noqa: E402
from lab.machine import Firmware  # noqa: E402

if __name__ == "__main__":
    story = one_machine(Firmware.ARM64_HTTP, timeout=280, shape=iso_of_image, after=lambda checks, world: without_tftp(
        checks, world, "grubaa64-musterd.efi", ["HTTP Boot"]))
    sys.exit(run_program(__doc__ or "", story))
