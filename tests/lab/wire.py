"""The least network that a server and its clients need: two namespaces and one veth, for benchmarks, where a bridge's work
would be measured too.

    boot  eth0 10.55.0.5/24   the server
    pxe   eth0 10.55.0.10/24  the clients
"""

from __future__ import annotations

import os
import socket
import subprocess

from lab.lifetime import Lifetime
from lab.network import CLIENT_ADDRESS, SERVER_ADDRESS, inside, remove_leftovers
from lab.processes import LabError, run


class Wire:
    """Stands for lab.network.Network where Server asks for one."""

    def __init__(self, lifetime: Lifetime) -> None:
        if os.geteuid() != 0:
            raise LabError("the lab makes network namespaces and needs root: run it with sudo")
        remove_leftovers()
        self.boot, self.pxe = (f"mus-{os.getpid()}-{part}" for part in ("boot", "pxe"))
        for namespace in (self.boot, self.pxe):
            lifetime.at_end(f"namespace {namespace}", lambda name=namespace: subprocess.run(
                ["ip", "netns", "delete", name], capture_output=True, timeout=20, check=False))
            run("ip", "netns", "add", namespace)
            run("ip", "-n", namespace, "link", "set", "lo", "up")
        run("ip", "link", "add", "eth0", "netns", self.boot, "type", "veth", "peer", "name", "eth0", "netns", self.pxe)
        for namespace, address in ((self.boot, SERVER_ADDRESS), (self.pxe, CLIENT_ADDRESS)):
            run("ip", "-n", namespace, "address", "add", f"{address}/24", "brd", "+", "dev", "eth0")
            run("ip", "-n", namespace, "link", "set", "eth0", "up")

    def connect(self, port: int, address: str = SERVER_ADDRESS, timeout: float = 5) -> socket.socket:
        """A TCP connection from the clients' side."""
        with inside(self.pxe):
            return socket.create_connection((address, port), timeout)
