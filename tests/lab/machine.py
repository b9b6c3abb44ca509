"""A diskless machine in QEMU: SeaBIOS with QEMU's iPXE ROM, or OVMF with EDK2's own PXE. Emulated, so slow: a BIOS
machine is up in about 13 s, a UEFI machine in about 25 s."""

from __future__ import annotations

import enum
import re
import shutil
from pathlib import Path

from lab.lifetime import Lifetime
from lab.network import Network
from lab.processes import LabError, Process

_OVMF = Path("/usr/share/OVMF")
_TERMINAL_CODES = re.compile(r"\x1b(?:\[[0-9;=?]*[a-zA-Z]|[()][A-Z0-9]|[=>c78])")


class Firmware(enum.Enum):
    BIOS = "bios"
    UEFI = "uefi"


class Machine:
    def __init__(
        self, lifetime: Lifetime, network: Network, folder: Path, name: str, mac: str, firmware: Firmware,
        memory_mib: int = 1024,
    ) -> None:
        self.name = name
        self.mac = mac
        self.firmware = firmware
        self.serial_log = folder / f"{name}.serial"
        tap = network.add_tap()
        command = ["qemu-system-x86_64", "-accel", "tcg", "-m", str(memory_mib), "-name", name, "-display", "none",
                   "-monitor", "none", "-serial", f"file:{self.serial_log}", "-no-reboot", "-nodefaults",
                   "-boot", "n", "-netdev", f"tap,id=lan,ifname={tap},script=no,downscript=no"]
        card = f"virtio-net-pci,netdev=lan,mac={mac}"
        if firmware is Firmware.BIOS:
            # graphics=off makes SeaBIOS, and iPXE through it, write to the serial port.
            command += ["-machine", "pc,graphics=off", "-device", card]
        else:
            # An empty romfile takes QEMU's iPXE ROM off the card, so it is EDK2's own PXE that boots.
            command += ["-machine", "q35", "-device", f"{card},romfile=", *self._flash(folder)]
        self.process = Process(lifetime, f"machine {name}", command, folder / f"{name}.qemu", network.switch)

    def _flash(self, folder: Path) -> list[str]:
        code, variables = _OVMF / "OVMF_CODE_4M.fd", folder / f"{self.name}.vars.fd"
        if not code.exists():
            raise LabError(f"{code} is missing: run `deploy/setup lab`")
        shutil.copyfile(_OVMF / "OVMF_VARS_4M.fd", variables)
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
