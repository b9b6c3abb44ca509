#!/usr/bin/env python3
"""What machines say on their consoles is kept by host and boot, whoever sends what; and a machine's last DHCP packets are
a capture that tcpdump reads."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import pxe  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import CLIENT_ADDRESS, SERVER_ADDRESS, Network  # noqa: E402
from lab.processes import run, wait_until  # noqa: E402
from lab.pxe_client import Firmwares, machine_address, udp_socket  # noqa: E402
from lab.server import HTTP_PORT, Server  # noqa: E402
from lab.small_image import write_small_image  # noqa: E402

MAC = machine_address(1)
SYSLOG, NETCONSOLE = 514, 6666
STRANGER = "10.55.0.77"
FLOOD = 100_000


def say(network: Network, port: int, *datagrams: bytes, source: str = CLIENT_ADDRESS) -> None:
    with udp_socket(network, "eth1", source, 0) as out:
        for datagram in datagrams:
            out.sendto(datagram, (SERVER_ADDRESS, port))


def flood(network: Network) -> float:
    """Sends as fast as it can; returns how long the server's slowest answer took meanwhile and after it, in seconds."""
    slowest = 0.0
    with udp_socket(network, "eth1", CLIENT_ADDRESS, 0) as out:
        out.setblocking(False)
        for number in range(FLOOD):
            try:
                out.sendto(b"<6>flood " + bytes(range(256)) * 4, (SERVER_ADDRESS, SYSLOG))
            except OSError:
                pass
            if number % (FLOOD // 20) == 0:
                begin = monotonic()
                with network.connect(HTTP_PORT) as connection:
                    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: s\r\nConnection: close\r\n\r\n")
                    connection.recv(4096)
                slowest = max(slowest, monotonic() - begin)
    return slowest


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    network = Network(lifetime)
    server = Server(lifetime, network, folder, binary)
    server.add_profile("demo", "demo")
    server.add_host("n1", pxe.address_text(MAC), "demo")
    server.import_image(write_small_image(folder / "image", 1 << 16, 1 << 17), "demo")
    server.start()

    def text() -> list[str]:
        return [line["text"] for line in server.must("host", "console", "n1", "--json").json()["lines"]]

    with Firmwares(network) as firmwares:
        client = firmwares.client(pxe.Kind.BIOS_IPXE, MAC)
        firmwares.discover(client)
        firmwares.listen(3, lambda: bool(client.offers_from(SERVER_ADDRESS)))
        taken = pxe.option(50, socket.inet_aton(CLIENT_ADDRESS))
        options = pxe.firmware_options(client.kind, pxe.guid_of(MAC)) + taken
        firmwares.send(pxe.request(pxe.REQUEST, MAC, client.xid, options))
        firmwares.listen(0.3)
    say(network, SYSLOG, b"<6>ipxe: before its script\n")
    wait_until(lambda: len(text()) == 1, 5, "the first line")
    script = run("curl", "-sS", f"http://{SERVER_ADDRESS}:{HTTP_PORT}/boot/script?mac={pxe.address_text(MAC)}&arch=amd64",
                 namespace=network.pxe)
    checks.that("iPXE is told where its console is heard", f"set syslog {SERVER_ADDRESS} ||" in script, script)
    say(network, SYSLOG, b"<6>ipxe: http://10.55.0.5/kernel... ok\n")
    say(network, NETCONSOLE, b"[    1.0] Linux version 6.1\n[    1.1] VFS: Cannot open root device\n",
        b"3,17,9000,-;Kernel panic - not syncing\n")
    wait_until(lambda: len(text()) == 5, 5, "all lines")
    lines = server.must("host", "console", "n1", "--json").json()["lines"]
    boot = script.partition("musterd.boot=")[2][:26]
    checks.equal("lines are kept with the boot that they came in", [line["boot"] for line in lines], [""] + [boot] * 4)
    checks.equal("and with how they came", [line["by"] for line in lines], ["syslog"] * 2 + ["netconsole"] * 3)
    checks.equal("and as a person reads them", lines[-1]["text"], "Kernel panic - not syncing")
    shown = server.must("host", "console", "n1").output
    checks.that("the command shows them under their boots", f"-- boot {boot}\n" in shown and "VFS: Cannot open" in shown, shown)
    checks.equal("a host that is none is refused", server.ask("host", "console", "n2").code, 1)

    run("ip", "-n", network.pxe, "address", "add", f"{STRANGER}/24", "dev", "eth1")
    say(network, SYSLOG, b"<6>I am nobody's host", source=STRANGER)
    say(network, SYSLOG, b"\xff\x00\x1b[2J" * 50, b"x" * 9000, b"", b"<6>after the noise")
    wait_until(lambda: "after the noise" in text(), 5, "the line after the noise")
    checks.that("a stranger's words are no host's", not any("nobody" in line for line in text()))
    checks.that("binary and endless lines are readable and short",
                all(line.isprintable() and len(line) <= 500 for line in text()), text())

    slowest = flood(network)
    checks.that("in a flood HTTP is answered within a second", slowest < 1, f"{slowest:.3f} s")
    wait_until(lambda: any("more than musterd keeps" in line for line in text()) or "flood" in text()[-1], 10, "the flood is over")
    checks.that("what is kept of it is bounded", len(text()) < 2000, len(text()))
    checks.equal("events are not touched by it", {event["kind"] for event in server.events()},
                 {"server_started", "dhcp_offer", "boot_started"})

    pcap = folder / "n1.pcap"
    server.must("explain", "n1", "--pcap", str(pcap))
    read = run("tcpdump", "-nvr", pcap)
    ours = pxe.address_text(MAC)
    checks.that("tcpdump reads the machine's packets: its DISCOVER, our OFFER, its REQUEST", all(
        words in read for words in ("Discover", "Offer", "Request", f"Client-Ethernet-Address {ours}",
                                    f"{SERVER_ADDRESS}.67 >", ".68 > 255.255.255.255.67")), read)
    checks.that("with headers that are right", "bad" not in read and "trunc" not in read, read)
    by_mac = folder / "mac.pcap"
    server.must("explain", ours, "--pcap", str(by_mac))
    checks.equal("by its MAC as well", by_mac.read_bytes(), pcap.read_bytes())
    checks.equal("it stops in order when asked", server.stop(), 0)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
