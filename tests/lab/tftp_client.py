"""The first step of TFTP (RFC 1350, RFC 2347): a read request and the server's first answer."""

from __future__ import annotations

import contextlib
import enum
import socket
import struct
from dataclasses import dataclass

from lab.network import CLIENT_ADDRESS, SERVER_ADDRESS, Network
from lab.pxe_client import udp_socket


class Opcode(enum.IntEnum):
    RRQ = 1
    WRQ = 2
    DATA = 3
    ACK = 4
    ERROR = 5
    OACK = 6


@dataclass(frozen=True)
class FirstAnswer:
    opcode: Opcode
    error: int = 0  # of ERROR
    text: str = ""  # of ERROR
    data: bytes = b""  # of DATA

    def __str__(self) -> str:
        return f"{self.opcode.name} {self.error or ''} {self.text}".strip()


def read_request(name: bytes, *options: bytes) -> bytes:
    return struct.pack(">H", Opcode.RRQ) + b"\0".join((name, b"octet", *options)) + b"\0"


def ask(network: Network, datagram: bytes, timeout: float = 3) -> FirstAnswer | None:
    """Sends it to port 69 and takes the first answer; then tells the server that this was all. None: no answer."""
    with contextlib.closing(udp_socket(network, "eth1", CLIENT_ADDRESS, 0)) as client:
        client.settimeout(timeout)
        client.sendto(datagram, (SERVER_ADDRESS, 69))
        try:
            answer, source = client.recvfrom(65536)
        except TimeoutError:
            return None
        opcode = Opcode(struct.unpack(">H", answer[:2])[0])
        if opcode is Opcode.ERROR:
            return FirstAnswer(opcode, struct.unpack(">H", answer[2:4])[0], answer[4:].split(b"\0")[0].decode())
        _end_transfer(client, source)
        return FirstAnswer(opcode, data=answer[4:] if opcode is Opcode.DATA else answer[2:])


def _end_transfer(client: socket.socket, server: tuple[str, int]) -> None:
    client.sendto(struct.pack(">HH", Opcode.ERROR, 0) + b"enough\0", server)
