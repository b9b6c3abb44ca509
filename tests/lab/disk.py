"""A machine's own disk: GPT with an EFI system partition, and a boot sector for BIOS. Whichever firmware starts it, it
says `LAB: booted from disk` on the serial port and powers the machine off."""

from __future__ import annotations

import struct
import tempfile
import uuid
import zlib
from dataclasses import dataclass
from pathlib import Path

from lab.iso import make_iso
from lab.processes import LabError, run

BOOTED = "booted from disk"
ESP_GUID = uuid.UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")  # UEFI 2.10, table 5.7
_SECTOR = 512
_SECTORS = 64 << 11  # 64 MiB
_FIRST = 2048  # of the partition
_ENTRIES, _ENTRY_SIZE = 128, 128
_TABLE_SECTORS = _ENTRIES * _ENTRY_SIZE // _SECTOR
_LAST_USABLE = _SECTORS - _TABLE_SECTORS - 2
# x86 real mode at 0000:7c00: each character to COM1 when its transmitter is empty, then SLP_EN to the power management
# register of QEMU's machine `pc` as SeaBIOS places it (PM1a_CNT, I/O port 604h).
_BOOT_CODE = bytes.fromhex(
    "fc 31c0 8ed8 be 297c"  # cld; ds = 0; si = text, right behind this code
    "ac 84c0 74 12 88c3"  # next: al = [si++]; on 0 go to off; bl = al
    "ba fd03 ec a8 20 74 fb"  # ready: line status, transmitter empty?
    "ba f803 88d8 ee eb e9"  # send bl; next
    "ba 0406 b8 0020 ef f4 eb fd"  # off: 2000h to port 604h; halt
)


@dataclass(frozen=True)
class _Target:
    format: str  # GRUB's name of it
    file: str  # UEFI's, for a disk that no boot variable names


_TARGETS = {"amd64": _Target("x86_64-efi", "BOOTX64.EFI"), "arm64": _Target("arm64-efi", "BOOTAA64.EFI"),
            "armhf": _Target("arm-efi", "BOOTARM.EFI")}
_FOREIGN = Path(__file__).resolve().parents[2] / "build" / "foreign"


def make_disk(path: Path, architecture: str) -> Path:
    """A raw image. architecture: Debian's name; the boot sector is x86's whatever it is."""
    with open(path, "wb") as disk:
        disk.truncate(_SECTORS * _SECTOR)
        disk.write(_boot_sector())
        table = _partition_table()
        disk.write(_gpt_header(1, _SECTORS - 1, 2, table) + table)
        disk.seek((_LAST_USABLE + 1) * _SECTOR)
        disk.write(table + _gpt_header(_SECTORS - 1, 1, _LAST_USABLE + 1, table))
    partition = f"{path}@@{_FIRST * _SECTOR}"
    with tempfile.TemporaryDirectory() as scratch:
        program = efi_program(Path(scratch), architecture)
        run("mformat", "-i", partition, "-T", str(_LAST_USABLE - _FIRST + 1), "-h", "16", "-s", "63",
            "-H", str(_FIRST), "::")
        run("mmd", "-i", partition, "::/EFI", "::/EFI/BOOT")
        run("mcopy", "-i", partition, program, f"::/EFI/BOOT/{_TARGETS[architecture].file}")
    return path


def _boot_sector() -> bytes:
    text = f"\r\nLAB: {BOOTED}\r\n".encode() + b"\0"
    # One protective partition over it all (UEFI 2.10, table 5.4).
    protective = struct.pack("<B3sB3sII", 0, b"\x00\x02\x00", 0xEE, b"\xff\xff\xff", 1, _SECTORS - 1)
    return (_BOOT_CODE + text).ljust(446, b"\0") + protective.ljust(64, b"\0") + b"\x55\xaa"


def _partition_table() -> bytes:
    name = "EFI system partition".encode("utf-16-le")
    entry = struct.pack("<16s16sQQQ72s", ESP_GUID.bytes_le, uuid.UUID(int=1).bytes_le, _FIRST, _LAST_USABLE, 0, name)
    return entry.ljust(_ENTRIES * _ENTRY_SIZE, b"\0")


def _gpt_header(here: int, other: int, table_at: int, table: bytes) -> bytes:
    """UEFI 2.10, table 5.5; its checksum is over itself with zeros in the checksum's place."""
    def header(checksum: int) -> bytes:
        return struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, checksum, 0, here, other,
                           2 + _TABLE_SECTORS, _LAST_USABLE, uuid.UUID(int=2).bytes_le, table_at, _ENTRIES,
                           _ENTRY_SIZE, zlib.crc32(table))
    return header(zlib.crc32(header(0))).ljust(_SECTOR, b"\0")


def make_boot_iso(folder: Path, architecture: str) -> Path:
    """An ISO whose EFI boot image (El Torito) holds that program; xorriso makes it."""
    image = folder / "efi.img"
    image.write_bytes(b"")
    program = efi_program(folder, architecture)
    run("mformat", "-i", image, "-C", "-T", "8192", "-h", "16", "-s", "63", "::")
    run("mmd", "-i", image, "::/EFI", "::/EFI/BOOT")
    run("mcopy", "-i", image, program, f"::/EFI/BOOT/{_TARGETS[architecture].file}")
    options = ("-boot_image", "any", "efi_path=/efi.img")
    return make_iso({"efi.img": image}, folder / "boot.iso", *options)


def efi_program(scratch: Path, architecture: str) -> Path:
    """What says it, as an EFI program alone: scratch/boot.efi."""
    target = _TARGETS[architecture]
    modules = _FOREIGN / architecture / "usr/lib/grub" / target.format
    if not modules.exists():
        raise LabError(f"{modules} is missing: run `deploy/setup lab`")
    (scratch / "start.cfg").write_text(f'echo "LAB: {BOOTED}"\nhalt\n')
    program = scratch / "boot.efi"
    run("grub-mkimage", "-O", target.format, "-d", modules, "-o", program, "-p", "/", "-c", scratch / "start.cfg",
        "echo", "halt")
    return program
