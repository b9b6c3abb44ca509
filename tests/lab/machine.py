"""A diskless machine in QEMU: SeaBIOS, OVMF or AAVMF, which boot by QEMU's iPXE ROM or by EDK2's own PXE or HTTP Boot.
Emulated, so slow: a BIOS machine is up in about 13 s, a UEFI machine in about 25 s."""

from __future__ import annotations

import enum
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.lifetime import Lifetime
from lab.network import LAN_BRIDGE, Network
from lab.processes import LabError, Process

_OVMF = Path("/usr/share/OVMF")
_AAVMF = Path("/usr/share/AAVMF")
# EDK2's switches for QEMU (NetworkPkg, IPv4PXESupport and IPv6PXESupport); HTTP Boot is then the first it tries.
_PXE_OFF = [word for version in (4, 6)
            for word in ("-fw_cfg", f"name=opt/org.tianocore/IPv{version}PXESupport,string=n")]
# Spares those who wait for the disk the minutes in which UEFI tries the network by IPv6.
_IPV6_OFF = ("-fw_cfg", "name=opt/org.tianocore/IPv6Support,string=n")
_TERMINAL_CODES = re.compile(r"\x1b(?:\[[0-9;=?]*[a-zA-Z]|[()][A-Z0-9]|[=>c78])")


class Firmware(enum.Enum):
    BIOS = "bios"  # SeaBIOS, and iPXE as the card's ROM
    UEFI = "uefi"  # OVMF by EDK2's own PXE
    UEFI_HTTP = "uefi-http"  # OVMF with PXE switched off, so that HTTP Boot is all it has
    UEFI_ROM = "uefi-rom"  # OVMF, and iPXE as the card's ROM
    UEFI_SECURE = "uefi-secure"  # OVMF with Microsoft's keys and Secure Boot on, by EDK2's own PXE
    UEFI_IA32 = "uefi-ia32"  # 32-bit OVMF on a 64-bit processor, by EDK2's own PXE
    ARM32 = "arm32"  # 32-bit AAVMF by EDK2's own PXE
    ARM64 = "arm64"  # AAVMF by EDK2's own PXE
    ARM64_HTTP = "arm64-http"  # AAVMF with PXE switched off
    ARM64_SECURE = "arm64-secure"  # AAVMF with Microsoft's keys and Secure Boot on

    @property
    def fetches_loader(self) -> bool:
        """Whether it asks for a network boot loader first; a ROM with iPXE in it is one."""
        return self not in (Firmware.BIOS, Firmware.UEFI_ROM)

    @property
    def architecture(self) -> str:
        """Debian's name of the processor."""
        if self is Firmware.ARM32:
            return "armhf"
        return "arm64" if self.value.startswith("arm64") else "amd64"


_SMM_FLASH = {Firmware.UEFI_SECURE: ("OVMF_CODE_4M.ms.fd", "OVMF_VARS_4M.ms.fd"),
              Firmware.UEFI_IA32: ("OVMF32_CODE_4M.secboot.fd", "OVMF32_VARS_4M.fd")}


@dataclass(frozen=True)
class Card:
    mac: str
    model: str = "virtio-net-pci"


