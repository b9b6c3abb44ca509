"""What real firmware asked, kept for the unit tests of musterd's DHCP: tests/dhcp/captures/MACHINE.WHO.WHAT.hex.

Written only when LAB_GOLDENS names the folder, and only what is not there yet: times and transaction ids differ from run
to run. To take one anew, remove it first:

    LAB_GOLDENS=tests/dhcp/captures tests/run boot
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from lab import pxe
from lab.capture import Capture, Datagram
from lab.machine import Machine

_MESSAGES = {pxe.DISCOVER: "discover", pxe.REQUEST: "request", 4: "decline", 7: "release", 8: "inform"}
_BOOT_SERVER_PORT = 4011
_RELAY_AGENT = slice(24, 28)  # giaddr
_HARDWARE_ADDRESS = slice(28, 34)  # chaddr
_FIRMWARE = ("ipxe", "pxeclient", "httpclient")
_LINE = 96  # hexadecimal digits


def folder_wanted() -> Path | None:
    named = os.environ.get("LAB_GOLDENS")
    return Path(named).resolve() if named else None


def write(folder: Path, machine: Machine, capture: Capture) -> None:
    for datagram in capture.datagrams():
        name = _name(machine, datagram)
        if name and not (folder / name).exists():
            folder.mkdir(parents=True, exist_ok=True)
            text = datagram.payload.hex()
            lines = [text[at : at + _LINE] for at in range(0, len(text), _LINE)]
            (folder / name).write_text("\n".join(lines) + "\n")


def _name(machine: Machine, datagram: Datagram) -> str:
    """Empty for what is no request of that machine: a relay's port sees them all."""
    options = pxe.options_of(datagram.payload)
    if len(datagram.payload) < pxe.SMALLEST or datagram.payload[0] != pxe.BOOTREQUEST or 53 not in options:
        return ""
    if datagram.payload[_HARDWARE_ADDRESS] != bytes.fromhex(machine.mac.replace(":", "")):
        return ""
    what = _MESSAGES.get(options[53][0], f"message-{options[53][0]}")
    if datagram.destination[1] == _BOOT_SERVER_PORT:
        what += f"-{_BOOT_SERVER_PORT}"
    if datagram.payload[_RELAY_AGENT] != b"\0\0\0\0":
        what += "-relayed"
    if 77 in options or 175 in options:
        who = "ipxe"
    else:  # the first word of the vendor class
        who = re.split("[^a-z0-9]", options.get(60, b"none").decode("latin-1").lower())[0]
    model = "" if machine.card.model.startswith("virtio") else f"-{machine.card.model}"
    sender = f"{machine.firmware.value}{model}.{who}" if who in _FIRMWARE else who  # one Linux asks as the other
    return f"{sender}.{what}.hex"
