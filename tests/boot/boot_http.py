#!/usr/bin/env python3
"""A diskless machine boots end to end by UEFI HTTP Boot: OVMF with PXE switched off. Nothing comes by TFTP."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.boot_checks import one_machine, without_tftp  # noqa: E402
from lab.checks import run_program  # noqa: E402
from lab.machine import Firmware  # noqa: E402

if __name__ == "__main__":
    story = one_machine(Firmware.UEFI_HTTP, timeout=180, after=lambda checks, world: without_tftp(
        checks, world, "snponly.efi", ["HTTP Boot", "iPXE"]))
    sys.exit(run_program(__doc__ or "", story))
