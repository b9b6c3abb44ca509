"""The lab's network: namespaces `sw` (bridge and taps), `dhcp`, `boot` and `pxe`, named after the run's pid; with a far
subnet also `far`, the router to it.

    sw    br0 without STP; machines hang on it by taps, the others by veths; br1 is the far subnet's
    dhcp  eth0 10.55.0.2/24   the LAN's own DHCP server
    boot  eth0 10.55.0.5/24   musterd
    pxe   eth0 no address     simulated firmware, from 0.0.0.0:68;  eth1 10.55.0.10/24 for their unicast steps
    far   eth0 10.55.0.1/24, eth1 10.56.0.1/24   forwards between the two, and nothing else: no broadcast passes
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from lab.lifetime import Lifetime
from lab.processes import LabError, enter_network_namespace, run, set_network_namespace

LAN_ADDRESS = "10.55.0.2"
SERVER_ADDRESS = "10.55.0.5"
CLIENT_ADDRESS = "10.55.0.10"
LAN_PREFIX = "fd55::"
NETMASK = "255.255.255.0"
LAN_BRIDGE = "br0"
FAR_BRIDGE = "br1"
FAR_GATEWAY = "10.56.0.1"
FAR_ROUTER_PORT = "far-eth0"  # on the LAN's bridge, in the switch's namespace
FAR_NETWORK = "10.56.0.0/24"
_ROUTER_ADDRESS = "10.55.0.1"
_NAME = re.compile(r"mus-(\d+)-(?:sw|dhcp|boot|pxe|far)")


@contextlib.contextmanager
def inside(namespace: str) -> Iterator[None]:
    """Sockets made in this block by this thread belong to the namespace, also after the block."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        enter_network_namespace(namespace)
        yield
    finally:
        set_network_namespace(home)
        os.close(home)


def remove_leftovers() -> list[str]:
    """Removes namespaces of runs that are dead (killed with -9), and returns their names."""
    removed = []
    folder = Path("/run/netns")
    for entry in sorted(folder.iterdir()) if folder.is_dir() else []:
        match = _NAME.fullmatch(entry.name)
        if match and not Path("/proc", match[1]).exists():
            _delete(entry.name)
            removed.append(entry.name)
    return removed


def _delete(namespace: str) -> None:
    subprocess.run(["ip", "netns", "delete", namespace], capture_output=True, timeout=20, check=False)


class Network:
    def __init__(self, lifetime: Lifetime) -> None:
        if os.geteuid() != 0:
            raise LabError("the lab makes network namespaces and needs root: run it with sudo")
        remove_leftovers()
        prefix = f"mus-{os.getpid()}"
        self.switch, self.dhcp, self.boot, self.pxe = (f"{prefix}-{part}" for part in ("sw", "dhcp", "boot", "pxe"))
        self.far = f"{prefix}-far"  # not there before add_far_subnet()
        self._lifetime = lifetime
        for namespace in (self.switch, self.dhcp, self.boot, self.pxe):
            self._add_namespace(namespace)
        self._add_bridge(LAN_BRIDGE)
        self._attach(self.dhcp, "eth0", f"{LAN_ADDRESS}/24")
        run("ip", "-n", self.dhcp, "address", "add", f"{LAN_PREFIX}2/64", "dev", "eth0", "nodad")
        self._attach(self.boot, "eth0", f"{SERVER_ADDRESS}/24")
        self._attach(self.pxe, "eth0", "")
        self._attach(self.pxe, "eth1", f"{CLIENT_ADDRESS}/24")
        self._taps = 0

    def add_far_subnet(self) -> None:
        """A subnet behind a router, which the LAN's server and musterd have a route to."""
        self._add_namespace(self.far)
        self._add_bridge(FAR_BRIDGE)
        self._attach(self.far, "eth0", f"{_ROUTER_ADDRESS}/24")
        self._attach(self.far, "eth1", f"{FAR_GATEWAY}/24", FAR_BRIDGE)
        with inside(self.far):
            Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        for namespace in (self.dhcp, self.boot):
            run("ip", "-n", namespace, "route", "add", FAR_NETWORK, "via", _ROUTER_ADDRESS)

    def _add_namespace(self, name: str) -> None:
        self._lifetime.at_end(f"namespace {name}", lambda: _delete(name))
        run("ip", "netns", "add", name)
        run("ip", "-n", name, "link", "set", "lo", "up")

    def _attach(self, namespace: str, interface: str, address: str, bridge: str = LAN_BRIDGE) -> None:
        port = f"{namespace.rsplit('-', 1)[1]}-{interface}"
        run("ip", "link", "add", port, "netns", self.switch, "type", "veth",
            "peer", "name", interface, "netns", namespace)
        run("ip", "-n", self.switch, "link", "set", port, "master", bridge, "up")
        if address:
            run("ip", "-n", namespace, "address", "add", address, "brd", "+", "dev", interface)
        with inside(namespace):  # an interface without address hears broadcasts only where nobody filters by route
            Path(f"/proc/sys/net/ipv4/conf/{interface}/rp_filter").write_text("0")
            Path("/proc/sys/net/ipv4/conf/all/rp_filter").write_text("0")
        run("ip", "-n", namespace, "link", "set", interface, "up")

    def add_tap(self, bridge: str = LAN_BRIDGE) -> str:
        """A port for one more machine; returns the tap's name in the switch's namespace."""
        name = f"tap{self._taps}"
        self._taps += 1
        run("ip", "-n", self.switch, "tuntap", "add", name, "mode", "tap")
        run("ip", "-n", self.switch, "link", "set", name, "master", bridge, "up")
        return name

    def _add_bridge(self, name: str) -> None:
        run("ip", "-n", self.switch, "link", "add", name, "type", "bridge", "stp_state", "0", "forward_delay", "0")
        run("ip", "-n", self.switch, "link", "set", name, "up")

    def connect(self, port: int, address: str = SERVER_ADDRESS, timeout: float = 5) -> socket.socket:
        """A TCP connection from the simulated clients' side of the LAN."""
        with inside(self.pxe):
            connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.settimeout(timeout)
        try:
            connection.connect((address, port))
        except OSError:
            connection.close()
            raise
        return connection
