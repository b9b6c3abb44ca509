"""DHCP packets as PXE firmware sends and reads them (RFC 2131, RFC 2132, RFC 4578, PXE 2.1). No sockets here."""

from __future__ import annotations

import enum
import random
import socket
import struct
from dataclasses import dataclass, field

MAGIC = b"\x63\x82\x53\x63"
DISCOVER, OFFER, REQUEST, ACK, NAK = 1, 2, 3, 5, 6
BOOTREQUEST, _BOOTREPLY = 1, 2
SMALLEST = 240  # bytes: a header and the magic cookie
_BROADCAST = 0x8000
_PAD, END = 0, 255


class Kind(enum.Enum):
    """Who asks."""

    BIOS_ROM = "a BIOS card's own PXE"
    BIOS_IPXE = "iPXE under BIOS"
    UEFI_X64 = "EDK2"
    UEFI_IPXE = "iPXE under UEFI"
    PLAIN = "an operating system"


@dataclass(frozen=True)
class _Traits:
    vendor_class: str  # option 60
    architecture: int  # option 93
    interface: bytes = b""  # option 94
    features: bytes = b""  # option 175, iPXE's own: what was built in, here HTTP (0x13), bzImage or EFI, menu


_TRAITS = {
    Kind.BIOS_ROM: _Traits("PXEClient:Arch:00000:UNDI:002001", 0, b"\x01\x02\x01"),
    Kind.BIOS_IPXE: _Traits("PXEClient:Arch:00000:UNDI:002001", 0, b"\x01\x02\x01",
                            b"\x13\x01\x01\x18\x01\x01\x27\x01\x01"),
    Kind.UEFI_X64: _Traits("PXEClient:Arch:00007:UNDI:003000", 7, b"\x01\x03\x00"),
    Kind.UEFI_IPXE: _Traits("PXEClient:Arch:00007:UNDI:003010", 7, b"\x01\x03\x0a",
                            b"\x13\x01\x01\x24\x01\x01\x27\x01\x01"),
    Kind.PLAIN: _Traits("udhcp 1.35.0", 0),
}


@dataclass
class Reply:
    """A BOOTREPLY as it came, and from where."""

    source: tuple[str, int]
    op: int
    xid: int
    flags: int
    ciaddr: str
    yiaddr: str
    siaddr: str
    giaddr: str
    chaddr: bytes
    sname: str
    file: str
    options: dict[int, bytes] = field(default_factory=dict)
    ended: bool = False  # the options end in 255, as EDK2 insists
    size: int = 0

    @property
    def kind(self) -> int:
        return self.options.get(53, b"\0")[0]

    @property
    def server(self) -> str:
        identifier = self.options.get(54, b"")
        return socket.inet_ntoa(identifier) if len(identifier) == 4 else ""


def address_text(mac: bytes) -> str:
    return mac.hex(":")


def option(code: int, data: bytes) -> bytes:
    return bytes((code, len(data))) + data


def request(
    message: int, mac: bytes, xid: int, options: bytes, *, flags: int = _BROADCAST, ciaddr: str = "0.0.0.0"
) -> bytes:
    header = struct.pack(">BBBBIHH4s4s4s4s16s64s128s", BOOTREQUEST, 1, 6, 0, xid, 0, flags, socket.inet_aton(ciaddr),
                         b"\0" * 4, b"\0" * 4, b"\0" * 4, mac.ljust(16, b"\0"), b"", b"")
    packet = header + MAGIC + option(53, bytes((message,))) + options + b"\xff"
    return packet.ljust(300, b"\0")


def firmware_options(kind: Kind, guid: bytes) -> bytes:
    """What identifies the firmware, beside the message type."""
    traits = _TRAITS[kind]
    options = option(60, traits.vendor_class.encode())
    if kind is Kind.PLAIN:
        return options + option(57, struct.pack(">H", 576)) + option(55, b"\x01\x03\x06\x0c")
    options += option(57, struct.pack(">H", 1472))
    options += option(93, struct.pack(">H", traits.architecture)) + option(94, traits.interface)
    options += option(55, b"\x01\x03\x06\x0c\x0d\x11\x12\x2b\x3c\x42\x43\x80\x81\x82\x83\x84\x85\x86\x87")
    if traits.features:
        options += option(77, b"iPXE") + option(175, traits.features)
    return options + option(97, b"\0" + guid)


def discover(kind: Kind, mac: bytes, xid: int) -> bytes:
    # iPXE and BIOS ROMs do not ask for broadcast replies, yet a proxy must broadcast: they have no address.
    flags = _BROADCAST if kind in (Kind.UEFI_X64, Kind.PLAIN) else 0
    return request(DISCOVER, mac, xid, firmware_options(kind, guid_of(mac)), flags=flags)


def guid_of(mac: bytes) -> bytes:
    return random.Random(mac).randbytes(16)


def parse(datagram: bytes, source: tuple[str, int]) -> Reply | None:
    """None for what is not a BOOTREPLY."""
    if len(datagram) < SMALLEST or datagram[0] != _BOOTREPLY or datagram[236:240] != MAGIC:
        return None
    op, _, length, _, xid, _, flags, *addresses = struct.unpack(">BBBBIHH4s4s4s4s", datagram[:28])
    ciaddr, yiaddr, siaddr, giaddr = (socket.inet_ntoa(address) for address in addresses)
    text = [datagram[44:108], datagram[108:236]]
    sname, file = (part.split(b"\0", 1)[0].decode("latin-1") for part in text)
    reply = Reply(source, op, xid, flags, ciaddr, yiaddr, siaddr, giaddr, datagram[28 : 28 + min(length, 16)],
                  sname, file, size=len(datagram))
    reply.options = options_of(datagram)
    reply.ended = END in reply.options
    return reply


def options_of(datagram: bytes) -> dict[int, bytes]:
    """By code; END is there when the options end with it, as EDK2 insists."""
    options: dict[int, bytes] = {}
    position = SMALLEST
    while position < len(datagram):
        code = datagram[position]
        if code == END:
            options[END] = b""
            break
        if code == _PAD:
            position += 1
            continue
        if position + 1 >= len(datagram):
            break
        size = datagram[position + 1]
        options[code] = options.get(code, b"") + datagram[position + 2 : position + 2 + size]
        position += 2 + size
    return options
