"""BlueField boot streams (BFB): a writer for what BFBs of every version have in common, and the lab's kernel in one."""

from __future__ import annotations

import lzma
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BL2, BOOT_ARGS, INFO, KERNEL, INITRAMFS = 1, 59, 50, 62, 63  # image ids
_MAGIC = 0x13026642
_MAJOR, _MINOR, _HEADER_WORDS = 1, 2, 3


@dataclass(frozen=True)
class Part:
    number: int
    version: int  # 0 for every chip, 1 BlueField-2, 2 BlueField-3
    content: bytes


def write_bfb(parts: Sequence[Part]) -> bytes:
    """Records one behind another: 24 bytes of header, little endian, the content, zeros up to a multiple of 8."""
    file, following = b"", 0
    later: dict[int, int] = {}  # the version of the next record with that id
    for part in reversed(parts):
        padded = part.content + bytes(-len(part.content) % 8)
        word = (_MAGIC | _MAJOR << 32 | _MINOR << 36 | later.get(part.number, 0) << 44 | part.version << 48
                | _HEADER_WORDS << 52 | part.number << 56)
        header = struct.pack("<QIIQ", word, len(part.content), zlib.crc32(padded), following)
        file = header + padded + file
        following |= 1 << part.number
        later[part.number] = part.version
    return file


def bfb_of_image(image: Path, architecture: str, folder: Path) -> Path:
    """The lab's kernel and initrd as a bundle for BlueField-2 has them: the kernel in LZMA, of boot arguments those of
    BlueField-1 and 2 and those of BlueField-3. But for `earlycon`, whose addresses are something else in QEMU."""
    assert architecture == "arm64"
    kernel = lzma.compress((image / "linux").read_bytes(), lzma.FORMAT_ALONE, preset=0)
    info = b'{"Members": [{"Name": "BF2_UEFI", "Version": "4.9.0-lab", "SoftwareId": "uefi"}]}'
    bundle = folder / "lab.bfb"
    bundle.write_bytes(write_bfb([
        Part(BL2, 0, b"bl2 of BlueField-1"), Part(BL2, 1, b"bl2 of BlueField-2"), Part(BL2, 2, b"bl2 of BlueField-3"),
        Part(BOOT_ARGS, 0, b"console=hvc0 console=ttyAMA0 initrd=initramfs"),
        Part(BOOT_ARGS, 2, b"console=hvc0 lab.bluefield=3 initrd=initramfs"),
        Part(INFO, 0, info), Part(KERNEL, 0, kernel), Part(INITRAMFS, 0, (image / "initrd.gz").read_bytes()),
    ]))
    return bundle
