"""DHCP as it was on a machine's wire: frames of UDP ports 67, 68 and 4011, kept in a pcap file.

The kernel filters and queues; they are read when the boot is over, so nothing runs beside it.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.lifetime import Lifetime
from lab.network import Network, inside

_ETH_P_ALL = 3
_SO_ATTACH_FILTER = 26
_SO_RCVBUFFORCE = 33
_SO_TIMESTAMPNS = 35
_QUEUE = 8 << 20  # bytes; a boot has some forty such frames
_ETHERTYPE_IPV4, _IPPROTO_UDP, _IPV4_HEADER = 0x0800, 17, 20
_PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)  # nanoseconds; link type Ethernet

# Classic BPF (Linux Documentation/networking/filter.rst): code, jump if true, jump if false, value.
_LOAD_HALF, _LOAD_BYTE, _EQUAL, _RETURN = 0x28, 0x30, 0x15, 0x06
_FILTER = (
    (_LOAD_HALF, 0, 0, 12), (_EQUAL, 0, 8, _ETHERTYPE_IPV4),
    (_LOAD_BYTE, 0, 0, 14), (_EQUAL, 0, 6, 0x45),  # no IP options
    (_LOAD_BYTE, 0, 0, 23), (_EQUAL, 0, 4, _IPPROTO_UDP),
    (_LOAD_HALF, 0, 0, 36), (_EQUAL, 3, 0, 67), (_EQUAL, 2, 0, 68), (_EQUAL, 1, 0, 4011),  # the destination's port
    (_RETURN, 0, 0, 0), (_RETURN, 0, 0, 65535),
)


@dataclass(frozen=True)
class Datagram:
    seconds: float  # Unix time
    source: tuple[str, int]
    destination: tuple[str, int]
    payload: bytes


class Capture:
    """From when it is made until `datagrams` or `write` first reads it."""

    def __init__(self, lifetime: Lifetime, network: Network, interface: str) -> None:
        """interface: of the switch's namespace, such as a machine's tap."""
        with inside(network.switch):
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        lifetime.at_end(f"capture on {interface}", self._socket.close)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _QUEUE)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        program = b"".join(struct.pack("HBBI", *step) for step in _FILTER)
        code = ctypes.create_string_buffer(program)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER,
                                struct.pack("HP", len(_FILTER), ctypes.addressof(code)))
        with inside(network.switch):
            self._socket.bind((interface, _ETH_P_ALL))
        self._frames: list[tuple[int, bytes]] = []

    def datagrams(self) -> list[Datagram]:
        self._read()
        return [_datagram(time / 1e9, frame) for time, frame in self._frames]

    def write(self, path: Path) -> None:
        """As a pcap file, for Wireshark and tcpdump."""
        self._read()
        records = (struct.pack("<IIII", *divmod(time, 10**9), len(frame), len(frame)) + frame
                   for time, frame in self._frames)
        path.write_bytes(_PCAP_HEADER + b"".join(records))

    def _read(self) -> None:
        self._frames += self._queued()

    def _queued(self) -> Iterator[tuple[int, bytes]]:
        while True:
            try:
                frame, ancillary, _, _ = self._socket.recvmsg(65536, 64)
            except BlockingIOError:
                return
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
            yield seconds * 10**9 + nanoseconds, frame


def _datagram(seconds: float, frame: bytes) -> Datagram:
    ip = frame[14:]
    source, destination = (socket.inet_ntoa(ip[at : at + 4]) for at in (12, 16))
    source_port, destination_port, length = struct.unpack(">HHH", ip[_IPV4_HEADER : _IPV4_HEADER + 6])
    return Datagram(seconds, (source, source_port), (destination, destination_port),
                    ip[_IPV4_HEADER + 8 : _IPV4_HEADER + length])
