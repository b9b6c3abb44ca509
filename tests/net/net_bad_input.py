#!/usr/bin/env python3
"""Whatever the network sends, the running server answers right or not at all, and goes on."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import pxe, tftp_client  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import SERVER_ADDRESS  # noqa: E402
from lab.pxe_client import PROBE_MAC, Firmwares  # noqa: E402
from lab.server import HTTP_PORT  # noqa: E402
from lab.tftp_client import Opcode, read_request  # noqa: E402
from lab.world import World  # noqa: E402

SILENT_CONNECTIONS = 40
HEADER_TIME_LIMIT = 60  # seconds: by then the server has given up on half a request


class Room:
    """The world, its simulated machines, and the question after every bad thing: does it still answer?"""

    def __init__(self, checks: Checks, world: World, machines: Firmwares) -> None:
        self.checks, self.world, self.machines = checks, world, machines

    def still_serves(self, after: str) -> None:
        healthy, offers = self.world.server.healthy(), self.machines.answered(SERVER_ADDRESS)
        self.checks.that(f"after {after} it still answers HTTP and DHCP", healthy and offers,
                         f"HTTP {healthy}, DHCP {offers}")


def bad_dhcp(room: Room) -> None:
    client = room.machines.client(pxe.Kind.BIOS_ROM, PROBE_MAC)
    whole = pxe.discover(client.kind, client.mac, client.xid)
    for length in range(len(whole)):
        room.machines.send(whole[:length])
        if length % 32 == 0:  # let it keep pace: the question is not how long its queue is
            room.machines.listen(0.02)
    room.still_serves("a DISCOVER cut at every byte")

    options = whole[: whole.index(b"\xff", 240)]
    room.machines.send(options.ljust(9000, b"\0"))
    room.machines.send(options + b"".join(pxe.option(200, bytes(250)) for _ in range(34)) + b"\xff")
    room.machines.send(b"\xff" * 9000)
    room.still_serves("datagrams of 9000 bytes")

    for code in (53, 54, 60, 77, 93, 97, 175, 82, 52):
        room.machines.send(options + bytes((code, 255)) + b"\x01")
        room.machines.send(options + bytes((code, 0)) + b"\xff")
        room.machines.send(options + bytes((code,)))
    overloaded = bytearray(options + pxe.option(52, b"\x03") + b"\xff")
    overloaded[44:236] = b"\x35\xff" * 96
    room.machines.send(bytes(overloaded))
    room.still_serves("options longer than the packet")

    for position, value in ((0, 2), (1, 255), (2, 0), (2, 255), (236, 0)):  # op, htype, hlen, hlen, magic
        changed = bytearray(whole)
        changed[position] = value
        room.machines.send(bytes(changed))
    room.still_serves("a reply as request, wrong hardware lengths and a wrong magic")


def bad_tftp(room: Room) -> None:
    loaders = room.world.folder / "loaders"
    (loaders / "escape").symlink_to("/etc/passwd")
    (loaders / "folder").mkdir()
    refused = {
        "RRQ for ../../etc/passwd": b"../../etc/passwd",
        "RRQ for /../../etc/passwd": b"/../../etc/passwd",
        "RRQ for ..\\..\\etc\\passwd": b"..\\..\\etc\\passwd",
        "RRQ for a symlink out of the store": b"escape",
        "RRQ for a folder": b"folder",
        "RRQ for a name of 400 bytes": b"a" * 400,
    }
    for what, name in refused.items():
        answer = tftp_client.ask(room.world.network, read_request(name))
        right = answer is not None and answer.opcode is Opcode.ERROR and answer.error in (1, 2)
        room.checks.that(f"{what} is refused at once", right, answer)
    size = (loaders / "undionly.kpxe").stat().st_size
    answer = tftp_client.ask(room.world.network, read_request(b"undionly.kpxe\xff", b"tsize", b"0"))
    served = answer is not None and answer.opcode is Opcode.OACK and str(size).encode() in answer.data
    room.checks.that("RRQ with 0xFF at the end of the name is served", served, answer)
    written = tftp_client.ask(room.world.network, b"\0\x02undionly.kpxe\0octet\0")
    refusal = written is not None and written.opcode is Opcode.ERROR and written.error == 2
    room.checks.that("a write is refused", refusal, written)
    for junk in (b"", b"\0", b"\0\x01", b"\0\x01name", b"\0\x01name\0", b"\0\x09x\0octet\0", b"\xff" * 9000):
        tftp_client.ask(room.world.network, junk, timeout=0.05)
    room.still_serves("bad read requests")


def bad_http(room: Room) -> None:
    request_line = f"GET /healthz HTTP/1.1\r\nHost: {SERVER_ADDRESS}\r\n".encode()
    silent = [room.world.network.connect(HTTP_PORT) for _ in range(SILENT_CONNECTIONS)]
    for connection in silent:
        connection.sendall(request_line)  # half a request, and then silence
    room.still_serves(f"{SILENT_CONNECTIONS} halves of a request")

    status = first_line_after(room, request_line + b"X-Large: " + b"a" * (1 << 20) + b"\r\n\r\n")
    room.checks.that("a header of 1 MB is cut off", status == "" or " 4" in status, status)
    room.still_serves("a header of 1 MB")

    for path in ("/boot/loader/../../../../etc/passwd", "/boot/loader/%2e%2e/%2e%2e/etc/passwd",
                 "/boot/loader/escape", "/images/../../etc/passwd"):
        status = first_line_after(room, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        room.checks.that(f"GET {path} is refused", " 4" in status[8:10], status)
    for junk in (b"\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/9.9\r\n\r\n", b"\0" * 4096):
        first_line_after(room, junk)
    room.still_serves("requests that are none")

    end = monotonic() + HEADER_TIME_LIMIT
    held = sum(not closed_before(connection, end) for connection in silent)
    room.checks.equal(f"halves of a request are closed within {HEADER_TIME_LIMIT} s", held, 0)


def first_line_after(room: Room, request: bytes) -> str:
    """The status line that came, or nothing when the connection was closed or stayed silent."""
    with room.world.network.connect(HTTP_PORT, timeout=1) as connection:
        try:
            connection.sendall(request)
        except OSError:
            pass  # it may close while we still send; an answer may lie there nonetheless
        try:
            return connection.recv(4096).split(b"\r\n")[0].decode("latin-1")
        except OSError:
            return ""


def closed_before(connection: socket.socket, end: float) -> bool:
    connection.settimeout(max(end - monotonic(), 0.01))
    with connection:
        try:
            while connection.recv(4096):
                pass
        except TimeoutError:
            return False
        except OSError:
            pass
        return True


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary)
    world.add_host("probe", pxe.address_text(PROBE_MAC))
    world.server.start()
    with Firmwares(world.network) as machines:
        room = Room(checks, world, machines)
        room.still_serves("its start")
        for part in (bad_dhcp, bad_tftp, bad_http):
            part(room)
    assert world.server.process
    checks.that("it is the same process as at the start", world.server.process.running())
    checks.equal("it stops in order when asked", world.server.stop(), 0)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
