"""The LAN's own DHCP server: dnsmasq or Kea, as someone's router would be: it gives leases and knows nothing of
booting, but for the next server, where a test wants that."""

from __future__ import annotations

import csv
import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.lifetime import Lifetime
from lab.network import FAR_GATEWAY, LAN_ADDRESS, LAN_PREFIX, NETMASK, SERVER_ADDRESS, Network
from lab.processes import LabError, Process, wait_until

_FIRST, _LAST = "10.55.0.100", "10.55.0.200"
_FAR_FIRST, _FAR_LAST = "10.56.0.100", "10.56.0.200"


@dataclass(frozen=True)
class Lease:
    mac: str
    address: str
    hostname: str  # "*" or empty when the client gave none


class LanServer(ABC):
    """Runs when made."""

    address = LAN_ADDRESS  # it is the server identifier in its answers

    @abstractmethod
    def leases(self) -> list[Lease]:
        """Those it has given, oldest first."""

    def lease_of(self, mac: str) -> Lease | None:
        return next((lease for lease in reversed(self.leases()) if lease.mac == mac.lower()), None)

    def _start(
        self, lifetime: Lifetime, name: str, command: list[str], log: Path, namespace: str, ready: str,
        environment: dict[str, str] | None = None,
    ) -> None:
        """ready: what it prints when it listens."""
        self.log = log
        self.process = Process(lifetime, name, command, log, namespace, environment)
        wait_until(lambda: ready in self.process.output() or not self.process.running(), 10, f"{name} listens")
        if not self.process.running():
            raise LabError(f"{name} ended: {self.process.output().strip()}")


class LanDhcpServer(LanServer):
    """dnsmasq."""

    def __init__(
        self, lifetime: Lifetime, network: Network, folder: Path, *, on_our_host: bool = False,
        next_server: str = "", options: Sequence[str] = (),
    ) -> None:
        """on_our_host: in musterd's namespace. next_server: whom its leases name (siaddr), with no file; else itself.

        options: more of dnsmasq's.
        """
        self._leases = folder / "dnsmasq.leases"
        command = [
            "dnsmasq", "--conf-file=/dev/null", "--no-daemon", "--port=0", "--interface=eth0", "--bind-interfaces",
            "--user=root", "--pid-file=", "--log-dhcp", "--no-ping", "--dhcp-authoritative",
            f"--dhcp-range={_FIRST},{_LAST},{NETMASK},1h", f"--dhcp-leasefile={self._leases}",
            f"--dhcp-range=set:far,{_FAR_FIRST},{_FAR_LAST},{NETMASK},1h", f"--dhcp-option=tag:far,3,{FAR_GATEWAY}",
            "--enable-ra", f"--dhcp-range={LAN_PREFIX},ra-only", *options,
        ]
        if next_server:
            command.append(f"--dhcp-boot=,,{next_server}")
        if on_our_host:
            self.address = SERVER_ADDRESS
        self._start(lifetime, "dnsmasq", command, folder / "dnsmasq.log",
                    network.boot if on_our_host else network.dhcp, "sockets bound")

    def leases(self) -> list[Lease]:
        if not self._leases.exists():
            return []
        rows = (line.split() for line in self._leases.read_text().splitlines())
        return [Lease(mac=row[1], address=row[2], hostname=row[3]) for row in rows if len(row) >= 4]


class KeaDhcpServer(LanServer):
    """Kea, as installed: raw sockets, and one of UDP on its interface's address and port 67, which it shares with
    nobody."""

    def __init__(self, lifetime: Lifetime, network: Network, folder: Path, *, on_our_host: bool = False) -> None:
        """on_our_host: in musterd's namespace."""
        self._leases = folder / "kea.csv"
        if on_our_host:
            self.address = SERVER_ADDRESS
        configuration = folder / "kea.json"
        configuration.write_text(json.dumps({"Dhcp4": {
            "interfaces-config": {"interfaces": [f"eth0/{self.address}"]},
            "lease-database": {"type": "memfile", "name": str(self._leases), "lfc-interval": 0},
            "valid-lifetime": 3600,
            "subnet4": [{"subnet": "10.55.0.0/24", "pools": [{"pool": f"{_FIRST}-{_LAST}"}],
                         "option-data": [{"name": "routers", "data": self.address}]}],
            "loggers": [{"name": "kea-dhcp4", "severity": "INFO", "output_options": [{"output": "stdout"}]}],
        }}))
        self._start(lifetime, "kea-dhcp4", ["kea-dhcp4", "-c", str(configuration)], folder / "kea.log",
                    network.boot if on_our_host else network.dhcp, "DHCP4_STARTED",
                    {"KEA_PIDFILE_DIR": str(folder), "KEA_LOCKFILE_DIR": str(folder)})

    def leases(self) -> list[Lease]:
        if not self._leases.exists():
            return []
        with open(self._leases, newline="") as rows:
            return [Lease(row["hwaddr"], row["address"], row["hostname"]) for row in csv.DictReader(rows)]
