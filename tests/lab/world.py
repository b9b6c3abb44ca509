"""The whole lab at once: network, LAN DHCP server, musterd with one profile `demo` of the lab's image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from lab import goldens
from lab.capture import Capture
from lab.checks import CACHE
from lab.disk import make_disk
from lab.image import build_image
from lab.lan import LanDhcpServer, LanServer, Lease
from lab.lifetime import Lifetime
from lab.machine import Card, Firmware, Machine
from lab.network import FAR_BRIDGE, FAR_ROUTER_PORT, LAN_BRIDGE, Network
from lab.processes import LabError
from lab.server import Server

PROFILE = "demo"
MakeLan = Callable[[Lifetime, Network, Path], LanServer]
Shape = Callable[[Path, str, Path], Path]
_CONSOLES = {"amd64": "ttyS0", "arm64": "ttyAMA0", "armhf": "ttyAMA0"}  # as the kernel calls the serial port that QEMU logs


class World:
    """musterd is configured and has its image, but is not started: add hosts first, or after, then server.start()."""

    def __init__(
        self, lifetime: Lifetime, folder: Path, binary: Path, *, padding_mib: int = 0, arguments: Sequence[str] = (),
        architecture: str = "amd64", lan: MakeLan | None = LanDhcpServer, configuration: str = "",
        shape: Shape | None = None,
    ) -> None:
        """lan: None for a cable with no DHCP server on it. configuration: TOML after the lab's own. shape:
        makes of the image's folder, its architecture and a folder for it what is imported in its stead."""
        self._lifetime, self.folder = lifetime, folder
        self.image = build_image(CACHE, padding_mib, architecture)
        if shape:
            self.image = shape(self.image, architecture, folder)
        self.network = Network(lifetime)
        self._lan = lan(lifetime, self.network, folder) if lan else None
        self.server = Server(lifetime, self.network, folder, binary, more_configuration=configuration)
        self.server.add_profile(PROFILE, PROFILE, arguments, _CONSOLES[architecture])
        self.server.import_image(self.image, PROFILE)

    @property
    def lan(self) -> LanServer:
        if not self._lan:
            raise LabError("this lab has no DHCP server but musterd")
        return self._lan

    def lan_lease(self, mac: str) -> Lease | None:
        return self._lan.lease_of(mac) if self._lan else None

    def replace_lan(self, make: MakeLan) -> None:
        if self._lan:
            self._lan.process.stop()
        self._lan = make(self._lifetime, self.network, self.folder)

    def add_host(self, name: str, mac: str, keys: str = "", profile: str = PROFILE) -> None:
        """keys: more lines of TOML."""
        self.server.add_host(name, mac, profile, keys)

    def power_on(
        self, name: str, mac: str, firmware: Firmware, model: str = Card.model, other_cards: Sequence[Card] = (),
        disk: bool = False, bridge: str = LAN_BRIDGE, memory_mib: int = 1024,
    ) -> Machine:
        """The card with that MAC is the one that boots; the others stand before it. disk: it has one to boot from."""
        cards = [*other_cards, Card(mac, model)]
        image = make_disk(self.folder / f"{name}.disk", firmware.architecture) if disk else None
        machine = Machine(self._lifetime, self.network, self.folder, name, firmware, cards, memory_mib, image, bridge)
        self._capture(machine, machine.taps[-1])
        if bridge == FAR_BRIDGE:
            self._capture(machine, FAR_ROUTER_PORT)  # where its requests come out of the relay
        return machine

    def _capture(self, machine: Machine, port: str) -> None:
        capture = Capture(self._lifetime, self.network, port)
        self._lifetime.at_end(f"DHCP of {machine.name} at {port}", lambda: self._keep(machine, port, capture))

    def _keep(self, machine: Machine, port: str, capture: Capture) -> None:
        """What was said by DHCP: beside the logs, and as goldens where those are wanted."""
        capture.write(self.folder / f"{machine.name}.{port}.pcap")
        if goldens_folder := goldens.folder_wanted():
            goldens.write(goldens_folder, machine, capture)
