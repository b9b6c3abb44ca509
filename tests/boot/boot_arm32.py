#!/usr/bin/env python3
"""A diskless 32-bit ARM machine boots end to end: AAVMF by its own PXE, through the GRUB that deploy/loaders makes."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.boot_checks import one_machine  # noqa: E402
from lab.checks import run_program  # noqa: E402
from lab.machine import Firmware  # noqa: E402

if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", one_machine(Firmware.ARM32, timeout=150)))
