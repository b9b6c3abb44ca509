"""A DHCP relay (dnsmasq's) on the far subnet's router: it sends each request to the LAN's server and to musterd, as
`ip helper-address` written twice does, or RouterOS's `dhcp-server=A,B`."""

from __future__ import annotations

from pathlib import Path

from lab.lifetime import Lifetime
from lab.network import FAR_GATEWAY, LAN_ADDRESS, SERVER_ADDRESS, Network
from lab.processes import LabError, Process, wait_until


class Relay:
    def __init__(self, lifetime: Lifetime, network: Network, folder: Path) -> None:
        """The network must have its far subnet."""
        command = ["dnsmasq", "--conf-file=/dev/null", "--no-daemon", "--port=0", "--interface=eth1", "--interface=eth0",
                   "--bind-interfaces", "--user=root", "--pid-file=", "--log-dhcp",
                   *(f"--dhcp-relay={FAR_GATEWAY},{server}" for server in (LAN_ADDRESS, SERVER_ADDRESS))]
        self.process = Process(lifetime, "relay", command, folder / "relay.log", network.far)
        wait_until(lambda: "DHCP relay" in self.process.output() or not self.process.running(), 10, "the relay listens")
        if not self.process.running():
            raise LabError(f"the relay ended: {self.process.output().strip()}")
