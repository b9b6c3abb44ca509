"""The LAN's own DHCP server: dnsmasq, as someone's router would be: it gives leases and knows nothing of booting."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab.lifetime import Lifetime
from lab.network import LAN_PREFIX, NETMASK, Network
from lab.processes import LabError, Process, wait_until


@dataclass(frozen=True)
class Lease:
    mac: str
    address: str
    hostname: str  # "*" when the client gave none


class LanDhcpServer:
    def __init__(self, lifetime: Lifetime, network: Network, folder: Path, namespace: str = "") -> None:
        """namespace: other than its own, for tests where it shares a host with musterd."""
        self._leases = folder / "dnsmasq.leases"
        self.log = folder / "dnsmasq.log"
        command = [
            "dnsmasq", "--conf-file=/dev/null", "--no-daemon", "--port=0", "--interface=eth0", "--bind-interfaces",
            "--user=root", "--pid-file=", "--log-dhcp", "--no-ping", "--dhcp-authoritative",
            f"--dhcp-range=10.55.0.100,10.55.0.200,{NETMASK},1h", f"--dhcp-leasefile={self._leases}",
            "--enable-ra", f"--dhcp-range={LAN_PREFIX},ra-only",
        ]
        self.process = Process(lifetime, "dnsmasq", command, self.log, namespace or network.dhcp)
        wait_until(
            lambda: "sockets bound" in self.process.output() or not self.process.running(), 10, "dnsmasq listens"
        )
        if not self.process.running():
            raise LabError(f"dnsmasq ended: {self.process.output().strip()}")

    def leases(self) -> list[Lease]:
        if not self._leases.exists():
            return []
        rows = (line.split() for line in self._leases.read_text().splitlines())
        return [Lease(mac=row[1], address=row[2], hostname=row[3]) for row in rows if len(row) >= 4]

    def lease_of(self, mac: str) -> Lease | None:
        return next((lease for lease in self.leases() if lease.mac == mac.lower()), None)
