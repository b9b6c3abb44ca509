"""An image that no machine could start, but that is imported and served as one that could: for tests of the server alone."""

from __future__ import annotations

import random
from pathlib import Path


def write_small_image(folder: Path, kernel_bytes: int = 1 << 20, initrd_bytes: int = 4 << 20) -> Path:
    """A folder with `linux` and `initrd`. A kernel is told by "HdrS" (Documentation/arch/x86/boot.rst), here for
    amd64, an initrd by newc's magic."""
    folder.mkdir(parents=True, exist_ok=True)
    noise = random.Random(1)
    kernel = bytearray(noise.randbytes(kernel_bytes))
    kernel[0x1FE:0x200] = b"\x55\xaa"
    kernel[0x202:0x208] = b"HdrS\x0f\x02"
    kernel[0x236:0x238] = b"\x01\0"  # xloadflags: it has a 64-bit entry point
    (folder / "linux").write_bytes(kernel)
    (folder / "initrd").write_bytes(b"070701" + b"0" * 104 + noise.randbytes(initrd_bytes - 110))
    return folder
