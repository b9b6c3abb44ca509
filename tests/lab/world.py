"""The whole lab at once: network, LAN DHCP server, musterd with one profile `demo` of the lab's image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lab.checks import CACHE
from lab.image import build_image
from lab.lan import LanDhcpServer
from lab.lifetime import Lifetime
from lab.machine import Card, Firmware, Machine
from lab.network import Network
from lab.server import Server

PROFILE = "demo"
_CONSOLES = {"amd64": "ttyS0", "arm64": "ttyAMA0"}  # as the kernel calls the serial port that QEMU logs


class World:
    """musterd is configured and has its image, but is not started: add hosts first, or after, then server.start()."""

    def __init__(
        self, lifetime: Lifetime, folder: Path, binary: Path, *, padding_mib: int = 0, arguments: Sequence[str] = (),
        architecture: str = "amd64",
    ) -> None:
        self._lifetime, self.folder = lifetime, folder
        self.image = build_image(CACHE, padding_mib, architecture)
        self.network = Network(lifetime)
        self.lan = LanDhcpServer(lifetime, self.network, folder)
        self.server = Server(lifetime, self.network, folder, binary)
        self.server.add_profile(PROFILE, PROFILE, arguments, _CONSOLES[architecture])
        self.server.import_image(self.image, PROFILE)

    def add_host(self, name: str, mac: str) -> None:
        self.server.add_host(name, mac, PROFILE)

    def power_on(
        self, name: str, mac: str, firmware: Firmware, model: str = Card.model, other_cards: Sequence[Card] = ()
    ) -> Machine:
        """The card with that MAC is the one that boots; the others stand before it."""
        cards = [*other_cards, Card(mac, model)]
        return Machine(self._lifetime, self.network, self.folder, name, firmware, cards)