class Machine:
    """Switched on when made. It boots from the last of its cards, `card`, whose address is `mac`."""

    def __init__(
        self, lifetime: Lifetime, network: Network, folder: Path, name: str, firmware: Firmware, cards: Sequence[Card],
        memory_mib: int = 1024, disk: Path | None = None, bridge: str = LAN_BRIDGE,
    ) -> None:
        """disk: a raw image, which the firmware tries after the network. bridge: the subnet its cards are in."""
        self.name = name
        self.card = cards[-1]
        self.mac = self.card.mac
        self.firmware = firmware
        self.serial_log = folder / f"{name}.serial"
        command = [*self._board(folder), "-accel", "tcg", "-m", str(memory_mib), "-name", name, "-display", "none",
                   "-monitor", "none", "-serial", f"file:{self.serial_log}", "-no-reboot", "-nodefaults"]
        self.taps = [network.add_tap(bridge) for _ in cards]
        for number, (card, tap) in enumerate(zip(cards, self.taps)):
            command += ["-netdev", f"tap,id=lan{number},ifname={tap},script=no,downscript=no",
                        "-device", self._device(number, card)]
        if disk:
            command[-1] += ",bootindex=1"  # the card's; what has no such number is no boot device then
            command += ["-drive", f"if=none,id=disk,format=raw,file={disk}",
                        "-device", "virtio-blk-pci,drive=disk,bootindex=2", *_IPV6_OFF]
        self.process = Process(lifetime, f"machine {name}", command, folder / f"{name}.qemu", network.switch)

    def _device(self, number: int, card: Card) -> str:
        device = f"{card.model},netdev=lan{number},mac={card.mac}"
        # An empty romfile takes QEMU's iPXE ROM off the card, so it is EDK2's own network stack that boots.
        return f"{device},romfile=" if self.firmware.fetches_loader else device

    def _board(self, folder: Path) -> list[str]:
        if self.firmware is Firmware.BIOS:
            # graphics=off makes SeaBIOS, and iPXE through it, write to the serial port.
            return ["qemu-system-x86_64", "-boot", "n", "-machine", "pc,graphics=off"]
        switches = _PXE_OFF if self.firmware in (Firmware.UEFI_HTTP, Firmware.ARM64_HTTP) else []
        if self.firmware is Firmware.ARM32:
            return ["qemu-system-arm", "-machine", "virt", "-cpu", "cortex-a15",
                    *self._flash(folder, _AAVMF / "AAVMF32_CODE.fd", _AAVMF / "AAVMF32_VARS.fd")]
        if self.firmware.architecture == "arm64":
            keys = ".ms" if self.firmware is Firmware.ARM64_SECURE else ""
            return ["qemu-system-aarch64", "-machine", "virt", "-cpu", "cortex-a57", *switches,
                    *self._flash(folder, _AAVMF / f"AAVMF_CODE{keys}.fd", _AAVMF / f"AAVMF_VARS{keys}.fd")]
        if self.firmware in (Firmware.UEFI_SECURE, Firmware.UEFI_IA32):
            # Both are built to keep their keys from the guest by system management mode; the 32-bit one has no keys.
            code, variables = _SMM_FLASH[self.firmware]
            return ["qemu-system-x86_64", "-boot", "n", "-machine", "q35,smm=on",
                    "-global", "driver=cfi.pflash01,property=secure,value=on",
                    *self._flash(folder, _OVMF / code, _OVMF / variables)]
        return ["qemu-system-x86_64", "-boot", "n", "-machine", "q35", *switches,
                *self._flash(folder, _OVMF / "OVMF_CODE_4M.fd", _OVMF / "OVMF_VARS_4M.fd")]

    def _flash(self, folder: Path, code: Path, empty_variables: Path) -> list[str]:
        if not code.exists():
            raise LabError(f"{code} is missing: run `deploy/setup lab`")
        variables = folder / f"{self.name}.vars.fd"
        shutil.copyfile(empty_variables, variables)
        return ["-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={code}",
                "-drive", f"if=pflash,format=raw,unit=1,file={variables}"]

    def serial(self) -> str:
        """What the machine's console said so far, without terminal codes."""
        if not self.serial_log.exists():
            return ""
        text = self.serial_log.read_bytes().decode("utf-8", "replace")
        return _TERMINAL_CODES.sub("", text).replace("\r", "")

    def markers(self) -> list[str]:
        """The lines that the lab's /init said, without their `LAB: `."""
        return re.findall(r"^LAB: (.*)$", self.serial(), re.MULTILINE)

    def power_off(self) -> None:
        """Pulls the plug."""
        self.process.kill()
