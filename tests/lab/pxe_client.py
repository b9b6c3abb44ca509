"""PXE firmware, simulated: many machines at once, on one interface of the lab's LAN.

They send from 0.0.0.0:68 on an interface without address, as firmware does, and take every answer to their xid.
The second step of UEFI firmware goes by unicast from port 4011, on an interface that has an address.
"""

from __future__ import annotations

import itertools
import random
import selectors
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from lab import pxe
from lab.network import CLIENT_ADDRESS, SERVER_ADDRESS, Network, inside

_DISCOVERY = ("255.255.255.255", 67)
PROBE_MAC = bytes.fromhex("52540010ffff")  # of the machine that asks whether the server still answers
_RECEIVE_BUFFER = 4 << 20  # twenty machines' offers must not be lost by the one who counts them


def udp_socket(network: Network, interface: str, address: str, port: int) -> socket.socket:
    with inside(network.pxe):
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
    made.bind((address, port))
    return made


def machine_address(number: int) -> bytes:
    return bytes((0x52, 0x54, 0, 0x10)) + number.to_bytes(2, "big")


@dataclass
class Client:
    kind: pxe.Kind
    mac: bytes
    xid: int
    replies: list[pxe.Reply] = field(default_factory=list)

    def offers_from(self, server: str) -> list[pxe.Reply]:
        return [reply for reply in self.replies if reply.kind == pxe.OFFER and reply.source[0] == server]


class Firmwares:
    """Simulated machines, and the sockets they share. Close it, or use it in `with`."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._socket = udp_socket(network, "eth0", "", 68)
        self._clients: dict[int, Client] = {}
        self._numbers = itertools.count(1)
        self._random = random.Random(4011)

    def __enter__(self) -> Firmwares:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def client(self, kind: pxe.Kind, mac: bytes = b"") -> Client:
        number = next(self._numbers)
        made = Client(kind, mac or machine_address(number), self._random.getrandbits(32))
        self._clients[made.xid] = made
        return made

    def send(self, datagram: bytes) -> None:
        self._socket.sendto(datagram, _DISCOVERY)

    def discover(self, *clients: Client) -> None:
        for client in clients:
            self.send(pxe.discover(client.kind, client.mac, client.xid))

    def listen(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Gives each reply to its client. Ends when `until` holds, else after `seconds` of listening."""
        end = monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            while not until() and (left := end - monotonic()) > 0:
                if not selector.select(left):
                    break
                reply = pxe.parse(*self._socket.recvfrom(65536))
                if reply and (client := self._clients.get(reply.xid)):
                    client.replies.append(reply)

    def answered(self, server: str, seconds: float = 3) -> bool:
        """A new machine's DISCOVER, sent again each second as firmware does: does that server offer?"""
        client = self.client(pxe.Kind.BIOS_IPXE, PROBE_MAC)
        end = monotonic() + seconds
        while monotonic() < end and not client.offers_from(server):
            self.discover(client)
            self.listen(1, lambda: bool(client.offers_from(server)))
        return bool(client.offers_from(server))

    def ask_boot_server(self, client: Client, timeout: float = 2) -> pxe.Reply | None:
        """EDK2's second step: REQUEST by unicast to the proxy's port 4011, from port 4011; its ACK, or None."""
        with udp_socket(self._network, "eth1", CLIENT_ADDRESS, 4011) as step:
            options = pxe.firmware_options(client.kind, pxe.guid_of(client.mac))
            datagram = pxe.request(pxe.REQUEST, client.mac, client.xid, options, flags=0, ciaddr=CLIENT_ADDRESS)
            step.sendto(datagram, (SERVER_ADDRESS, 4011))
            step.settimeout(timeout)
            try:
                return pxe.parse(*step.recvfrom(65536))
            except TimeoutError:
                return None
