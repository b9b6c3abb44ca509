#!/usr/bin/env python3
"""musterd on the same host and interface as a DHCP server (dnsmasq with bind-interfaces, Kea): both do their work, and
the unicast that renews a lease still reaches the one that gave it."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import pxe  # noqa: E402
from lab.checks import CACHE, Checks, run_program  # noqa: E402
from lab.image import build_image  # noqa: E402
from lab.lan import KeaDhcpServer, LanDhcpServer  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import SERVER_ADDRESS, Network  # noqa: E402
from lab.processes import run  # noqa: E402
from lab.pxe_client import PROBE_MAC, Client, Firmwares, udp_socket  # noqa: E402
from lab.server import Server  # noqa: E402


def both_answer(checks: Checks, machines: Firmwares) -> None:
    client = machines.client(pxe.Kind.UEFI_X64, PROBE_MAC)  # EDK2 asks for broadcasts, so the lease's offer is seen too
    machines.discover(client)
    machines.listen(5, lambda: len(client.replies) >= 2)
    offers = sorted((reply.yiaddr == "0.0.0.0", reply.options.get(60, b"")) for reply in client.replies)
    checks.equal("a machine gets the lease's offer and the proxy's", offers, [(False, b""), (True, b"PXEClient")])


def lease(machines: Firmwares) -> tuple[Client, str]:
    """DISCOVER, OFFER, REQUEST, ACK with the DHCP server; the client and its address, empty when there is none."""
    client = machines.client(pxe.Kind.PLAIN)
    machines.discover(client)
    machines.listen(5, lambda: bool(client.replies))
    if not client.replies:
        return client, ""
    address = client.replies[0].yiaddr
    client.replies.clear()
    options = pxe.option(50, socket.inet_aton(address)) + pxe.option(54, socket.inet_aton(SERVER_ADDRESS))
    machines.send(pxe.request(pxe.REQUEST, client.mac, client.xid, options))
    machines.listen(5, lambda: bool(client.replies))
    return client, address if [reply.kind for reply in client.replies] == [pxe.ACK] else ""


def renewal(network: Network, client: Client, address: str) -> pxe.Reply | None:
    """REQUEST by unicast from the leased address, as at half of a lease's time (RFC 2131, 4.4.5)."""
    run("ip", "-n", network.pxe, "address", "add", f"{address}/24", "dev", "eth1")
    try:
        with udp_socket(network, "eth1", address, 68) as renewing:
            renewing.settimeout(5)
            request = pxe.request(pxe.REQUEST, client.mac, client.xid, b"", flags=0, ciaddr=address)
            renewing.sendto(request, (SERVER_ADDRESS, 67))
            return pxe.parse(*renewing.recvfrom(65536))
    except TimeoutError:
        return None
    finally:
        run("ip", "-n", network.pxe, "address", "delete", f"{address}/24", "dev", "eth1")


def beside(checks: Checks, network: Network, server: Server, name: str) -> None:
    server.start()
    checks.that(f"musterd starts beside {name}", server.healthy())
    with Firmwares(network) as machines:
        both_answer(checks, machines)
        client, address = lease(machines)
        if checks.that("a plain client gets its lease", address != "", client.replies):
            renewed = renewal(network, client, address)
            checks.that("its renewal by unicast is acknowledged with the same address",
                        renewed is not None and (renewed.kind, renewed.yiaddr) == (pxe.ACK, address), renewed)
    server.stop()


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    network = Network(lifetime)
    server = Server(lifetime, network, folder, binary)
    server.add_profile("demo", "demo")
    server.import_image(build_image(CACHE), "demo")
    server.add_host("probe", pxe.address_text(PROBE_MAC), "demo")
    makes: tuple[type[LanDhcpServer] | type[KeaDhcpServer], ...] = (LanDhcpServer, KeaDhcpServer)
    for make in makes:
        lan = make(lifetime, network, folder, on_our_host=True)
        beside(checks, network, server, lan.process.name)
        lan.process.stop()


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
